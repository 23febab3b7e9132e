{#
What came after an early ending, at the prices of the day of closing and in the price year of the
episode itself: the service that the client was referred on to, and services begun within twelve
months that are not that one, which would count it twice.
#}
with

episodes as (
    select * from {{ ref('int_episode') }}
),

endings as (
    select * from {{ ref('ending') }}
    where is_early_ending = 1
),

index_clients as (
    select * from {{ ref('int_episode_index_client') }}
),

later as (
    select * from {{ ref('int_episode_next') }}
    where is_rereferred_12_months = 1
),

own_prices as (
    select * from {{ ref('int_episode_price') }}
),

onward_prices as (
    select * from {{ ref('int_onward_price') }}
),

price_index as (
    select * from {{ ref('int_price_index') }}
),

early as (
    select
        episodes.episode_key,
        min(episodes.closed_on) as closed_on,
        min(episodes.onward_service_code) as onward_service_code,
        cast(count(*) as int) as n_clients
    from episodes
    inner join endings on episodes.ending_code = endings.ending_code
    inner join index_clients on episodes.episode_key = index_clients.episode_key
    where episodes.closed_on is not null
    group by episodes.episode_key
),

-- Siblings who come back together come back to one episode.
came_back as (
    select
        early.episode_key,
        early.closed_on,
        later.next_service_code as service_code,
        cast(count(*) as int) as n_clients,
        cast(count(distinct later.next_episode_key) as int) as n_episodes
    from early
    inner join index_clients on early.episode_key = index_clients.episode_key
    inner join later on index_clients.episode_client_key = later.episode_client_key
    where later.next_service_code <> coalesce(early.onward_service_code, '')
    group by
        early.episode_key,
        early.closed_on,
        later.next_service_code
),

afterwards as (
    select
        episode_key,
        closed_on,
        onward_service_code as service_code,
        n_clients,
        1 as n_episodes,
        1 as is_onward
    from early
    where onward_service_code is not null
    union all
    select
        episode_key,
        closed_on,
        service_code,
        n_clients,
        n_episodes,
        0 as is_onward
    from came_back
),

priced as (
    select
        afterwards.episode_key,
        onward_prices.scenario,
        afterwards.is_onward,
        onward_prices.amount_eur
        * case when onward_prices.per = 'client' then afterwards.n_clients else afterwards.n_episodes end
        * case
            when onward_prices.price_year = own_prices.price_year then 1e0
            else price_index.index_factor
        end as amount_eur,
        coalesce(
            onward_prices.onward_reason,
            case
                when onward_prices.price_year <> own_prices.price_year and price_index.index_factor is null
                    then 'no_price_index'
                when own_prices.episode_key is not null and onward_prices.vat_included is distinct from own_prices.vat_included
                    then 'other_vat'
            end
        ) as onward_reason
    from afterwards
    inner join onward_prices
        on afterwards.service_code = onward_prices.service_code
        and afterwards.closed_on = onward_prices.holds_on
    left join own_prices on afterwards.episode_key = own_prices.episode_key
    left join price_index
        on onward_prices.price_year = price_index.from_year
        and own_prices.price_year = price_index.to_year
),

final as (
    select
        {{ surrogate_key(['episode_key', 'scenario']) }} as episode_scenario_key,
        episode_key,
        scenario,
        sum(case when is_onward = 1 then amount_eur else 0e0 end) as onward_amount_eur,
        sum(case when is_onward = 0 then amount_eur else 0e0 end) as rereferral_amount_eur,
        max(1 - is_onward) as is_rereferral_priced,
        min(onward_reason) as onward_reason
    from priced
    group by
        episode_key,
        scenario
)

select * from final
