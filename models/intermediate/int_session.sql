with

delivered as (
    select
        session_key,
        episode_key,
        worker_key,
        team_code,
        service_code,
        session_date,
        starts_at,
        duration_minutes,
        attendance,
        channel,
        0 as is_session_inferred
    from {{ ref('stg_fit__session') }}
),

-- A form was filled in there or could not be: somebody came.
inferred as (
    select
        session_key,
        episode_key,
        worker_key,
        team_code,
        coalesce(service_code, 'unknown') as service_code,
        session_date,
        cast(null as timestamp) as starts_at,
        cast(null as int) as duration_minutes,
        'attended' as attendance,
        cast(null as string) as channel,
        1 as is_session_inferred
    from {{ ref('int_session_inferred') }}
),

final as (
    select * from delivered
    union all
    select * from inferred
)

select * from final
