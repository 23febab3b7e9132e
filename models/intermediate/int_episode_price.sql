{#
The price that holds on the day of opening, with how many hold: two prices on one day cannot be told
apart, so then there is none.
#}
with

episodes as (
    select * from {{ ref('int_episode') }}
),

prices as (
    select * from {{ ref('stg_fit__unit_price') }}
),

final as (
    select
        episodes.episode_key,
        cast(count(*) as int) as n_prices,
        case when count(*) = 1 then min(prices.amount_eur) end as amount_eur,
        case when count(*) = 1 then min(prices.units_in_price) end as units_in_price,
        case when count(*) = 1 then min(prices.planned_units) end as price_planned_units,
        case when count(*) = 1 then min(prices.unit) end as unit,
        case when count(*) = 1 then min(prices.per) end as per,
        case when count(*) = 1 then min(prices.price_year) end as price_year,
        case when count(*) = 1 then min(prices.procurement) end as procurement,
        case when count(*) = 1 then min(prices.no_show_is_used) end as no_show_is_used,
        case when count(*) = 1 then min(prices.vat_included) end as vat_included
    from episodes
    inner join prices
        on episodes.service_code = prices.service_code
        and (prices.valid_from is null or prices.valid_from <= episodes.opened_on)
        and (prices.valid_to is null or prices.valid_to >= episodes.opened_on)
    group by episodes.episode_key
)

select * from final
