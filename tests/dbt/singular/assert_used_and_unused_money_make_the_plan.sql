-- What an episode cost and what it left unused are together the price of its plan, on the fourth decimal rounded twice.
with

cost as (
    select
        episode_key,
        sum(cost_eur) as cost_eur
    from {{ ref('fct_episode_cost') }}
    group by episode_key
)

select early.episode_key
from {{ ref('fct_early_ending') }} as early
inner join cost on early.episode_key = cost.episode_key
inner join {{ ref('int_episode_price') }} as prices on early.episode_key = prices.episode_key
where
    early.exclusion_reason is null
    and not coalesce(
        abs(
            cast(cost.cost_eur as double) + cast(early.gross_amount_eur as double)
            - cast(prices.amount_eur as double) * cast(early.planned_units as double)
            / nullif(cast(prices.units_in_price as double), 0)
            * case when prices.per = 'client' then early.n_persons else 1 end
        ) <= 0.0001 * early.n_persons,
        false
    )
