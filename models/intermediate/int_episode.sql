with

delivered as (
    select
        episode_key,
        service_code,
        team_code,
        onward_service_code,
        referred_on,
        opened_on,
        closed_on,
        ending_code,
        planned_sessions,
        planned_months,
        planned_days,
        0 as is_episode_inferred
    from {{ ref('stg_fit__episode') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

spans as (
    select
        episode_key,
        min(service_code) as service_code,
        min_by(team_code, cast(session_date as string) || session_key) as team_code,
        min(session_date) as opened_on,
        max(session_date) as last_on
    from {{ ref('int_session_inferred') }}
    where is_episode_inferred = 1
    group by episode_key
),

-- Only when a meeting could no longer belong to it is it known to have ended.
ended as (
    select
        spans.*,
        case
            when {{ days_between('spans.last_on', 'as_of.as_of') }} > {{ gap_days('spans.service_code') }}
                then spans.last_on
        end as closed_on
    from spans
    cross join as_of
),

inferred as (
    select
        episode_key,
        coalesce(service_code, 'unknown') as service_code,
        team_code,
        cast(null as string) as onward_service_code,
        cast(null as date) as referred_on,
        opened_on,
        closed_on,
        case when closed_on is not null then 'unknown' end as ending_code,
        cast(null as int) as planned_sessions,
        cast(null as decimal(18, 4)) as planned_months,
        cast(null as int) as planned_days,
        1 as is_episode_inferred
    from ended
),

final as (
    select * from delivered
    union all
    select * from inferred
)

select * from final
