{# The teams whose meetings an episode's client came to. Group work that another episode holds moves nobody. #}
with

sessions as (
    select
        episode_key,
        team_code,
        is_main,
        session_date,
        session_number
    from {{ ref('int_session') }}
    where attendance = 'attended'
),

closed as (
    select
        episode_key,
        coalesce(opened_on, referred_on) as begun_on,
        closed_on
    from {{ ref('int_episode') }}
    where closed_on is not null
),

by_team as (
    select
        sessions.episode_key,
        sessions.team_code,
        sessions.is_main,
        min(sessions.session_number) as first_number
    from sessions
    left join closed on sessions.episode_key = closed.episode_key
    where {{ is_after_closing('sessions.session_date', 'closed.begun_on', 'closed.closed_on') }} = 0
    group by
        sessions.episode_key,
        sessions.team_code,
        sessions.is_main
),

-- The episode's own meetings where it has any, else all.
judged as (
    select
        *,
        max(is_main) over (partition by episode_key) as has_own
    from by_team
),

final as (
    select
        episode_key,
        cast(count(*) as int) as n_teams,
        min_by(team_code, first_number) as first_team_code
    from judged
    where is_main = has_own
    group by episode_key
)

select * from final
