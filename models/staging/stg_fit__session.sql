with

source as (
    select * from {{ source('accepted', 'session') }}
),

renamed as (
    select
        session_ref as session_key,
        episode_ref as episode_key,
        worker_ref as worker_key,
        team_code,
        service_code,
        session_date,
        starts_at,
        duration_minutes,
        attendance,
        channel
    from source
)

select * from renamed
