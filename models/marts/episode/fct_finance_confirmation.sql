with

delivered as (
    select * from {{ ref('stg_fit__finance_confirmation') }}
),

seeded as (
    select * from {{ ref('finance_confirmation') }}
),

final as (
    select
        {{ surrogate_key(['service_code', 'period_from', 'period_to']) }} as confirmation_key,
        service_code,
        period_from,
        period_to,
        cast(amount_eur as decimal(18, 4)) as realised_amount_eur,
        cast(price_year as int) as price_year,
        cast(vat_included as smallint) as vat_included,
        confirmed_by_role,
        confirmed_on,
        source
    from {{ delivered_or_seed(
        'delivered', 'seeded', ['service_code', 'period_from', 'period_to'],
        [
            'service_code', 'period_from', 'period_to', 'amount_eur', 'price_year', 'vat_included',
            'confirmed_by_role', 'confirmed_on', 'source',
        ],
    ) }} as listed
)

select * from final
