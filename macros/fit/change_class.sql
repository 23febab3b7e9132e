{#
The class of change, disjoint and exhaustive; missing only where a score or a threshold is missing.
Scores and thresholds are decimals: in binary floating point a tenth of the pairs that are exactly
6.0 apart would fall short. fit_metrics.reliable_change.classify says the same in Python, and
tests/parity shows that they agree.
#}
{% macro change_class(intake, last, reliable_change, is_inclusive, cutoff, cutoff_is_functional, direction) -%}
    {%- set gain -%}
    (({{ last }} - {{ intake }}) * case when {{ direction }} = 'higher_is_better' then 1 else -1 end)
    {%- endset -%}
    {%- set crossed -%}
    ({{ is_functional(intake, cutoff, cutoff_is_functional, direction) }} = 0
        and {{ is_functional(last, cutoff, cutoff_is_functional, direction) }} = 1)
    {%- endset -%}
    case
        when {{ intake }} is null or {{ last }} is null or {{ reliable_change }} is null or {{ cutoff }} is null
            then null
        when {{ gain }} > {{ reliable_change }} or ({{ is_inclusive }} = 1 and {{ gain }} = {{ reliable_change }})
            then case when {{ crossed }} then 'recovered' else 'improved' end
        when -{{ gain }} > {{ reliable_change }} or ({{ is_inclusive }} = 1 and -{{ gain }} = {{ reliable_change }})
            then 'deteriorated'
        else 'unchanged'
    end
{%- endmacro %}
