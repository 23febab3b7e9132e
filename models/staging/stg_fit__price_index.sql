with

source as (
    select * from {{ source('accepted', 'price_index') }}
),

renamed as (
    select
        series,
        base_year,
        period,
        value,
        source,
        retrieved_on
    from source
)

select * from renamed
