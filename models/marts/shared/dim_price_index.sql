with

factors as (
    select * from {{ ref('int_price_index') }}
),

final as (
    select
        year_pair_key,
        from_year,
        to_year,
        index_factor
    from factors
)

select * from final
