with

source as (
    select * from {{ source('accepted', 'episode') }}
),

renamed as (
    select
        episode_ref as episode_key,
        service_code,
        team_code,
        onward_service_code,
        referred_on,
        opened_on,
        closed_on,
        case when closed_on is not null then coalesce(ending_code, 'unknown') end as ending_code,
        planned_sessions,
        planned_months,
        planned_days
    from source
)

select * from renamed
