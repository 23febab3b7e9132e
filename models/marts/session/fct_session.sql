with

sessions as (
    select * from {{ ref('int_session_numbered') }}
),

episodes as (
    select * from {{ ref('int_episode') }}
),

services as (
    select * from {{ ref('stg_fit__service') }}
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

further_workers as (
    select
        session_key,
        count(*) as n_further
    from {{ ref('int_session_worker') }}
    where is_main = 0
    group by session_key
),

group_meetings as (
    select distinct session_key
    from sessions
    where n_episodes > 1
),

-- At a meeting of several episodes a form is of its own one; else the meeting says the episode.
valid_forms as (
    select
        responses.session_key,
        case when group_meetings.session_key is null then '' else coalesce(responses.episode_key, '') end
            as form_episode_key,
        responses.client_key,
        responses.kind,
        responses.respondent_role,
        responses.instrument_code,
        responses.total,
        responses.entered_at,
        responses.response_key
    from responses
    left join group_meetings on responses.session_key = group_meetings.session_key
    where
        responses.is_valid = 1
        and responses.session_key is not null
        and (
            responses.respondent_role = 'self'
            or (responses.respondent_role = 'caretaker' and responses.kind = 'PROM')
        )
),

-- One form a client, meeting, kind and role: the last one recorded counts.
placed_forms as (
    select
        *,
        row_number() over (
            partition by session_key, form_episode_key, client_key, kind, respondent_role
            order by entered_at desc nulls last, response_key desc
        ) as place
    from valid_forms
),

forms as (
    select
        session_key,
        form_episode_key,
        client_key,
        max(case when respondent_role = 'self' and kind = 'PROM' then instrument_code end) as prom_instrument,
        max(case when respondent_role = 'self' and kind = 'PROM' then total end) as prom_total,
        max(case when kind = 'PREM' then instrument_code end) as prem_instrument,
        max(case when kind = 'PREM' then total end) as prem_total,
        max(case when respondent_role = 'caretaker' then instrument_code end) as caretaker_prom_instrument,
        max(case when respondent_role = 'caretaker' then total end) as caretaker_prom_total
    from placed_forms
    where place = 1
    group by
        session_key,
        form_episode_key,
        client_key
),

of_service as (
    select
        sessions.*,
        coalesce(episodes.service_code, sessions.service_code) as ruling_service_code,
        episodes.opened_on,
        case when episodes.episode_key is null then 1 else 0 end as is_orphan_episode,
        -- Held, and not between the opening (else the referral) and the closing, both days included.
        case
            when sessions.attendance <> 'attended' then 0
            when sessions.session_date < coalesce(episodes.opened_on, episodes.referred_on) then 1
            when sessions.session_date > episodes.closed_on then 1
            else 0
        end as is_outside_episode
    from sessions
    left join episodes on sessions.episode_key = episodes.episode_key
),

-- Where forms are due once a week: the first meeting that was attended in the week.
first_of_week as (
    select
        of_service.session_key,
        of_service.episode_key,
        row_number() over (
            partition by of_service.episode_key, {{ week_number('of_service.session_date') }}
            order by of_service.session_number
        ) as place
    from of_service
    inner join services on of_service.ruling_service_code = services.service_code
    where
        of_service.attendance = 'attended'
        and services.measure_rhythm = 'week'
),

joined as (
    select
        {{ surrogate_key(['of_service.session_key', 'of_service.episode_key', 'index_clients.client_key']) }}
            as session_client_key,
        of_service.*,
        index_clients.client_key,
        coalesce(families.family_key, index_clients.client_key) as family_key,
        case when of_service.worker_key is null then 0 else 1 end + coalesce(further_workers.n_further, 0)
            as n_workers,
        forms.prom_instrument,
        forms.prom_total,
        forms.prem_instrument,
        forms.prem_total,
        forms.caretaker_prom_instrument,
        forms.caretaker_prom_total,
        -- Whose form could be missing is known only where the client is.
        case
            when of_service.attendance = 'attended'
                and index_clients.client_key is not null
                and coalesce(first_of_week.place, 1) = 1
                then 1
            else 0
        end as is_measure_due
    from of_service
    left join index_clients on of_service.episode_key = index_clients.episode_key
    left join families on index_clients.client_key = families.client_key
    left join further_workers on of_service.session_key = further_workers.session_key
    left join first_of_week
        on of_service.session_key = first_of_week.session_key
        and of_service.episode_key = first_of_week.episode_key
    left join forms
        on of_service.session_key = forms.session_key
        and index_clients.client_key = forms.client_key
        and case when of_service.n_episodes > 1 then of_service.episode_key else '' end = forms.form_episode_key
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
        joined.ruling_service_code as service_code,
        joined.session_date,
        joined.starts_at,
        joined.session_number,
        joined.attendance,
        joined.channel,
        cast(joined.duration_minutes as int) as duration_minutes,
        cast(joined.n_workers as int) as n_workers,
        joined.n_episodes,
        cast(case when joined.n_episodes > 1 then 1 else 0 end as smallint) as is_group,
        {{ days_between('joined.opened_on', 'joined.session_date') }} as days_since_opening,
        cast(joined.is_measure_due as smallint) as is_measure_due,
        joined.prom_instrument,
        joined.prom_total,
        joined.prem_instrument,
        joined.prem_total,
        cast(prem_sequence.prem_change as decimal(6, 2)) as prem_change,
        joined.caretaker_prom_instrument,
        joined.caretaker_prom_total,
        cast(joined.is_session_inferred as smallint) as is_session_inferred,
        cast(joined.is_outside_episode as smallint) as is_outside_episode,
        cast(joined.is_orphan_episode as smallint) as is_orphan_episode
    from joined
    left join prem_sequence on joined.session_client_key = prem_sequence.session_client_key
)

select * from final
