-- An episode has a meeting outside when its meetings say so, and has met those that are not after its closing.
with

meetings as (
    select distinct
        session_key,
        episode_key,
        session_date,
        is_outside_episode
    from {{ ref('fct_session') }}
    where attendance = 'attended' and is_orphan_episode = 0
),

counted as (
    select
        meetings.episode_key,
        max(meetings.is_outside_episode) as has_outside,
        count(*) as n_held,
        count(*) filter (
            where meetings.is_outside_episode = 1 and meetings.session_date > episodes.closed_on
        ) as n_after
    from meetings
    inner join {{ ref('int_episode') }} as episodes on meetings.episode_key = episodes.episode_key
    group by meetings.episode_key
)

select episodes.episode_client_key
from {{ ref('fct_episode') }} as episodes
left join counted on episodes.episode_key = counted.episode_key
where
    episodes.has_session_outside <> coalesce(counted.has_outside, 0)
    or episodes.n_sessions <> coalesce(counted.n_held - counted.n_after, 0)
