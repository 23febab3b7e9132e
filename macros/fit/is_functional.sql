{# Whether a score is on the functional side of the cut-off; the set says to which side the cut-off itself belongs. #}
{% macro is_functional(score, cutoff, cutoff_is_functional, direction) -%}
    case
        when {{ score }} is null or {{ cutoff }} is null then null
        when {{ score }} = {{ cutoff }} then {{ cutoff_is_functional }}
        when ({{ score }} > {{ cutoff }}) = ({{ direction }} = 'higher_is_better') then 1
        else 0
    end
{%- endmacro %}
