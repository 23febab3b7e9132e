with

source as (
    select * from {{ source('accepted', 'unit_price') }}
),

renamed as (
    select
        service_code,
        basis,
        amount_eur,
        planned_units,
        case when basis = 'period' then planned_unit else basis end as unit,
        case when basis = 'period' then planned_units else 1 end as units_in_price,
        per,
        valid_from,
        valid_to,
        price_year,
        procurement,
        coalesce(no_show_is_used, 0) as no_show_is_used,
        vat_included,
        source
    from source
)

select * from renamed
