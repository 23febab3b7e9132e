{#
What an amount of one price year is multiplied by to be in another year's prices. Where several
series, or one with several base years, have been delivered nobody has said which of them holds, so
there is none.
#}
with

delivered as (
    select * from {{ ref('stg_fit__price_index') }}
),

seeded as (
    select * from {{ ref('price_index') }}
),

known as (
    select
        *,
        min(series) over () = max(series) over ()
        and min(base_year) over () = max(base_year) over () as is_only_series
    from {{ delivered_or_seed('delivered', 'seeded', ['series', 'base_year', 'period'], ['series', 'base_year', 'period', 'value']) }} as listed
),

final as (
    select
        {{ surrogate_key(['earlier.period', 'later.period']) }} as year_pair_key,
        cast(earlier.period as int) as from_year,
        cast(later.period as int) as to_year,
        cast(later.value as double) / nullif(cast(earlier.value as double), 0) as index_factor
    from known as earlier
    cross join known as later
    where earlier.is_only_series and earlier.period <> later.period
)

select * from final
