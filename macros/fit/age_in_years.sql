{#
Full years on a day. Of a birth day only its month is kept, so the age may be up to a month early;
where only the year is known, it is the difference of years.
#}
{% macro age_in_years(birth_month, birth_year, on_day) -%}
    cast(
        case
            when {{ birth_month }} is not null
                then
                    extract(year from {{ on_day }}) - extract(year from {{ birth_month }})
                    - case
                        when extract(month from {{ on_day }}) < extract(month from {{ birth_month }})
                            then 1
                        else 0
                    end
            else extract(year from {{ on_day }}) - {{ birth_year }}
        end as int
    )
{%- endmacro %}
