{#
The day `months` calendar months after a day; past a month's end it is that month's last day
(31.1. and one month: 28.2. or 29.2.). DuckDB has no add_months; Spark has no to_months.
Tried on DuckDB 1.5 with month ends and leap years.
#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months', 'fit')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    {{ exceptions.raise_compiler_error("add_months is not written for " ~ adapter.type()) }}
{%- endmacro %}

{% macro duckdb__add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}
