{#
A positive double as a decimal with four places, halves up. A plain cast sends halves to the even
neighbour on one engine and away from zero on another. The slack of a hundred-thousandth of the last
place is more than the error of the double and less than any price's distance from a half.
#}
{% macro half_up(amount) -%}
    cast(
        cast(cast(floor({{ amount }} * 10000 + 5e-1 + 1e-5) as bigint) as decimal(18, 0))
        * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)
    )
{%- endmacro %}
