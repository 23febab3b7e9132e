with

sessions as (
    select * from {{ ref('int_session') }}
),

counted as (
    select
        episode_key,
        cast(count(*) as int) as n_planned_meetings,
        cast(count(*) filter (where attendance = 'attended') as int) as n_attended,
        cast(count(*) filter (where attendance = 'no_show') as int) as n_no_show,
        cast(count(*) filter (where attendance = 'late_cancelled') as int) as n_late_cancelled,
        min(case when session_number = 1 then session_date end) as first_session_on,
        min(case when session_number = 2 then session_date end) as second_session_on,
        max(case when attendance = 'attended' then session_date end) as last_session_on
    from sessions
    group by episode_key
),

by_team as (
    select
        episode_key,
        team_code,
        count(*) as n_attended,
        max(session_number) as last_number
    from sessions
    where attendance = 'attended'
    group by
        episode_key,
        team_code
),

-- The team that owns the outcome: most attended sessions; on a tie the team of the last one.
owners as (
    select
        episode_key,
        team_code,
        row_number() over (
            partition by episode_key
            order by n_attended desc nulls last, last_number desc nulls last, team_code
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
