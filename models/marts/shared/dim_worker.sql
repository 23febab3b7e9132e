with

workers as (
    select * from {{ ref('stg_fit__worker') }}
),

final as (
    select
        {{ surrogate_key(['worker_key', 'team_code', 'valid_from']) }} as worker_team_key,
        worker_key,
        team_code,
        trained_on,
        cast(is_trainer as smallint) as is_trainer,
        valid_from,
        valid_to
    from workers
)

select * from final
