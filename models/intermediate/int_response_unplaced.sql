{#
Forms that name no meeting, with what was delivered that they may belong to: an attended meeting of
the client's on that day in that team, else an episode of his that was open. All joins start from
these forms, so that the model costs next to nothing where every form names its meeting.
#}
with

links as (
    select * from {{ ref('int_client_link') }}
),

teams as (
    select * from {{ ref('stg_fit__team') }}
),

instruments as (
    select * from {{ ref('instrument') }}
),

episodes as (
    select * from {{ ref('stg_fit__episode') }}
),

episode_clients as (
    select * from {{ ref('stg_fit__episode_client') }}
),

sessions as (
    select * from {{ ref('stg_fit__session') }}
),

attended as (
    select * from sessions
    where attendance = 'attended'
),

session_episodes as (
    select * from {{ ref('stg_fit__session_episode') }}
),

session_workers as (
    select * from {{ ref('stg_fit__session_worker') }}
),

unplaced as (
    select * from {{ ref('stg_fit__response') }}
    where session_key is null
),

forms as (
    select
        unplaced.response_key,
        coalesce(links.client_key, unplaced.client_key) as client_key,
        unplaced.episode_key as named_episode_key,
        -- The client's own name on the form says nothing new.
        nullif(
            coalesce(respondent_links.client_key, unplaced.respondent_client_key),
            coalesce(links.client_key, unplaced.client_key)
        ) as respondent_key,
        unplaced.worker_key,
        unplaced.team_code,
        teams.service_code,
        unplaced.session_date,
        unplaced.entered_at,
        unplaced.instrument_code,
        instruments.kind,
        unplaced.respondent_role,
        unplaced.is_skipped,
        -- A form that was filled in, or could not be, shows that client and worker met.
        case
            when unplaced.is_skipped = 0 or unplaced.skip_reason in ('declined', 'unable', 'technical') then 1
            else 0
        end as is_sign
    from unplaced
    left join links
        on unplaced.source_system = links.source_system
        and unplaced.client_key = links.source_client_key
        and {{ link_holds('links', 'unplaced.session_date') }}
    left join links as respondent_links
        on unplaced.source_system = respondent_links.source_system
        and unplaced.respondent_client_key = respondent_links.source_client_key
        and {{ link_holds('respondent_links', 'unplaced.session_date') }}
    left join teams on unplaced.team_code = teams.team_code
    left join instruments on unplaced.instrument_code = instruments.instrument_code
),

keyed as (
    select
        *,
        {{ surrogate_key(['client_key', 'named_episode_key', 'team_code', 'session_date']) }} as client_day_key
    from forms
),

client_days as (
    select
        client_day_key,
        min(client_key) as client_key,
        min(named_episode_key) as named_episode_key,
        min(team_code) as team_code,
        min(service_code) as service_code,
        min(session_date) as session_date
    from keyed
    group by client_day_key
),

-- The episode that the form names, else every episode of the client.
possible as (
    select
        client_days.*,
        client_days.named_episode_key as episode_key
    from client_days
    where client_days.named_episode_key is not null
    union all
    select
        client_days.*,
        episode_clients.episode_key
    from client_days
    inner join episode_clients on client_days.client_key = episode_clients.client_key
    where client_days.named_episode_key is null
),

-- Where the day's delivered meetings were all missed, a form that was not filled in says no more than that.
missed_days as (
    select possible.client_day_key
    from possible
    inner join sessions
        on possible.episode_key = sessions.episode_key
        and possible.team_code = sessions.team_code
        and possible.session_date = sessions.session_date
    group by possible.client_day_key
    having max(case when sessions.attendance = 'attended' then 1 else 0 end) = 0
),

judged as (
    select
        keyed.response_key,
        keyed.client_key,
        keyed.named_episode_key,
        keyed.respondent_key,
        keyed.worker_key,
        keyed.team_code,
        keyed.service_code,
        keyed.session_date,
        keyed.entered_at,
        keyed.instrument_code,
        keyed.kind,
        keyed.respondent_role,
        keyed.client_day_key,
        case when keyed.is_skipped = 1 and missed_days.client_day_key is not null then 0 else keyed.is_sign end
            as is_sign
    from keyed
    left join missed_days on keyed.client_day_key = missed_days.client_day_key
),

-- A form without a worker joins the day's only one; of several the one with the smallest key.
with_worker as (
    select
        *,
        coalesce(
            worker_key,
            min(case when is_sign = 1 then worker_key end) over (partition by client_day_key)
        ) as day_worker_key
    from judged
),

-- A second form of one instrument by one respondent belongs to the day's second meeting.
numbered as (
    select
        *,
        case
            when is_sign = 1
                then row_number() over (
                    partition by client_day_key, day_worker_key, instrument_code, respondent_role, respondent_key, is_sign
                    order by entered_at nulls last, response_key
                )
            else 1
        end as ordinal
    from with_worker
),

found as (
    select
        possible.client_day_key,
        possible.episode_key,
        1 as is_main,
        attended.session_key,
        attended.starts_at,
        attended.worker_key
    from possible
    inner join attended
        on possible.episode_key = attended.episode_key
        and possible.team_code = attended.team_code
        and possible.session_date = attended.session_date
    union all
    select
        possible.client_day_key,
        possible.episode_key,
        0 as is_main,
        attended.session_key,
        attended.starts_at,
        attended.worker_key
    from possible
    inner join session_episodes on possible.episode_key = session_episodes.episode_key
    inner join attended
        on session_episodes.session_key = attended.session_key
        and possible.team_code = attended.team_code
        and possible.session_date = attended.session_date
),

-- At a meeting of several of the client's episodes the form is of the meeting's own one.
meetings as (
    select
        client_day_key,
        session_key,
        coalesce(min(case when is_main = 1 then episode_key end), min(episode_key)) as episode_key,
        min(starts_at) as starts_at,
        min(worker_key) as worker_key
    from found
    group by
        client_day_key,
        session_key
),

offered as (
    select
        numbered.response_key,
        numbered.ordinal,
        meetings.session_key,
        meetings.episode_key,
        meetings.starts_at,
        case
            when numbered.worker_key = meetings.worker_key or session_workers.worker_key is not null then 1
            else 0
        end as is_of_worker
    from numbered
    inner join meetings on numbered.client_day_key = meetings.client_day_key
    left join session_workers
        on meetings.session_key = session_workers.session_key
        and numbered.worker_key = session_workers.worker_key
),

-- The worker's own meetings where there are any, else all.
of_worker as (
    select
        *,
        max(is_of_worker) over (partition by response_key) as has_of_worker
    from offered
),

in_order as (
    select
        *,
        row_number() over (partition by response_key order by starts_at nulls last, session_key) as place,
        count(*) over (partition by response_key) as n_places
    from of_worker
    where is_of_worker = has_of_worker
),

-- Forms beyond the number of meetings go to the last: where meetings are delivered, none is invented.
held as (
    select
        response_key,
        session_key,
        episode_key
    from in_order
    where place = least(ordinal, n_places)
),

-- From the day before the opening, as the first form may be filled in the evening before.
open_episodes as (
    select
        possible.client_day_key,
        possible.episode_key,
        row_number() over (
            partition by possible.client_day_key
            order by
                case when coalesce(episodes.opened_on, episodes.referred_on) <= possible.session_date then 0 else 1 end,
                case when episodes.team_code = possible.team_code then 0 else 1 end,
                coalesce(episodes.opened_on, episodes.referred_on) desc nulls last,
                possible.episode_key
        ) as place
    from possible
    inner join episodes on possible.episode_key = episodes.episode_key
    where
        possible.named_episode_key is null
        and (episodes.team_code = possible.team_code or episodes.service_code = possible.service_code)
        and coalesce(episodes.opened_on, episodes.referred_on) <= possible.session_date + 1
        and (episodes.closed_on is null or episodes.closed_on >= possible.session_date)
),

final as (
    select
        numbered.response_key,
        numbered.client_key,
        numbered.respondent_key,
        numbered.worker_key,
        numbered.team_code,
        numbered.service_code,
        numbered.session_date,
        numbered.entered_at,
        numbered.instrument_code,
        numbered.kind,
        numbered.respondent_role,
        numbered.is_sign,
        held.session_key as held_session_key,
        coalesce(numbered.named_episode_key, held.episode_key, open_episodes.episode_key) as episode_key
    from numbered
    left join held on numbered.response_key = held.response_key
    left join open_episodes
        on numbered.client_day_key = open_episodes.client_day_key
        and open_episodes.place = 1
)

select * from final
