{#
Adds to a seed, once it is loaded, the rows of the organisation's own registry (var own_rows), as
texts in the seed's types. So every model reads one table, whoever the rows are from.
#}
{% macro add_own_rows() -%}
    {%- set rows = var('own_rows', {}).get(model.name, []) -%}
    {%- set types = model.config.column_types -%}
    {%- if rows -%}
        insert into {{ this }} ({{ types.keys() | join(', ') }})
        {%- for row in rows %}
            select
            {%- for column, type in types.items() %}
                cast(nullif('{{ row[column] | replace("'", "''") }}', '') as {{ type }}){{ ',' if not loop.last }}
            {%- endfor %}
            {{ 'union all' if not loop.last }}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}
