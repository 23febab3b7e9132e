with

service_quarters as (
    select * from {{ ref('fct_service_quarter') }}
),

final as (
    select
        {{ surrogate_key(['closed_quarter', 'prom_instrument', 'prom_respondent', 'age_band']) }} as city_quarter_key,
        closed_quarter,
        prom_instrument,
        prom_respondent,
        age_band,
        {%- for name in quarter_sums() %}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {%- endfor %}
        min(parameter_set) as parameter_set
    from service_quarters
    group by
        closed_quarter,
        prom_instrument,
        prom_respondent,
        age_band
)

select * from final
