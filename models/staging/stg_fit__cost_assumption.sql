with

source as (
    select * from {{ source('accepted', 'cost_assumption') }}
),

renamed as (
    select
        factor,
        service_code,
        low,
        base,
        high,
        unit,
        valid_from,
        valid_to,
        is_assumption,
        source
    from source
)

select * from renamed
