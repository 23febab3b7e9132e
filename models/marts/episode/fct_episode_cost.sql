with

episodes as (
    select
        *,
        row_number() over (partition by episode_key order by episode_client_key) as place,
        count(*) over (partition by episode_key) as n_clients
    from {{ ref('fct_episode') }}
),

prices as (
    select * from {{ ref('int_episode_price') }}
),

used as (
    select * from {{ ref('int_episode_used') }}
),

fit_costs as (
    select * from {{ ref('int_episode_fit_cost') }}
),

rates as (
    select * from {{ ref('int_discount_rate') }}
),

joined as (
    select
        episodes.*,
        prices.amount_eur,
        prices.units_in_price,
        prices.per,
        prices.unit,
        prices.procurement,
        prices.price_year,
        prices.vat_included,
        {{ used_whole_units('used', 'prices') }}
        + case
            when prices.unit = 'month' then used.remaining_days / nullif(cast(used.days_in_month as double), 0)
            else 0e0
        end as used_units,
        coalesce(fit_costs.n_fit_meetings, 0) as n_fit_meetings,
        fit_costs.n_cost_years,
        fit_costs.fit_cost_eur as episode_fit_cost_eur,
        fit_costs.is_other_vat,
        (used.whole_months + used.remaining_days / nullif(cast(used.days_in_month as double), 0)) / 12e0 as years,
        rates.n_rates,
        rates.discount_rate,
        case
            when episodes.closed_on is null then 'still_open'
            when episodes.opened_on is null then 'no_opening'
            when episodes.closed_on < episodes.opened_on then 'closed_before_opened'
            when prices.n_prices is null then 'no_price'
            when prices.n_prices > 1 then 'several_prices'
        end as cost_exclusion_reason
    from episodes
    left join prices on episodes.episode_key = prices.episode_key
    left join used on episodes.episode_key = used.episode_key
    left join fit_costs on episodes.episode_key = fit_costs.episode_key
    left join rates on episodes.episode_key = rates.episode_key
),

priced as (
    select
        *,
        case
            when cost_exclusion_reason is null
                then {{ half_up(
                    "cast(amount_eur as double) * used_units / nullif(cast(units_in_price as double), 0)"
                ) }}
        end as paid_once_eur,
        case
            when n_fit_meetings = 0 then cast(0 as decimal(18, 4))
            when n_cost_years > 0 and is_other_vat = 0 then episode_fit_cost_eur
        end as shared_fit_cost_eur,
        case
            when n_fit_meetings = 0 then null
            when n_cost_years = 0 then 'no_fit_cost'
            when price_year is null then 'no_price'
            when episode_fit_cost_eur is null then 'no_price_index'
            when is_other_vat = 1 then 'other_vat'
        end as fit_cost_exclusion_reason
    from joined
),

shared as (
    select
        *,
        case
            when per = 'client' then cast(paid_once_eur as decimal(18, 4))
            else {{ part_among('paid_once_eur', 'n_clients', 'place') }}
        end as cost_eur,
        {{ part_among('shared_fit_cost_eur', 'n_clients', 'place') }} as fit_cost_eur
    from priced
),

discounted as (
    select
        *,
        {{ discounted_share('years', 'discount_rate') }} as share_left,
        case
            when cost_exclusion_reason is not null or years <= 1 or discount_rate is not null then null
            when n_rates > 1 then 'several_discount_rates'
            else 'no_discount_rate'
        end as discount_exclusion_reason
    from shared
),

final as (
    select
        episode_client_key,
        episode_key,
        client_key,
        family_key,
        team_code,
        service_code,
        closed_on,
        closed_quarter,
        'payer' as perspective,
        procurement,
        cast(price_year as int) as price_year,
        cast(vat_included as smallint) as vat_included,
        unit,
        cast(used_units as decimal(18, 4)) as used_units,
        cast(n_clients as int) as n_persons,
        cast(n_fit_meetings as bigint) as n_fit_meetings,
        cost_eur,
        fit_cost_eur,
        cast(cost_eur + fit_cost_eur as decimal(18, 4)) as total_cost_eur,
        {{ half_up('cast(cost_eur as double) * share_left') }} as cost_discounted_eur,
        {{ half_up('cast(fit_cost_eur as double) * share_left') }} as fit_cost_discounted_eur,
        is_in_change,
        change_class,
        prom_instrument,
        prom_respondent,
        prom_change,
        parameter_set,
        cost_exclusion_reason,
        fit_cost_exclusion_reason,
        discount_exclusion_reason
    from discounted
)

select * from final
