{#
Whole calendar months from a day to a later one; the k-th month is full k months after the day itself,
clamped to the end of a shorter month: 31.1.-28.2. is 1, 31.1.-30.3. is 1.
#}
{% macro whole_months(earlier, later) -%}
    {%- set apart -%}
    cast(
            (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
            + extract(month from {{ later }}) - extract(month from {{ earlier }}) as int
        )
    {%- endset -%}
    {{ apart }} - case when {{ add_months(earlier, apart) }} > {{ later }} then 1 else 0 end
{%- endmacro %}
