{# The teams whose meetings an episode's client came to. #}
with

sessions as (
    select * from {{ ref('int_session') }}
    where attendance = 'attended'
),

by_team as (
    select
        episode_key,
        team_code,
        min(session_number) as first_number
    from sessions
    group by
        episode_key,
        team_code
),

final as (
    select
        episode_key,
        cast(count(*) as int) as n_teams,
        min_by(team_code, first_number) as first_team_code
    from by_team
    group by episode_key
)

select * from final
