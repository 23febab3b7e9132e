{#
What is left of an amount that is spread evenly over so many years from now, once each year after the
first counts less by the rate: 1 within a year whatever the rate, missing beyond it without one.
#}
{% macro discounted_share(years, rate) -%}
    {%- set whole -%} floor({{ years }}) {%- endset -%}
    {%- set yearly -%} (1e0 + cast({{ rate }} as double)) {%- endset -%}
    case
        when {{ years }} <= 1 or {{ rate }} = 0 then 1e0
        else (
            (1e0 - power({{ yearly }}, -{{ whole }})) / nullif(1e0 - 1e0 / {{ yearly }}, 0)
            + ({{ years }} - {{ whole }}) * power({{ yearly }}, -{{ whole }})
        ) / nullif({{ years }}, 0)
    end
{%- endmacro %}
