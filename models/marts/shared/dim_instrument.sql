with

instruments as (
    select * from {{ ref('instrument') }}
),

final as (
    select
        cast(row_number() over (order by instrument_code) as int) as instrument_id,
        instrument_code,
        name_fi,
        name_sv,
        name_en,
        kind,
        cast(item_count as int) as item_count,
        cast(item_count * item_min as decimal(6, 2)) as total_min,
        cast(item_count * item_max as decimal(6, 2)) as total_max,
        cast(score_step as decimal(6, 2)) as score_step,
        direction,
        cast(is_scored as smallint) as is_scored,
        source
    from instruments
)

select * from final
