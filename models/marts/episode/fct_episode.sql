with

episodes as (
    select * from {{ ref('int_episode') }}
),

index_clients as (
    select * from {{ ref('int_episode_index_client') }}
),

families as (
    select * from {{ ref('int_family') }}
),

clients as (
    select * from {{ ref('int_client') }}
),

sessions as (
    select * from {{ ref('int_episode_sessions') }}
),

teams as (
    select * from {{ ref('int_episode_team') }}
),

lengths as (
    select * from {{ ref('int_episode_days') }}
),

later as (
    select * from {{ ref('int_episode_next') }}
),

flags as (
    select * from {{ ref('int_episode_flag') }}
),

headlines as (
    select * from {{ ref('int_headline_series') }}
),

respondents as (
    select * from {{ ref('int_episode_respondent') }}
),

prems as (
    select * from {{ ref('int_prem_last') }}
),

instruments as (
    select * from {{ ref('instrument') }}
),

parameters as (
    select * from {{ ref('instrument_parameter') }}
    where parameter_set = '{{ var("parameter_set") }}'
),

prem_parameters as (
    select * from {{ ref('instrument_parameter') }}
    where parameter_set = '{{ var("parameter_set") }}' and respondent_role = 'self'
),

age_bands as (
    select * from {{ ref('age_band') }}
),

joined as (
    select
        index_clients.episode_client_key,
        episodes.*,
        index_clients.client_key,
        coalesce(families.family_key, index_clients.client_key) as family_key,
        coalesce(sessions.owner_team_code, episodes.team_code) as owner_team_code,
        {{ age_in_years(
            'clients.birth_month',
            'clients.birth_year',
            'coalesce(episodes.opened_on, episodes.referred_on)',
        ) }} as age_years,
        clients.gender,
        coalesce(sessions.n_attended, 0) as n_sessions,
        coalesce(sessions.n_no_show, 0) as n_no_show,
        coalesce(sessions.n_late_cancelled, 0) as n_late_cancelled,
        sessions.first_session_on,
        sessions.second_session_on,
        sessions.last_session_on,
        teams.n_teams,
        teams.first_team_code,
        lengths.days_waited,
        lengths.days_to_opening,
        lengths.days_first_to_second,
        lengths.days_open,
        lengths.used_sessions,
        lengths.used_months,
        lengths.used_days,
        later.next_episode_key,
        later.next_service_code,
        later.days_to_next,
        later.is_rereferred_6_months,
        later.is_rereferred_12_months,
        later.is_6_months_over,
        later.is_12_months_over,
        coalesce(flags.is_overlapping, 0) as is_overlapping,
        coalesce(flags.has_two_open, 0) as has_two_open,
        coalesce(flags.has_session_outside, 0) as has_session_outside,
        headlines.instrument_code as prom_instrument,
        headlines.respondent_role as prom_respondent,
        headlines.parameter_group,
        headlines.score_step,
        coalesce(headlines.n_forms, 0) as n_prom,
        headlines.intake as prom_intake,
        case when headlines.n_forms >= 2 then headlines.last_total end as prom_last,
        case
            when headlines.n_forms < 2 then null
            when instruments.direction = 'lower_is_better' then headlines.lowest_total
            else headlines.highest_total
        end as prom_best,
        {% for number in range(1, 5) -%}
        case when headlines.n_forms >= 2 then headlines.item_{{ number }}_change end as item_{{ number }}_change,
        {% endfor -%}
        headlines.n_turns as n_reliable_turns,
        coalesce(respondents.n_self_series, 0) as n_self_series,
        coalesce(respondents.n_caretaker_forms, 0) as n_caretaker_forms,
        coalesce(respondents.n_professional_forms, 0) as n_professional_forms,
        coalesce(respondents.n_guardian_own_forms, 0) as n_guardian_own_forms,
        coalesce(respondents.n_respondents, 0) as n_respondents,
        headlines.is_late_baseline,
        instruments.direction,
        parameters.cutoff,
        parameters.cutoff_is_functional,
        parameters.reliable_change,
        parameters.reliable_change_inclusive,
        prems.instrument_code as prem_instrument,
        coalesce(prems.n_prem, 0) as n_prem,
        coalesce(prems.n_prem_pairs, 0) as n_prem_pairs,
        coalesce(prems.n_prem_drops, 0) as n_prem_drops,
        prems.first_total as prem_first,
        prems.total as prem_last,
        prems.lowest_total as prem_lowest,
        {{ is_functional(
            'prems.total', 'prem_parameters.cutoff', 'prem_parameters.cutoff_is_functional',
            'prem_instruments.direction',
        ) }} as is_prem_last_at_cutoff
    from episodes
    inner join index_clients on episodes.episode_key = index_clients.episode_key
    left join families on index_clients.client_key = families.client_key
    left join clients on index_clients.client_key = clients.client_key
    left join sessions on episodes.episode_key = sessions.episode_key
    left join teams on episodes.episode_key = teams.episode_key
    left join lengths on episodes.episode_key = lengths.episode_key
    left join later on index_clients.episode_client_key = later.episode_client_key
    left join flags on episodes.episode_key = flags.episode_key
    left join headlines
        on episodes.episode_key = headlines.episode_key
        and index_clients.client_key = headlines.client_key
    left join respondents
        on episodes.episode_key = respondents.episode_key
        and index_clients.client_key = respondents.client_key
    left join instruments on headlines.instrument_code = instruments.instrument_code
    left join parameters
        on headlines.instrument_code = parameters.instrument_code
        and headlines.parameter_group = parameters.parameter_group
        and headlines.respondent_role = parameters.respondent_role
    left join prems
        on episodes.episode_key = prems.episode_key
        and index_clients.client_key = prems.client_key
    left join instruments as prem_instruments
        on prems.instrument_code = prem_instruments.instrument_code
    left join prem_parameters
        on prems.instrument_code = prem_parameters.instrument_code
        and prems.parameter_group = prem_parameters.parameter_group
),

