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
