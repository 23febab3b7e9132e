{# A score as a whole number of the instrument's smallest unit, so that sums and squares over persons are exact. #}
{% macro in_units(score, score_step) -%}
    cast(floor(cast({{ score }} as double) / nullif(cast({{ score_step }} as double), 0) + 5e-1) as bigint)
{%- endmacro %}
