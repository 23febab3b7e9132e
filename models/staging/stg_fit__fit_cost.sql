with

source as (
    select * from {{ source('accepted', 'fit_cost') }}
),

renamed as (
    select
        cost_item,
        team_code,
        amount_eur,
        per,
        quantity,
        period_from,
        period_to,
        price_year,
        vat_included,
        source
    from source
)

select * from renamed
