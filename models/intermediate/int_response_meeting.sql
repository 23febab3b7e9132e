{#
The meeting of a form that names none, and the episode of a form at a meeting of several. Forms that
are a sign of a meeting are grouped; the other forms join a group that is there, or have no meeting.
#}
with

unplaced as (
    select * from {{ ref('int_response_unplaced') }}
),

without_episode as (
    select * from {{ ref('stg_fit__response') }}
    where session_key is not null and episode_key is null
),

links as (
    select * from {{ ref('int_client_link') }}
),

sessions as (
    select * from {{ ref('stg_fit__session') }}
),

session_episodes as (
    select * from {{ ref('stg_fit__session_episode') }}
),

episode_clients as (
    select * from {{ ref('stg_fit__episode_client') }}
),

-- Who answers as a caretaker about whom, where no episode says who belongs together.
answers as (
    select distinct
        team_code,
        session_date,
        respondent_key,
        client_key
    from unplaced
    where episode_key is null and respondent_role = 'caretaker' and respondent_key is not null
),

-- One about whom a caretaker answers, and who answers about nobody.
wards as (
    select answers.*
    from answers
    anti join answers as guardians
        on answers.team_code = guardians.team_code
        and answers.client_key = guardians.respondent_key
),

day_wards as (
    select
        team_code,
        session_date,
        respondent_key,
        min(client_key) as ward_key
    from wards
    group by
        team_code,
        session_date,
        respondent_key
),

team_wards as (
    select
        team_code,
        respondent_key,
        min(client_key) as ward_key
    from wards
    group by
        team_code,
        respondent_key
),

-- The forms of a family meet under its episode; without one each client stands alone, a guardian with the ward.
owned as (
    select
        unplaced.*,
        coalesce(day_wards.ward_key, team_wards.ward_key, unplaced.client_key) as owner_client_key,
        coalesce(
            'episode ' || unplaced.episode_key,
            'client ' || coalesce(day_wards.ward_key, team_wards.ward_key, unplaced.client_key)
        ) as owner_key
    from unplaced
    left join day_wards
        on unplaced.team_code = day_wards.team_code
        and unplaced.session_date = day_wards.session_date
        and unplaced.client_key = day_wards.respondent_key
    left join team_wards
        on unplaced.team_code = team_wards.team_code
        and unplaced.client_key = team_wards.respondent_key
),

with_worker as (
    select
        *,
        coalesce(
            worker_key,
            min(case when is_sign = 1 then worker_key end) over (partition by owner_key, team_code, session_date)
        ) as day_worker_key
    from owned
),

numbered as (
    select
        *,
        case
            when is_sign = 1
                then row_number() over (
                    partition by
                        owner_key, team_code, session_date, day_worker_key,
                        client_key, instrument_code, respondent_role, respondent_key, is_sign
                    order by entered_at nulls last, response_key
                )
            else 1
        end as ordinal
    from with_worker
),

grouped as (
    select
        *,
        {{ surrogate_key(['owner_key', 'team_code', 'session_date', 'day_worker_key', 'ordinal']) }} as group_key
    from numbered
),

meetings as (
    select
        group_key,
        owner_key,
        team_code,
        session_date,
        day_worker_key,
        ordinal,
        max(case when kind = 'PROM' then 1 else 0 end) as has_prom,
        max(case when kind = 'PREM' then 1 else 0 end) as has_prem,
        min(held_session_key) as held_session_key
    from grouped
    where is_sign = 1
    group by
        group_key,
        owner_key,
        team_code,
        session_date,
        day_worker_key,
        ordinal
),

followed as (
    select
        *,
        lead(group_key) over next_meeting as next_group_key,
        lead(session_date) over next_meeting as next_date,
        lead(day_worker_key) over next_meeting as next_worker_key,
        lead(has_prom) over next_meeting as next_has_prom,
        lead(held_session_key) over next_meeting as next_held_session_key
    from meetings
    window next_meeting as (
        partition by owner_key, team_code
        order by session_date, ordinal, day_worker_key nulls last
    )
),

-- An outcome form alone, then an experience form alone on the day after: filled in the evening before.
joined_to_next as (
    select
        *,
        case
            when
                held_session_key is null
                and has_prem = 0
                and next_has_prom = 0
                and next_date = session_date + 1
                and coalesce(day_worker_key = next_worker_key, true)
                then 1
            else 0
        end as is_of_next
    from followed
),

placed as (
    select
        group_key,
        case when is_of_next = 1 then next_held_session_key else held_session_key end as held_session_key,
        case when is_of_next = 1 then next_group_key else group_key end as inferred_session_key,
        case when is_of_next = 1 then next_date else session_date end as meeting_date
    from joined_to_next
),

without_meeting as (
    select
        grouped.response_key,
        coalesce(grouped.held_session_key, placed.held_session_key) as held_session_key,
        placed.inferred_session_key,
        grouped.episode_key,
        grouped.owner_client_key as client_key,
        grouped.team_code,
        grouped.service_code,
        grouped.day_worker_key as worker_key,
        placed.meeting_date
    from grouped
    left join placed on grouped.group_key = placed.group_key
),

-- A meeting of several episodes: a form there that names none is of the client's own episode.
group_meetings as (
    select
        session_key,
        episode_key,
        0 as is_main
    from session_episodes
    union all
    select
        sessions.session_key,
        sessions.episode_key,
        1 as is_main
    from sessions
    semi join session_episodes on sessions.session_key = session_episodes.session_key
),

at_group_meetings as (
    select
        without_episode.response_key,
        without_episode.session_key,
        coalesce(
            min(case when group_meetings.is_main = 1 then group_meetings.episode_key end),
            min(group_meetings.episode_key)
        ) as episode_key,
        min(episode_clients.client_key) as client_key
    from without_episode
    inner join group_meetings on without_episode.session_key = group_meetings.session_key
    left join links
        on without_episode.source_system = links.source_system
        and without_episode.client_key = links.source_client_key
        and {{ link_holds('links', 'without_episode.session_date') }}
    inner join episode_clients
        on group_meetings.episode_key = episode_clients.episode_key
        and coalesce(links.client_key, without_episode.client_key) = episode_clients.client_key
    group by
        without_episode.response_key,
        without_episode.session_key
),

final as (
    select
        response_key,
        coalesce(held_session_key, inferred_session_key) as session_key,
        episode_key,
        client_key,
        team_code,
        service_code,
        worker_key,
        meeting_date,
        case when held_session_key is null and inferred_session_key is not null then 1 else 0 end
            as is_session_inferred
    from without_meeting
    union all
    select
        response_key,
        session_key,
        episode_key,
        client_key,
        cast(null as string) as team_code,
        cast(null as string) as service_code,
        cast(null as string) as worker_key,
        cast(null as date) as meeting_date,
        0 as is_session_inferred
    from at_group_meetings
)

select * from final
