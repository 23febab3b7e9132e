{#
What the client and another person say about the client at the same meeting. The two are set side by
side and never averaged: how far they are apart is the finding.
#}
with

-- Points of two instruments are comparable only where their totals run from and to the same.
scales as (
    select
        instrument_code,
        dense_rank() over (order by direction, item_count * item_min, item_count * item_max) as scale_number
    from {{ ref('instrument') }}
),

-- Two readings of the forms, each of few rows: one of both would be held in memory for all of them.
other_forms as (
    select * from {{ ref('int_response_scored') }}
    where respondent_role in ('caretaker', 'professional') and kind = 'PROM' and is_valid = 1 and session_key is not null
),

own_forms as (
    select * from {{ ref('int_response_scored') }}
    where respondent_role = 'self' and kind = 'PROM' and is_valid = 1
),

meetings as (
    select * from {{ ref('int_session') }}
    where is_main = 1
),

-- At group work the number of the meeting is that in the form's own episode.
further_episodes as (
    select
        session_key,
        episode_key,
        session_number
    from {{ ref('int_session') }}
    where is_main = 0
),

episodes as (
    select * from {{ ref('int_episode') }}
),

clients as (
    select * from {{ ref('int_client') }}
),

families as (
    select * from {{ ref('int_family') }}
),

age_bands as (
    select * from {{ ref('age_band') }}
),

-- One form a meeting, client, other respondent and scale: the last one recorded counts.
placed_others as (
    select
        other_forms.response_key,
        other_forms.session_key,
        other_forms.client_key,
        other_forms.respondent_role,
        other_forms.respondent_key,
        other_forms.instrument_code,
        other_forms.total,
        scales.scale_number,
        row_number() over (
            partition by
                other_forms.session_key, other_forms.client_key, other_forms.respondent_role, other_forms.respondent_key,
                scales.scale_number
            order by other_forms.entered_at desc nulls last, other_forms.response_key desc
        ) as place
    from other_forms
    inner join scales on other_forms.instrument_code = scales.instrument_code
),

others as (
    select * from placed_others
    where place = 1
),

-- The client's own forms of those meetings alone: most meetings have no other respondent.
placed_own as (
    select
        own_forms.response_key,
        own_forms.session_key,
        own_forms.episode_key,
        own_forms.client_key,
        own_forms.instrument_code,
        own_forms.total,
        scales.scale_number,
        row_number() over (
            partition by own_forms.session_key, own_forms.client_key, scales.scale_number
            order by own_forms.entered_at desc nulls last, own_forms.response_key desc
        ) as place
    from own_forms
    inner join scales on own_forms.instrument_code = scales.instrument_code
    semi join others
        on own_forms.session_key = others.session_key
        and own_forms.client_key = others.client_key
        and scales.scale_number = others.scale_number
),

own as (
    select * from placed_own
    where place = 1
),

paired as (
    select
        {{ surrogate_key(['own.response_key', 'others.response_key']) }} as informant_pair_key,
        own.response_key as own_response_key,
        others.response_key as other_response_key,
        own.session_key,
        own.episode_key,
        own.client_key,
        others.respondent_key,
        case others.respondent_role
            when 'caretaker' then 'client_caretaker'
            else 'client_professional'
        end as pair_kind,
        own.instrument_code as own_instrument,
        others.instrument_code as other_instrument,
        own.total as own_total,
        others.total as other_total
    from others
    inner join own
        on others.session_key = own.session_key
        and others.client_key = own.client_key
        and others.scale_number = own.scale_number
),

placed as (
    select
        paired.*,
        coalesce(families.family_key, paired.client_key) as family_key,
        meetings.worker_key,
        meetings.team_code,
        coalesce(episodes.service_code, meetings.service_code) as service_code,
        meetings.session_date,
        coalesce(further_episodes.session_number, meetings.session_number) as session_number,
        {{ age_in_years(
            'clients.birth_month',
            'clients.birth_year',
            'coalesce(episodes.opened_on, episodes.referred_on, meetings.session_date)',
        ) }} as age_years
    from paired
    inner join meetings on paired.session_key = meetings.session_key
    left join further_episodes
        on paired.session_key = further_episodes.session_key
        and paired.episode_key = further_episodes.episode_key
    left join episodes on paired.episode_key = episodes.episode_key
    left join clients on paired.client_key = clients.client_key
    left join families on paired.client_key = families.client_key
),

final as (
    select
        placed.informant_pair_key,
        placed.session_key,
        placed.episode_key,
        placed.client_key,
        placed.family_key,
        placed.worker_key,
        placed.team_code,
        placed.service_code,
        ages.age_band,
        placed.session_date,
        placed.session_number,
        placed.pair_kind,
        placed.own_response_key,
        placed.other_response_key,
        placed.respondent_key,
        placed.own_instrument,
        placed.other_instrument,
        cast(case when placed.own_instrument = placed.other_instrument then 1 else 0 end as smallint)
            as is_same_instrument,
        placed.own_total,
        placed.other_total,
        cast(placed.other_total - placed.own_total as decimal(6, 2)) as difference
    from placed
    left join {{ each_age('age_bands') }} as ages on placed.age_years = ages.age_years
)

select * from final
