with

sessions as (
    select * from {{ ref('int_session') }}
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

counted as (
    select
        session_key,
        count(*) as n_further
    from further_episodes
    group by session_key
),

-- Only attended meetings are numbered, in the order in which they took place.
numbered as (
    select
        *,
        row_number() over (
            partition by episode_key, case when attendance = 'attended' then 1 else 0 end
            order by session_date, starts_at nulls last, session_key
        ) as place
    from of_episodes
),

final as (
    select
        numbered.session_key,
        numbered.episode_key,
        numbered.is_main,
        numbered.{{ columns | join(', numbered.') }},
        cast(1 + coalesce(counted.n_further, 0) as int) as n_episodes,
        cast(case when numbered.attendance = 'attended' then numbered.place end as int) as session_number
    from numbered
    left join counted on numbered.session_key = counted.session_key
)

select * from final
