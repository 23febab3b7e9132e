{# The price that holds on the day of opening, with how many hold: two prices on one day cannot be told apart. #}
with

episodes as (
    select * from {{ ref('stg_fit__episode') }}
),

prices as (
    select * from {{ ref('stg_fit__unit_price') }}
),

final as (
    select
        episodes.episode_key,
        cast(count(*) as int) as n_prices,
        min(prices.amount_eur) as amount_eur,
        min(prices.units_in_price) as units_in_price,
        min(prices.planned_units) as price_planned_units,
        min(prices.unit) as unit,
        min(prices.per) as per,
        min(prices.price_year) as price_year,
        min(prices.procurement) as procurement,
        min(prices.no_show_is_used) as no_show_is_used
    from episodes
    inner join prices
        on episodes.service_code = prices.service_code
        and coalesce(prices.valid_from <= episodes.opened_on, true)
        and coalesce(prices.valid_to >= episodes.opened_on, true)
    group by episodes.episode_key
)

select * from final
