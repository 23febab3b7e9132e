{#
An amount times shares of it, exact to the last digit. The amount is widened first: an engine that
keeps the narrow type would overflow at a million euros.
#}
{% macro exact_part(amount, shares) -%}
    cast({{ amount }} as decimal(26, 4))
    {%- for share in shares %} * cast({{ share }} as decimal(5, 4)){% endfor %}
{%- endmacro %}
