with

team_quarters as (
    select * from {{ ref('fct_team_quarter') }}
),

final as (
    select
        {{ surrogate_key([
            'closed_quarter', 'service_code', 'prom_instrument', 'prom_respondent', 'age_band'
        ]) }} as service_quarter_key,
        closed_quarter,
        service_code,
        prom_instrument,
        prom_respondent,
        age_band,
        {%- for name in quarter_sums() %}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {%- endfor %}
        min(parameter_set) as parameter_set
    from team_quarters
    group by
        closed_quarter,
        service_code,
        prom_instrument,
        prom_respondent,
        age_band
)

select * from final