classified as (
    select
        *,
        {{ change_class(
            'prom_intake', 'prom_last', 'reliable_change', 'reliable_change_inclusive',
            'cutoff', 'cutoff_is_functional', 'direction',
        ) }} as change_class,
        {{ is_functional('prom_intake', 'cutoff', 'cutoff_is_functional', 'direction') }} as is_intake_functional,
        case when closed_on < coalesce(opened_on, referred_on) then 1 else 0 end as is_closed_before_opened
    from joined
),

-- The first reason that holds is the one given.
reasoned as (
    select
        *,
        case
            when is_closed_before_opened = 1 then 'closed_before_opened'
            when closed_on is null then 'still_open'
            when n_sessions = 0 then 'no_attended_session'
            when n_prom = 0 then 'no_prom'
            when n_prom = 1 then 'one_prom'
            when change_class is null then 'no_parameter'
        end as exclusion_reason,
        -- How far the episode goes in the funnel: each step implies those before it.
        case
            when is_closed_before_opened = 1 or closed_on is null then 0
            -- A meeting shows that the episode began, also where nobody wrote down the day of opening.
            when opened_on is null and n_sessions = 0 then 1
            when n_sessions = 0 then 2
            when n_prom = 0 then 3
            when n_prom = 1 then 4
            when change_class is null then 5
            else 6
        end as funnel_step
    from classified
),

-- Who is in which denominator; docs/method/denominators.md says who uses it.
denominators as (
    select
        *,
        case when funnel_step >= 1 then 1 else 0 end as is_in_closed,
        case when funnel_step >= 2 then 1 else 0 end as is_in_opened,
        case when funnel_step >= 3 then 1 else 0 end as is_in_attended,
        case when funnel_step >= 4 then 1 else 0 end as is_in_one_prom,
        case when funnel_step >= 5 then 1 else 0 end as is_in_two_prom,
        case when funnel_step >= 6 then 1 else 0 end as is_in_change,
        case when funnel_step >= 6 and is_intake_functional = 0 then 1 else 0 end as is_in_recovery,
        case when funnel_step >= 6 and item_1_change is not null then 1 else 0 end as is_in_items,
        case when funnel_step >= 6 and n_reliable_turns is not null then 1 else 0 end as is_in_sawtooth,
        case when funnel_step >= 1 and is_prem_last_at_cutoff is not null then 1 else 0 end as is_in_prem,
        case when funnel_step >= 1 and n_prem_pairs > 0 then 1 else 0 end as is_in_prem_drops,
        case when funnel_step >= 3 and ending_code <> 'unknown' then 1 else 0 end as is_in_dropout,
        case
            when is_closed_before_opened = 1 or is_overlapping = 1 then 0
            else coalesce(cast(days_waited >= 0 as int), 0)
        end as is_in_waiting,
        -- Who has died or moved away cannot be seen to come back; an inferred closing is made by the gap itself.
        case
            when
                funnel_step >= 1
                and is_overlapping = 0
                and is_episode_inferred = 0
                and ending_code not in ('died', 'moved')
                then 1
            else 0
        end as may_come_back
    from reasoned
),

