with

delivered as (
    select
        session_key,
        episode_key,
        worker_key,
        team_code,
        service_code,
        session_date,
        starts_at,
        duration_minutes,
        attendance,
        channel,
        0 as is_session_inferred
    from {{ ref('stg_fit__session') }}
),

-- A form was filled in there or could not be: somebody came.
inferred as (
    select
        session_key,
        episode_key,
        worker_key,
        team_code,
        coalesce(service_code, 'unknown') as service_code,
        session_date,
        cast(null as timestamp) as starts_at,
        cast(null as int) as duration_minutes,
        'attended' as attendance,
        cast(null as string) as channel,
        1 as is_session_inferred
    from {{ ref('int_session_inferred') }}
),

meetings as (
    select * from delivered
    union all
    select * from inferred
),

{%- set columns = [
    'worker_key', 'team_code', 'service_code', 'session_date', 'starts_at', 'duration_minutes',
    'attendance', 'channel', 'is_session_inferred',
] %}

episodes as (
    select episode_key from {{ ref('int_episode') }}
),

further_episodes as (
    select
        further.session_key,
        further.episode_key
    from {{ ref('stg_fit__session_episode') }} as further
    inner join meetings on further.session_key = meetings.session_key
    where further.episode_key <> meetings.episode_key
),

-- A meeting counts in every episode that it was of.
of_episodes as (
    select
        session_key,
        episode_key,
        1 as is_main,
        {{ columns | join(', ') }}
    from meetings
    union all
    select
        meetings.session_key,
        further_episodes.episode_key,
        0 as is_main,
        meetings.{{ columns | join(', meetings.') }}
    from further_episodes
    inner join meetings on further_episodes.session_key = meetings.session_key
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
