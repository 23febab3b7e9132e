{# Whole units used, in the unit of the price; what is left of a month stands in int_episode_used. #}
{% macro used_whole_units(used, prices) -%}
    cast(
            case {{ prices }}.unit
                when 'session' then {{ used }}.n_attended + {{ prices }}.no_show_is_used * {{ used }}.n_missed
                when 'month' then {{ used }}.whole_months
                when 'day' then {{ used }}.used_days
            end as double
        )
{%- endmacro %}
