with

sessions as (
    select * from {{ ref('int_session') }}
),

episodes as (
    select episode_key from {{ ref('int_episode') }}
),

further_episodes as (
    select
        session_key,
        episode_key
    from {{ ref('int_session_episode') }}
    where is_main = 0
),

{%- set columns = [
    'worker_key', 'team_code', 'service_code', 'session_date', 'starts_at', 'duration_minutes',
    'attendance', 'channel', 'is_session_inferred',
] %}

-- A meeting counts in every episode that it was of.
of_episodes as (
    select
        session_key,
        episode_key,
        1 as is_main,
        {{ columns | join(', ') }}
    from sessions
    union all
    select
        sessions.session_key,
        further_episodes.episode_key,
        0 as is_main,
        sessions.{{ columns | join(', sessions.') }}
    from further_episodes
    inner join sessions on further_episodes.session_key = sessions.session_key
),

-- A further episode that nobody knows keeps its row, but makes no group of a meeting.
counted as (
    select
        further_episodes.session_key,
        count(*) as n_further
    from further_episodes
    semi join episodes on further_episodes.episode_key = episodes.episode_key
    group by further_episodes.session_key
),

-- Only attended meetings are numbered, in the order in which they took place. The columns that the
-- order does not need are joined to it: put in order with it they would have to be held in memory.
attended as (
    select
        session_key,
        episode_key,
        row_number() over (
            partition by episode_key
            order by session_date, starts_at nulls last, session_key
        ) as session_number
    from of_episodes
    where attendance = 'attended'
),

final as (
    select
        of_episodes.session_key,
        of_episodes.episode_key,
        of_episodes.is_main,
        of_episodes.{{ columns | join(', of_episodes.') }},
        cast(1 + coalesce(counted.n_further, 0) as int) as n_episodes,
        cast(attended.session_number as int) as session_number
    from of_episodes
    left join attended
        on of_episodes.session_key = attended.session_key
        and of_episodes.episode_key = attended.episode_key
    left join counted on of_episodes.session_key = counted.session_key
)

select * from final
