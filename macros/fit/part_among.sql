{#
The part of an amount in ten-thousandths that falls on one of n: equal parts, and what cannot be
divided goes to the first, so that the parts add up to the whole.
#}
{% macro part_among(amount, n, place) -%}
    {%- set whole -%} cast({{ amount }} * 10000 as bigint) {%- endset -%}
    {%- set equal -%} ({{ whole }} - {{ whole }} % nullif({{ n }}, 0)) / nullif({{ n }}, 0) {%- endset -%}
    cast(
        cast(cast({{ equal }} + case when {{ place }} = 1 then {{ whole }} % nullif({{ n }}, 0) else 0 end as bigint) as decimal(18, 0))
        * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)
    )
{%- endmacro %}
