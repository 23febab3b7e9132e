with

source as (
    select * from {{ source('accepted', 'finance_confirmation') }}
),

renamed as (
    select
        service_code,
        period_from,
        period_to,
        amount_eur,
        price_year,
        vat_included,
        confirmed_by_role,
        confirmed_on,
        source
    from source
)

select * from renamed
