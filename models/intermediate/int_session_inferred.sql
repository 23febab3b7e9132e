{# Meetings that no source delivered, out of their forms; where there is no episode, one is cut by a gap. #}
with

forms as (
    select * from {{ ref('int_response_meeting') }}
    where is_session_inferred = 1
),

meetings as (
    select
        session_key,
        min(episode_key) as delivered_episode_key,
        min(client_key) as client_key,
        min(team_code) as team_code,
        min(service_code) as service_code,
        -- The form of the evening before may lack the worker.
        max(worker_key) as worker_key,
        min(meeting_date) as session_date
    from forms
    group by session_key
),

without_episode as (
    select
        session_key,
        client_key,
        service_code,
        session_date,
        -- A team whose service is not known stands for itself.
        coalesce('service ' || service_code, 'team ' || team_code) as place_key
    from meetings
    where delivered_episode_key is null
),

with_previous as (
    select
        *,
        lag(session_date) over (
            partition by client_key, place_key
            order by session_date, session_key
        ) as previous_date
    from without_episode
),

starts as (
    select
        *,
        case
            when previous_date is null then 1
            when {{ days_between('previous_date', 'session_date') }} > {{ gap_days('service_code') }} then 1
            else 0
        end as is_start
    from with_previous
),

counted as (
    select
        *,
        sum(is_start) over (
            partition by client_key, place_key
            order by session_date, session_key
            rows between unbounded preceding and current row
        ) as episode_number
    from starts
),

cut as (
    select
        session_key,
        client_key,
        place_key,
        min(session_date) over (partition by client_key, place_key, episode_number) as opened_on
    from counted
),

final as (
    select
        meetings.session_key,
        case
            when cut.session_key is null then meetings.delivered_episode_key
            else {{ surrogate_key(['cut.client_key', 'cut.place_key', 'cut.opened_on']) }}
        end as episode_key,
        meetings.worker_key,
        meetings.team_code,
        meetings.service_code,
        meetings.session_date,
        case when cut.session_key is null then 0 else 1 end as is_episode_inferred
    from meetings
    left join cut on meetings.session_key = cut.session_key
)

select * from final
