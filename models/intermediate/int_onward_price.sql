{#
What a service is expected to cost a client who goes on to it, or need not, on a day: the price that holds then,
for the units that it buys, else for the assumed ones. Nothing is guessed: without a price, with two
of them, or without units there is no amount but a reason.
#}
with

assumptions as (
    select * from {{ ref('int_cost_assumption') }}
),

prices as (
    select * from {{ ref('stg_fit__unit_price') }}
),

counted as (
    select
        assumptions.assumption_key,
        assumptions.service_code,
        assumptions.holds_on,
        assumptions.scenario,
        assumptions.onward_units,
        cast(count(prices.service_code) as int) as n_prices,
        min(prices.amount_eur) as amount_eur,
        min(prices.units_in_price) as units_in_price,
        min(prices.planned_units) as planned_units,
        min(prices.per) as per,
        min(prices.procurement) as procurement,
        min(prices.price_year) as price_year,
        min(prices.vat_included) as vat_included
    from assumptions
    left join prices
        on assumptions.service_code = prices.service_code
        and (prices.valid_from is null or prices.valid_from <= assumptions.holds_on)
        and (prices.valid_to is null or prices.valid_to >= assumptions.holds_on)
    group by
        assumptions.assumption_key,
        assumptions.service_code,
        assumptions.holds_on,
        assumptions.scenario,
        assumptions.onward_units
),

reasoned as (
    select
        *,
        coalesce(planned_units, onward_units) as expected_units,
        case
            when n_prices = 0 then 'onward_no_price'
            when n_prices > 1 then 'onward_several_prices'
            when coalesce(planned_units, onward_units) is null then 'onward_no_units'
        end as onward_reason
    from counted
),

final as (
    select
        assumption_key,
        service_code,
        holds_on,
        scenario,
        case when onward_reason is null then per end as per,
        case when onward_reason is null then procurement end as procurement,
        case when onward_reason is null then price_year end as price_year,
        case when onward_reason is null then vat_included end as vat_included,
        case
            when onward_reason is null
                then cast(amount_eur as double) * cast(expected_units as double)
                    / nullif(cast(units_in_price as double), 0)
        end as amount_eur,
        onward_reason
    from reasoned
)

select * from final
