{# Planned is the episode's own plan in the unit of the price, else the price's. #}
{% macro planned_units(episodes, prices) -%}
    cast(
            coalesce(
                case {{ prices }}.unit
                    when 'session' then {{ episodes }}.planned_sessions
                    when 'month' then {{ episodes }}.planned_months
                    when 'day' then {{ episodes }}.planned_days
                end,
                {{ prices }}.price_planned_units
            ) as double
        )
{%- endmacro %}

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
