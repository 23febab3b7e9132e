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

headlines as (
    select * from {{ ref('int_headline_series') }}
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
        sessions.last_session_on,
        headlines.instrument_code as prom_instrument,
        headlines.respondent_role as prom_respondent,
        headlines.parameter_group,
        headlines.score_step,
        coalesce(headlines.n_forms, 0) as n_prom,
        headlines.intake as prom_intake,
        case when headlines.n_forms >= 2 then headlines.last_total end as prom_last,
        headlines.is_late_baseline,
        instruments.direction,
        parameters.cutoff,
        parameters.cutoff_is_functional,
        parameters.reliable_change,
        parameters.reliable_change_inclusive,
        prems.instrument_code as prem_instrument,
        coalesce(prems.n_prem, 0) as n_prem,
        prems.total as prem_last,
        {{ is_functional(
            'prems.total', 'prem_parameters.cutoff', 'prem_parameters.cutoff_is_functional',
            'prem_instruments.direction',
        ) }} as is_prem_last_at_cutoff
    from episodes
    inner join index_clients on episodes.episode_key = index_clients.episode_key
    left join families on index_clients.client_key = families.client_key
    left join clients on index_clients.client_key = clients.client_key
    left join sessions on episodes.episode_key = sessions.episode_key
    left join headlines
        on episodes.episode_key = headlines.episode_key
        and index_clients.client_key = headlines.client_key
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
        end as exclusion_reason
    from classified
),

final as (
    select
        reasoned.episode_client_key,
        reasoned.episode_key,
        reasoned.client_key,
        reasoned.family_key,
        reasoned.owner_team_code as team_code,
        reasoned.service_code,
        reasoned.age_years,
        age_bands.age_band,
        reasoned.gender,
        reasoned.referred_on,
        reasoned.opened_on,
        reasoned.closed_on,
        {{ quarter_start('reasoned.closed_on') }} as closed_quarter,
        reasoned.ending_code,
        reasoned.onward_service_code,
        {{ days_between('reasoned.referred_on', 'reasoned.first_session_on') }} as days_waited,
        cast(reasoned.planned_sessions as int) as planned_sessions,
        cast(reasoned.planned_months as decimal(18, 4)) as planned_months,
        cast(reasoned.planned_days as int) as planned_days,
        reasoned.n_sessions,
        reasoned.n_no_show,
        reasoned.n_late_cancelled,
        reasoned.first_session_on,
        reasoned.last_session_on,
        reasoned.prom_instrument,
        reasoned.prom_respondent,
        reasoned.n_prom,
        reasoned.prom_intake,
        reasoned.prom_last,
        cast(reasoned.prom_last - reasoned.prom_intake as decimal(6, 2)) as prom_change,
        reasoned.change_class,
        cast(reasoned.is_intake_functional as smallint) as is_intake_functional,
        cast(reasoned.is_late_baseline as smallint) as is_late_baseline,
        reasoned.prem_instrument,
        reasoned.n_prem,
        reasoned.prem_last,
        cast(reasoned.is_prem_last_at_cutoff as smallint) as is_prem_last_at_cutoff,
        cast(reasoned.is_closed_before_opened as smallint) as is_closed_before_opened,
        cast(case when reasoned.exclusion_reason is null then 1 else 0 end as smallint) as is_in_change,
        reasoned.exclusion_reason,
        '{{ var("parameter_set") }}' as parameter_set
    from reasoned
    left join age_bands
        on reasoned.age_years >= age_bands.age_min
        and reasoned.age_years <= age_bands.age_max
)

select * from final
