{# Weeks from Monday to Sunday, numbered from one Monday on, so that the turn of a year parts none. #}
{% macro week_number(day) -%}
    cast(floor({{ days_between("cast('1900-01-01' as date)", day) }} / 7e0) as int)
{%- endmacro %}
