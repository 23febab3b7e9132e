with

delivered as (
    select * from {{ ref('stg_fit__cost_assumption') }}
),

seeded as (
    select * from {{ ref('cost_assumption') }}
),

final as (
    select
        {{ surrogate_key(['factor', 'service_code', 'valid_from']) }} as cost_assumption_key,
        factor,
        service_code,
        cast(low as decimal(18, 4)) as low,
        cast(base as decimal(18, 4)) as base,
        cast(high as decimal(18, 4)) as high,
        unit,
        valid_from,
        valid_to,
        cast(is_assumption as smallint) as is_assumption,
        source
    from {{ delivered_or_seed(
        'delivered', 'seeded', ['factor', 'service_code'],
        [
            'factor', 'service_code', 'low', 'base', 'high', 'unit', 'valid_from', 'valid_to',
            'is_assumption', 'source',
        ],
    ) }} as listed
)

select * from final
