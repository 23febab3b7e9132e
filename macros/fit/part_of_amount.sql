{# An amount times shares of it, exact and then rounded once, halves up. #}
{% macro part_of_amount(amount, shares) -%}
    cast({{ exact_part(amount, shares) }} as decimal(18, 4))
{%- endmacro %}
