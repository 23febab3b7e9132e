{#
An amount times shares of it, exact to the last digit and then rounded once, halves up. The amount is
widened first: an engine that keeps the narrow type would overflow at a million euros.
#}
{% macro part_of_amount(amount, shares) -%}
    cast(
        cast({{ amount }} as decimal(26, 4))
        {%- for share in shares %} * cast({{ share }} as decimal(5, 4)){% endfor %} as decimal(18, 4)
    )
{%- endmacro %}