final as (
    select
        denominators.episode_client_key,
        denominators.episode_key,
        denominators.client_key,
        denominators.family_key,
        denominators.owner_team_code as team_code,
        denominators.service_code,
        denominators.age_years,
        ages.age_band,
        denominators.gender,
        denominators.referred_on,
        denominators.opened_on,
        denominators.closed_on,
        {{ quarter_start('denominators.closed_on') }} as closed_quarter,
        denominators.ending_code,
        denominators.onward_service_code,
        cast(denominators.is_episode_inferred as smallint) as is_episode_inferred,
        denominators.days_waited,
        denominators.days_to_opening,
        denominators.days_first_to_second,
        denominators.days_open,
        cast(denominators.planned_sessions as int) as planned_sessions,
        cast(denominators.planned_months as decimal(18, 4)) as planned_months,
        cast(denominators.planned_days as int) as planned_days,
        denominators.used_sessions,
        denominators.used_months,
        denominators.used_days,
        denominators.n_sessions,
        denominators.n_no_show,
        denominators.n_late_cancelled,
        denominators.first_session_on,
        denominators.second_session_on,
        denominators.last_session_on,
        denominators.team_code as delivered_team_code,
        denominators.first_team_code,
        coalesce(denominators.n_teams, 0) as n_teams,
        cast(
            case
                when denominators.n_teams is null then null
                when denominators.n_teams > 1 or denominators.owner_team_code <> denominators.team_code then 1
                else 0
            end as smallint
        ) as is_transferred,
        denominators.next_episode_key,
        denominators.next_service_code,
        denominators.days_to_next,
        cast(denominators.is_rereferred_6_months as smallint) as is_rereferred_6_months,
        cast(denominators.is_rereferred_12_months as smallint) as is_rereferred_12_months,
        denominators.prom_instrument,
        denominators.prom_respondent,
        denominators.parameter_group,
        denominators.n_prom,
        denominators.prom_intake,
        denominators.prom_last,
        denominators.prom_best,
        cast(denominators.prom_last - denominators.prom_intake as decimal(6, 2)) as prom_change,
        denominators.change_class,
        cast(denominators.is_intake_functional as smallint) as is_intake_functional,
        cast(denominators.is_late_baseline as smallint) as is_late_baseline,
        {% for number in range(1, 5) -%}
        cast(denominators.item_{{ number }}_change as decimal(6, 2)) as item_{{ number }}_change,
        {% endfor -%}
        denominators.n_self_series,
        denominators.n_caretaker_forms,
        denominators.n_professional_forms,
        denominators.n_guardian_own_forms,
        denominators.n_respondents,
        denominators.n_reliable_turns,
        cast(
            case
                when denominators.n_reliable_turns >= 4 then 1
                when denominators.n_reliable_turns is not null then 0
            end as smallint
        ) as is_sawtooth,
        denominators.prem_instrument,
        denominators.n_prem,
        denominators.prem_first,
        denominators.prem_last,
        denominators.prem_lowest,
        denominators.n_prem_pairs,
        denominators.n_prem_drops,
        cast(denominators.is_prem_last_at_cutoff as smallint) as is_prem_last_at_cutoff,
        cast(denominators.is_closed_before_opened as smallint) as is_closed_before_opened,
        cast(denominators.is_overlapping as smallint) as is_overlapping,
        cast(denominators.has_two_open as smallint) as has_two_open,
        cast(denominators.has_session_outside as smallint) as has_session_outside,
        {% for name in [
            'closed', 'opened', 'attended', 'one_prom', 'two_prom', 'change', 'recovery', 'items', 'sawtooth',
            'prem', 'prem_drops', 'dropout', 'waiting',
        ] -%}
        cast(denominators.is_in_{{ name }} as smallint) as is_in_{{ name }},
        {% endfor -%}
        {% for months in [6, 12] -%}
        cast(denominators.may_come_back * coalesce(denominators.is_{{ months }}_months_over, 0) as smallint)
            as is_in_rereferral_{{ months }},
        {% endfor -%}
        denominators.exclusion_reason,
        '{{ var("parameter_set") }}' as parameter_set
    from denominators
    left join {{ each_age('age_bands') }} as ages on denominators.age_years = ages.age_years
)

select * from final
