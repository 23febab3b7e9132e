with

early as (
    select * from {{ ref('fct_early_ending') }}
),

prices as (
    select * from {{ ref('int_episode_price') }}
),

used as (
    select * from {{ ref('int_episode_used') }}
),

assumptions as (
    select * from {{ ref('int_cost_assumption') }}
),

afterwards as (
    select * from {{ ref('int_early_ending_onward') }}
),

fit_costs as (
    select * from {{ ref('int_episode_fit_cost') }}
),

paces as (
    select * from {{ ref('int_service_pace') }}
),

clients as (
    select
        episode_key,
        max(case when change_class is not null then 1 else 0 end) as is_change_known,
        max(is_rereferred_6_months) as is_rereferred_6_months,
        max(is_rereferred_12_months) as is_rereferred_12_months,
        min(is_in_rereferral_6) as is_in_rereferral_6,
        min(is_in_rereferral_12) as is_in_rereferral_12
    from {{ ref('fct_episode') }}
    group by episode_key
),

joined as (
    select
        early.*,
        assumptions.scenario,
        assumptions.attribution_share,
        assumptions.attribution_share_of_loss,
        assumptions.avoidable_share,
        assumptions.onward_share,
        assumptions.rereferral_share,
        assumptions.is_conflicting,
        assumptions.front_weight,
        coalesce(cast(assumptions.front_units as double), 0e0) as front_units,
        coalesce(cast(assumptions.front_weight as double), 1e0) - 1e0 as front_extra,
        cast(prices.amount_eur as double) * cast(early.planned_units as double)
        * case when prices.per = 'client' then early.n_persons else 1 end
        / nullif(cast(prices.units_in_price as double), 0) as planned_amount_eur,
        cast(early.planned_units as double) as planned,
        case
            -- The stored months are rounded; money is made of the days themselves.
            when early.unit = 'month'
                then used.whole_months + used.remaining_days / nullif(cast(used.days_in_month as double), 0)
            else cast(early.used_units as double)
        end as used,
        {{ half_up('coalesce(afterwards.onward_amount_eur, 0e0)') }} as onward_price_eur,
        {{ half_up('coalesce(afterwards.rereferral_amount_eur, 0e0)') }} as rereferral_price_eur,
        coalesce(afterwards.is_rereferral_priced, 0) as is_rereferral_priced,
        afterwards.onward_reason,
        fit_costs.n_fit_meetings,
        fit_costs.n_cost_years,
        fit_costs.fit_cost_eur,
        fit_costs.is_other_vat,
        case early.unit
            when 'session' then 1e0
            when 'month' then paces.sessions_per_month
            when 'day' then paces.sessions_per_day
        end as sessions_per_unit,
        paces.minutes_per_session,
        clients.is_change_known,
        clients.is_rereferred_6_months,
        clients.is_rereferred_12_months,
        clients.is_in_rereferral_6,
        clients.is_in_rereferral_12
    from early
    inner join assumptions
        on early.service_code = assumptions.service_code
        and early.closed_on = assumptions.holds_on
    left join prices on early.episode_key = prices.episode_key
    left join used on early.episode_key = used.episode_key
    left join afterwards
        on early.episode_key = afterwards.episode_key
        and assumptions.scenario = afterwards.scenario
    left join fit_costs on early.episode_key = fit_costs.episode_key
    left join paces on early.service_code = paces.service_code
    left join clients on early.episode_key = clients.episode_key
),

-- With weights a first unit costs more than a later one, and all units together what the plan costs.
weighted as (
    select
        *,
        -- A weight of nothing would leave a short plan without any weight at all.
        case when front_weight > 0 and front_units > 0 then 'front_loaded' else 'linear' end as cost_profile,
        planned + front_extra * least(front_units, planned) as planned_weight,
        used + front_extra * least(front_units, used) as used_weight
    from joined
),

profiled as (
    select
        *,
        case
            when gross_amount_eur is null then null
            when cost_profile = 'front_loaded'
                then {{ half_up(
                    "planned_amount_eur * (planned_weight - used_weight) / nullif(planned_weight, 0)"
                ) }}
            else gross_amount_eur
        end as profiled_amount_eur
    from weighted
),

-- Whether it is a loss is told before rounding: rounded, the two may look alike.
balanced as (
    select
        *,
        {{ exact_part('profiled_amount_eur', ['avoidable_share']) }} as avoidable_eur,
        {{ exact_part('onward_price_eur', ['coalesce(onward_share, 0)']) }}
        + {{ exact_part('rereferral_price_eur', ['coalesce(rereferral_share, 0)']) }} as came_instead_eur
    from profiled
),

