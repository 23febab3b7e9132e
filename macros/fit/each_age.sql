{#
The age bands, one row for every age in years: a join on equal ages, where one on a range would
have to sort the persons. No band is two hundred years wide.
#}
{% macro each_age(age_bands) -%}
    (
        select
            {{ age_bands }}.age_band,
            {{ age_bands }}.age_min,
            {{ age_bands }}.age_max,
            {{ age_bands }}.age_min + 10 * tens.digit + ones.digit as age_years
        from {{ age_bands }}
        cross join (values {% for digit in range(20) %}({{ digit }}){{ ', ' if not loop.last }}{% endfor %}) as tens (digit)
        cross join (values {% for digit in range(10) %}({{ digit }}){{ ', ' if not loop.last }}{% endfor %}) as ones (digit)
        where {{ age_bands }}.age_min + 10 * tens.digit + ones.digit <= {{ age_bands }}.age_max
    )
{%- endmacro %}
