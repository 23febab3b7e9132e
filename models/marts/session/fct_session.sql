with

sessions as (
    select * from {{ ref('int_session') }}
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

-- Read apart from the meetings: where there is none, an engine that knows the highest number reads nothing.
group_meetings as (
    select session_key
    from {{ ref('int_session') }}
    where n_episodes > 1
    group by session_key
),

-- At a meeting of several episodes a form is of its own one; else the meeting says the episode.
valid_forms as (
    select
        responses.session_key,
        case when group_meetings.session_key is null then 'any' else responses.episode_key end as form_episode_key,
        responses.client_key,
        case when responses.respondent_role = 'self' then responses.kind else 'caretaker' end as form_place,
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

{% set side_by_side -%}
        session_key,
        form_episode_key,
        client_key,
        max(case when form_place = 'PROM' then instrument_code end) as prom_instrument,
        max(case when form_place = 'PROM' then total end) as prom_total,
        max(case when form_place = 'PREM' then instrument_code end) as prem_instrument,
        max(case when form_place = 'PREM' then total end) as prem_total,
        max(case when form_place = 'caretaker' then instrument_code end) as caretaker_prom_instrument,
        max(case when form_place = 'caretaker' then total end) as caretaker_prom_total
{%- endset %}
counted_forms as (
    select
        {{ side_by_side }},
        count(case when form_place = 'PROM' then 1 end) as n_prom,
        count(case when form_place = 'PREM' then 1 end) as n_prem,
        count(case when form_place = 'caretaker' then 1 end) as n_caretaker
    from valid_forms
    group by
        session_key,
        form_episode_key,
        client_key
),

repeated as (
    select
        session_key,
        form_episode_key,
        client_key
    from counted_forms
    where n_prom > 1 or n_prem > 1 or n_caretaker > 1
),

-- One form a client, meeting, kind and role: the last one recorded counts. Few have to be put in order.
placed_forms as (
    select
        valid_forms.*,
        row_number() over (
            partition by
                valid_forms.session_key, valid_forms.form_episode_key, valid_forms.client_key, valid_forms.form_place
            order by valid_forms.entered_at desc nulls last, valid_forms.response_key desc
        ) as place
    from valid_forms
    semi join repeated
        on valid_forms.session_key = repeated.session_key
        and valid_forms.form_episode_key = repeated.form_episode_key
        and valid_forms.client_key = repeated.client_key
),

{% set columns = [
    'session_key', 'form_episode_key', 'client_key', 'prom_instrument', 'prom_total',
    'prem_instrument', 'prem_total', 'caretaker_prom_instrument', 'caretaker_prom_total',
] -%}
forms as (
    select {{ columns | join(', ') }}
    from counted_forms
    where n_prom <= 1 and n_prem <= 1 and n_caretaker <= 1
    union all
    select
        {{ side_by_side }}
    from placed_forms
    where place = 1
    group by
        session_key,
        form_episode_key,
        client_key
),

weekly_services as (
    select service_code from services
    where measure_rhythm = 'week'
),

-- What a meeting takes from its episode, for each of its clients.
episode_clients as (
    select
        episodes.episode_key,
        episodes.service_code,
        episodes.opened_on,
        coalesce(episodes.opened_on, episodes.referred_on) as begun_on,
        episodes.closed_on,
        index_clients.client_key,
        coalesce(families.family_key, index_clients.client_key) as family_key
    from episodes
    left join index_clients on episodes.episode_key = index_clients.episode_key
    left join families on index_clients.client_key = families.client_key
),

of_clients as (
    select
        {{ surrogate_key(['sessions.session_key', 'sessions.episode_key', 'episode_clients.client_key']) }}
            as session_client_key,
        sessions.session_key,
        sessions.episode_key,
        episode_clients.client_key,
        episode_clients.family_key,
        sessions.worker_key,
        sessions.team_code,
        -- The episode's service rules.
        coalesce(episode_clients.service_code, sessions.service_code) as service_code,
        sessions.session_date,
        sessions.starts_at,
        sessions.session_number,
        sessions.attendance,
        sessions.channel,
        sessions.duration_minutes,
        sessions.is_main,
        sessions.n_episodes,
        sessions.is_session_inferred,
        case when sessions.n_episodes > 1 then sessions.episode_key else 'any' end as form_episode_key,
        episode_clients.opened_on,
        episode_clients.begun_on,
        episode_clients.closed_on,
        case when episode_clients.episode_key is null then 1 else 0 end as is_orphan_episode
    from sessions
    left join episode_clients on sessions.episode_key = episode_clients.episode_key
),

measured as (
    select
        of_clients.*,
        forms.prom_instrument,
        forms.prom_total,
        forms.prem_instrument,
        forms.prem_total,
        forms.caretaker_prom_instrument,
        forms.caretaker_prom_total
    from of_clients
    left join forms
        on of_clients.session_key = forms.session_key
        and of_clients.client_key = forms.client_key
        and of_clients.form_episode_key = forms.form_episode_key
),

-- The change of experience is from the meeting before that has a form of the same instrument.
prem_sequence as (
    select
        session_client_key,
        prem_total - lag(prem_total) over (
            partition by episode_key, client_key, prem_instrument
            order by session_date, starts_at nulls last, session_key
        ) as prem_change
    from measured
    where prem_total is not null
),

attended_weekly as (
    select
        measured.session_client_key,
        measured.session_key,
        measured.episode_key,
        measured.client_key,
        measured.session_number,
        {{ week_number('measured.session_date') }} as week_number,
        case when coalesce(measured.prom_total, measured.caretaker_prom_total) is null then 0 else 1 end as has_prom,
        case when measured.prem_total is null then 0 else 1 end as has_prem
    from measured
    inner join weekly_services on measured.service_code = weekly_services.service_code
    where measured.attendance = 'attended'
),

-- Most weeks have one meeting, which stands for itself.
full_weeks as (
    select
        episode_key,
        week_number
    from attended_weekly
    group by
        episode_key,
        week_number
    having min(session_number) < max(session_number)
),

weeks as (
    select
        attended_weekly.*,
        max(has_prom) over of_client as has_prom_in_week,
        max(has_prem) over of_client as has_prem_in_week,
        max(has_prom) over of_meeting + max(has_prem) over of_meeting as n_forms
    from attended_weekly
    semi join full_weeks
        on attended_weekly.episode_key = full_weeks.episode_key
        and attended_weekly.week_number = full_weeks.week_number
    window
        of_client as (
            partition by attended_weekly.episode_key, attended_weekly.client_key, attended_weekly.week_number
        ),
        of_meeting as (partition by attended_weekly.episode_key, attended_weekly.session_key)
),

-- Where forms are due once a week, one meeting of the week stands for all of them: the one with most forms, then the first.
due_weekly as (
    select
        session_client_key,
        has_prom_in_week,
        has_prem_in_week,
        rank() over (partition by episode_key, week_number order by n_forms desc, session_number) as place
    from weeks
),

due as (
    select
        measured.*,
        -- Whose form could be missing is known only where the client is.
        case
            when measured.attendance <> 'attended' or measured.client_key is null or due_weekly.place > 1 then 0
            else 1
        end as is_measure_due,
        due_weekly.has_prom_in_week,
        due_weekly.has_prem_in_week
    from measured
    left join due_weekly on measured.session_client_key = due_weekly.session_client_key
),

final as (
    select
        due.session_client_key,
        due.session_key,
        due.episode_key,
        due.client_key,
        due.family_key,
        due.worker_key,
        due.team_code,
        due.service_code,
        due.session_date,
        due.starts_at,
        due.session_number,
        due.attendance,
        due.channel,
        cast(due.duration_minutes as int) as duration_minutes,
        cast(
            case when due.worker_key is null then 0 else 1 end + coalesce(further_workers.n_further, 0) as int
        ) as n_workers,
        cast(due.is_main as smallint) as is_main,
        due.n_episodes,
        cast(case when due.n_episodes > 1 then 1 else 0 end as smallint) as is_group,
        {{ days_between('due.opened_on', 'due.session_date') }} as days_since_opening,
        cast(due.is_measure_due as smallint) as is_measure_due,
        cast(
            case
                when due.is_measure_due = 0 then 0
                when coalesce(due.prom_total, due.caretaker_prom_total) is not null then 1
                else coalesce(due.has_prom_in_week, 0)
            end as smallint
        ) as has_due_prom,
        cast(
            case
                when due.is_measure_due = 0 then 0
                when due.prem_total is not null then 1
                else coalesce(due.has_prem_in_week, 0)
            end as smallint
        ) as has_due_prem,
        due.prom_instrument,
        due.prom_total,
        due.prem_instrument,
        due.prem_total,
        cast(prem_sequence.prem_change as decimal(6, 2)) as prem_change,
        due.caretaker_prom_instrument,
        due.caretaker_prom_total,
        cast(due.is_session_inferred as smallint) as is_session_inferred,
        -- Held, and not between the opening (else the referral) and the closing, both days included.
        cast(
            case
                when due.attendance <> 'attended' or due.closed_on < due.begun_on then 0
                when due.session_date < due.begun_on then 1
                else {{ is_after_closing('due.session_date', 'due.begun_on', 'due.closed_on') }}
            end as smallint
        ) as is_outside_episode,
        cast(due.is_orphan_episode as smallint) as is_orphan_episode
    from due
    left join further_workers on due.session_key = further_workers.session_key
    left join prem_sequence on due.session_client_key = prem_sequence.session_client_key
)

select * from final
