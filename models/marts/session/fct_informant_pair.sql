{#
What the client and another person say about the client at the same meeting. The two are set side by
side and never averaged: how far they are apart is the finding.
#}
with

-- Points of two instruments are comparable only where their totals run from and to the same.
scales as (
    select
        instrument_code,
        direction
        || '|' || cast(cast(item_count * item_min as decimal(8, 2)) as string)
        || '|' || cast(cast(item_count * item_max as decimal(8, 2)) as string) as scale
    from {{ ref('instrument') }}
),

forms as (
    select
        responses.response_key,
        responses.session_key,
        responses.episode_key,
        responses.client_key,
        responses.respondent_role,
        responses.respondent_key,
        responses.instrument_code,
        scales.scale,
        responses.total,
        responses.entered_at
    from {{ ref('int_response_scored') }} as responses
    inner join scales on responses.instrument_code = scales.instrument_code
    where
        responses.is_valid = 1
        and responses.kind = 'PROM'
        and responses.session_key is not null
),

sessions as (
    select * from {{ ref('int_session') }}
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
        *,
        row_number() over (
            partition by session_key, client_key, respondent_role, respondent_key, scale
            order by entered_at desc nulls last, response_key desc
        ) as place
    from forms
    where respondent_role in ('caretaker', 'professional')
),

others as (
    select * from placed_others
    where place = 1
),

-- The client's own forms of those meetings alone: most meetings have no other respondent.
placed_own as (
    select
        forms.*,
        row_number() over (
            partition by forms.session_key, forms.client_key, forms.scale
            order by forms.entered_at desc nulls last, forms.response_key desc
        ) as place
    from forms
    semi join others
        on forms.session_key = others.session_key
        and forms.client_key = others.client_key
        and forms.scale = others.scale
    where forms.respondent_role = 'self'
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
        and others.scale = own.scale
),

placed as (
    select
        paired.*,
        coalesce(families.family_key, paired.client_key) as family_key,
        sessions.worker_key,
        sessions.team_code,
        coalesce(episodes.service_code, sessions.service_code) as service_code,
        sessions.session_date,
        sessions.session_number,
        {{ age_in_years(
            'clients.birth_month',
            'clients.birth_year',
            'coalesce(episodes.opened_on, episodes.referred_on, sessions.session_date)',
        ) }} as age_years
    from paired
    inner join sessions on paired.session_key = sessions.session_key
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
