with

sessions as (
    select * from {{ ref('int_session') }}
),

closed as (
    select
        episode_key,
        coalesce(opened_on, referred_on) as begun_on,
        closed_on
    from {{ ref('int_episode') }}
    where closed_on is not null
),

-- What was held or missed after the closing is counted apart: it is used and paid, but no part of the course.
judged as (
    select
        sessions.episode_key,
        sessions.team_code,
        sessions.is_main,
        sessions.session_date,
        sessions.session_number,
        sessions.attendance,
        {{ is_after_closing('sessions.session_date', 'closed.begun_on', 'closed.closed_on') }} as is_after
    from sessions
    left join closed on sessions.episode_key = closed.episode_key
),

counted as (
    select
        episode_key,
        cast(count(*) as int) as n_planned_meetings,
        cast(count(*) filter (where attendance = 'attended' and is_after = 0) as int) as n_attended,
        cast(count(*) filter (where attendance = 'no_show' and is_after = 0) as int) as n_no_show,
        cast(count(*) filter (where attendance = 'late_cancelled' and is_after = 0) as int) as n_late_cancelled,
        cast(count(*) filter (where attendance = 'attended' and is_after = 1) as int) as n_attended_after,
        cast(count(*) filter (where attendance in ('no_show', 'late_cancelled') and is_after = 1) as int)
            as n_missed_after,
        min(case when session_number = 1 and is_after = 0 then session_date end) as first_session_on,
        min(case when session_number = 2 and is_after = 0 then session_date end) as second_session_on,
        max(case when attendance = 'attended' and is_after = 0 then session_date end) as last_session_on
    from judged
    group by episode_key
),

by_team as (
    select
        episode_key,
        team_code,
        count(*) filter (where is_main = 1) as n_own,
        max(case when is_main = 1 then session_number end) as last_own_number,
        count(*) as n_attended,
        max(session_number) as last_number
    from judged
    where attendance = 'attended' and is_after = 0
    group by
        episode_key,
        team_code
),

-- The team that owns the outcome: most attended sessions; on a tie the team of the last one. Group work that
-- another episode holds decides only where the episode has no meeting of its own.
owners as (
    select
        episode_key,
        team_code,
        row_number() over (
            partition by episode_key
            order by
                n_own desc nulls last,
                last_own_number desc nulls last,
                n_attended desc nulls last,
                last_number desc nulls last,
                team_code
        ) as place
    from by_team
),

final as (
    select
        counted.*,
        owners.team_code as owner_team_code
    from counted
    left join owners
        on counted.episode_key = owners.episode_key
        and owners.place = 1
)

select * from final