reasoned as (
    select
        *,
        case when avoidable_eur < came_instead_eur then attribution_share_of_loss else attribution_share end
            as used_attribution_share,
        case
            when exclusion_reason is not null then exclusion_reason
            when is_agreed = 0 then 'not_agreed'
            when coalesce(n_fit_meetings, 0) = 0 then 'without_fit'
            when
                attribution_share is null or avoidable_share is null
                or (onward_service_code is not null and onward_share is null)
                or (is_rereferral_priced = 1 and rereferral_share is null)
                then case when is_conflicting = 1 then 'several_assumptions' else 'no_assumption' end
            when ending_code = 'referred_on_early' and onward_service_code is null then 'onward_unknown'
            when onward_reason is not null then onward_reason
        end as effect_exclusion_reason
    from balanced
),

attributed as (
    select
        *,
        case
            when effect_exclusion_reason is not null then effect_exclusion_reason
            when n_cost_years = 0 then 'no_fit_cost'
            when fit_cost_eur is null then 'no_price_index'
            when is_other_vat = 1 then 'other_vat'
        end as net_exclusion_reason,
        case
            when effect_exclusion_reason is null
                then {{ part_of_amount('profiled_amount_eur', ['used_attribution_share', 'avoidable_share']) }}
        end as avoided_amount_eur,
        case
            when effect_exclusion_reason is null
                then {{ part_of_amount('onward_price_eur', ['used_attribution_share', 'coalesce(onward_share, 0)']) }}
        end as onward_amount_eur,
        case
            when effect_exclusion_reason is null
                then {{ part_of_amount('rereferral_price_eur', ['used_attribution_share', 'coalesce(rereferral_share, 0)']) }}
        end as rereferral_amount_eur,
        case
            when exclusion_reason is null and is_agreed = 1 and procurement = 'own' and n_fit_meetings > 0
                then cast(attribution_share as double) * cast(unused_units as double) * sessions_per_unit
        end as freed_sessions
    from reasoned
),

final as (
    select
        {{ surrogate_key(['episode_key', 'scenario']) }} as early_ending_scenario_key,
        episode_key,
        family_key,
        team_code,
        service_code,
        closed_on,
        closed_quarter,
        ending_code,
        is_agreed,
        scenario,
        'payer' as perspective,
        procurement,
        price_year,
        vat_included,
        unit,
        n_persons,
        unused_units,
        cost_profile,
        gross_amount_eur as linear_amount_eur,
        cast(profiled_amount_eur as decimal(18, 4)) as gross_amount_eur,
        cast(used_attribution_share as decimal(18, 4)) as attribution_share,
        cast(attribution_share as decimal(18, 4)) as assumed_attribution_share,
        cast(avoidable_share as decimal(18, 4)) as avoidable_share,
        cast(onward_share as decimal(18, 4)) as onward_share,
        cast(rereferral_share as decimal(18, 4)) as rereferral_share,
        cast(onward_price_eur as decimal(18, 4)) as onward_price_eur,
        cast(rereferral_price_eur as decimal(18, 4)) as rereferral_price_eur,
        avoided_amount_eur,
        onward_amount_eur,
        rereferral_amount_eur,
        cast(avoided_amount_eur - onward_amount_eur - rereferral_amount_eur as decimal(18, 4)) as effect_amount_eur,
        case when net_exclusion_reason is null then cast(fit_cost_eur as decimal(18, 4)) end as fit_cost_eur,
        case
            when net_exclusion_reason is null
                then cast(
                        avoided_amount_eur - onward_amount_eur - rereferral_amount_eur - fit_cost_eur as decimal(18, 4)
                    )
        end as net_amount_eur,
        case when is_agreed = 0 then cast(profiled_amount_eur as decimal(18, 4)) end as unused_value_eur,
        {{ half_up('freed_sessions') }} as freed_sessions,
        {{ half_up('freed_sessions * minutes_per_session / 60e0') }} as freed_hours,
        has_deteriorated,
        cast(is_change_known as smallint) as is_change_known,
        cast(is_rereferred_6_months as smallint) as is_rereferred_6_months,
        cast(is_rereferred_12_months as smallint) as is_rereferred_12_months,
        cast(is_in_rereferral_6 as smallint) as is_in_rereferral_6,
        cast(is_in_rereferral_12 as smallint) as is_in_rereferral_12,
        exclusion_reason,
        effect_exclusion_reason,
        net_exclusion_reason
    from attributed
)

select * from final
