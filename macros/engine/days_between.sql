{# Whole days from one day to a later one: the difference of dates is a number on one engine and an interval on another. #}
{% macro days_between(earlier, later) -%}
    cast({{ dbt.datediff(earlier, later, 'day') }} as int)
{%- endmacro %}
