{#
The discount rate of an episode: of the assumptions that hold on the day of opening, the service's own
row before one for all. Two rows of one rank cannot be told apart, so then there is none.
#}
with

delivered as (
    select * from {{ ref('stg_fit__cost_assumption') }}
),

seeded as (
    select * from {{ ref('cost_assumption') }}
),

episodes as (
    select * from {{ ref('int_episode') }}
),

rates as (
    select *
    from {{ delivered_or_seed(
        'delivered', 'seeded', ['factor', 'service_code'],
        ['factor', 'service_code', 'base', 'valid_from', 'valid_to'],
    ) }} as listed
    where factor = 'discount_rate'
),

holding as (
    select
        episodes.episode_key,
        rates.base,
        case when rates.service_code is null then 1 else 0 end as is_general
    from episodes
    inner join rates
        on coalesce(rates.service_code, episodes.service_code) = episodes.service_code
        and (rates.valid_from is null or rates.valid_from <= episodes.opened_on)
        and (rates.valid_to is null or rates.valid_to >= episodes.opened_on)
),

counted as (
    select
        episode_key,
        sum(1 - is_general) as n_own,
        sum(is_general) as n_general,
        min(case when is_general = 0 then base end) as own_rate,
        min(case when is_general = 1 then base end) as general_rate
    from holding
    group by episode_key
),

final as (
    select
        episode_key,
        cast(case when n_own > 0 then n_own else n_general end as int) as n_rates,
        case
            when n_own = 1 then own_rate
            when n_own = 0 and n_general = 1 then general_rate
        end as discount_rate
    from counted
)

select * from final
