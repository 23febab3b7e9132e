with

sessions as (
    select * from {{ ref('int_session_numbered') }}
),

episodes as (
    select * from {{ ref('int_episode') }}
),

index_clients as (
    select * from {{ ref('int_episode_index_client') }}
),

families as (
    select * from {{ ref('int_family') }}
),

responses as (
    select * from {{ ref('int_response_scored') }}
),

-- One form a client, meeting, kind and role: the last one recorded counts.
placed_forms as (
    select
        session_key,
        client_key,
        kind,
        respondent_role,
        instrument_code,
        total,
        row_number() over (
            partition by session_key, client_key, kind, respondent_role
            order by entered_at desc nulls last, response_key desc
        ) as place
    from responses
    where is_valid = 1
),

own_prom as (
    select * from placed_forms
    where place = 1 and kind = 'PROM' and respondent_role = 'self'
),

own_prem as (
    select * from placed_forms
    where place = 1 and kind = 'PREM' and respondent_role = 'self'
),

caretaker_prom as (
    select * from placed_forms
    where place = 1 and kind = 'PROM' and respondent_role = 'caretaker'
),

joined as (
    select
        {{ surrogate_key(['sessions.session_key', 'index_clients.client_key']) }} as session_client_key,
        sessions.session_key,
        sessions.episode_key,
        index_clients.client_key,
        coalesce(families.family_key, index_clients.client_key) as family_key,
        sessions.worker_key,
        sessions.team_code,
        coalesce(episodes.service_code, sessions.service_code) as service_code,
        sessions.session_date,
        sessions.starts_at,
        sessions.session_number,
        sessions.attendance,
        sessions.channel,
        cast(sessions.duration_minutes as int) as duration_minutes,
        episodes.opened_on,
        own_prom.instrument_code as prom_instrument,
        own_prom.total as prom_total,
        own_prem.instrument_code as prem_instrument,
        own_prem.total as prem_total,
        caretaker_prom.instrument_code as caretaker_prom_instrument,
        caretaker_prom.total as caretaker_prom_total,
        case when episodes.episode_key is null then 1 else 0 end as is_orphan_episode
    from sessions
    left join episodes on sessions.episode_key = episodes.episode_key
    left join index_clients on sessions.episode_key = index_clients.episode_key
    left join families on index_clients.client_key = families.client_key
    left join own_prom
        on sessions.session_key = own_prom.session_key
        and index_clients.client_key = own_prom.client_key
    left join own_prem
        on sessions.session_key = own_prem.session_key
        and index_clients.client_key = own_prem.client_key
    left join caretaker_prom
        on sessions.session_key = caretaker_prom.session_key
        and index_clients.client_key = caretaker_prom.client_key
),

-- The change of experience is from the meeting before that has a form of the same instrument.
prem_sequence as (
    select
        session_client_key,
        prem_total - lag(prem_total) over (
            partition by episode_key, client_key, prem_instrument
            order by session_date, starts_at nulls last, session_key
        ) as prem_change
    from joined
    where prem_total is not null
),

final as (
    select
        joined.session_client_key,
        joined.session_key,
        joined.episode_key,
        joined.client_key,
        joined.family_key,
        joined.worker_key,
        joined.team_code,
        joined.service_code,
        joined.session_date,
        joined.starts_at,
        joined.session_number,
        joined.attendance,
        joined.channel,
        joined.duration_minutes,
        {{ days_between('joined.opened_on', 'joined.session_date') }} as days_since_opening,
        joined.prom_instrument,
        joined.prom_total,
        joined.prem_instrument,
        joined.prem_total,
        cast(prem_sequence.prem_change as decimal(6, 2)) as prem_change,
        joined.caretaker_prom_instrument,
        joined.caretaker_prom_total,
        cast(joined.is_orphan_episode as smallint) as is_orphan_episode
    from joined
    left join prem_sequence on joined.session_client_key = prem_sequence.session_client_key
)

select * from final
