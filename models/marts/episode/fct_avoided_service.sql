with

decisions as (
    select
        *,
        count(*) over (partition by episode_key, service_code, decided_on, kind) as n_sharing,
        row_number() over (
            partition by episode_key, service_code, decided_on, kind
            order by client_key
        ) as place
    from {{ ref('stg_fit__avoided_service') }}
),

-- What the delivered episode says; that of the decision may be of a service nobody delivered.
episodes as (
    select
        episode_key,
        min(team_code) as team_code,
        min(service_code) as service_code
    from {{ ref('fct_episode') }}
    group by episode_key
),

families as (
    select * from {{ ref('int_family') }}
),

beginnings as (
    select
        episode_key,
        service_code,
        least(coalesce(referred_on, opened_on), coalesce(opened_on, referred_on)) as began_on
    from {{ ref('int_episode') }}
),

index_clients as (
    select * from {{ ref('int_episode_index_client') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

prices as (
    select * from {{ ref('int_onward_price') }}
),

assumptions as (
    select * from {{ ref('int_cost_assumption') }}
    where scenario = 'base'
),

-- The low scenario of what comes instead has most units; of what is spared it has the fewest.
amounts as (
    select
        service_code,
        holds_on,
        min(per) as per,
        min(procurement) as procurement,
        min(price_year) as price_year,
        min(vat_included) as vat_included,
        max(case when scenario = 'high' then amount_eur end) as low_eur,
        max(case when scenario = 'base' then amount_eur end) as base_eur,
        max(case when scenario = 'low' then amount_eur end) as high_eur,
        min(onward_reason) as onward_reason
    from prices
    group by
        service_code,
        holds_on
),

-- A beginning on the day of the decision is one that came all the same.
came as (
    select
        decisions.client_key,
        decisions.episode_key,
        decisions.service_code,
        decisions.decided_on,
        decisions.kind,
        min(beginnings.began_on) as came_on
    from decisions
    inner join index_clients on decisions.client_key = index_clients.client_key
    inner join beginnings
        on index_clients.episode_key = beginnings.episode_key
        and decisions.service_code = beginnings.service_code
    where
        beginnings.episode_key <> decisions.episode_key
        and beginnings.began_on >= decisions.decided_on
        and beginnings.began_on <= {{ add_months('decisions.decided_on', 12) }}
    group by
        decisions.client_key,
        decisions.episode_key,
        decisions.service_code,
        decisions.decided_on,
        decisions.kind
),

joined as (
    select
        decisions.*,
        came.came_on,
        case when {{ add_months('decisions.decided_on', 12) }} <= as_of.as_of then 1 else 0 end as is_over,
        case when decisions.revisited_on <= as_of.as_of then 1 else 0 end as is_revisited,
        coalesce(families.family_key, decisions.client_key) as family_key,
        episodes.team_code,
        episodes.service_code as episode_service_code,
        amounts.procurement,
        amounts.price_year,
        amounts.vat_included,
        amounts.per,
        amounts.low_eur,
        amounts.base_eur,
        amounts.high_eur,
        assumptions.discount_rate,
        replace(amounts.onward_reason, 'onward_', '') as exclusion_reason,
        -- Money falls due when the service begins; until then, or without that, it is put off to the next look.
        case
            when came.came_on is not null then came.came_on
            when decisions.revisited_on <= as_of.as_of then decisions.revisited_on
        end as deferred_to
    from decisions
    cross join as_of
    left join came
        on decisions.client_key = came.client_key
        and decisions.episode_key = came.episode_key
        and decisions.service_code = came.service_code
        and decisions.decided_on = came.decided_on
        and decisions.kind = came.kind
    left join families on decisions.client_key = families.client_key
    left join episodes on decisions.episode_key = episodes.episode_key
    left join amounts
        on decisions.service_code = amounts.service_code
        and decisions.decided_on = amounts.holds_on
    left join assumptions
        on decisions.service_code = assumptions.service_code
        and decisions.decided_on = assumptions.holds_on
),

priced as (
    select
        *,
        {{ half_up('low_eur') }} as whole_low_eur,
        {{ half_up('base_eur') }} as whole_eur,
        {{ half_up('high_eur') }} as whole_high_eur
    from joined
),

shared as (
    select
        *,
        {% for name in ['low_eur', 'eur', 'high_eur'] -%}
        case
            when per = 'client' then whole_{{ name }}
            else {{ part_among('whole_' ~ name, 'n_sharing', 'place') }}
        end as gross_{{ name }},
        {% endfor -%}
        case when kind = 'deferred' then {{ days_between('decided_on', 'deferred_to') }} end as days_deferred
    from priced
),

reasoned as (
    select
        *,
        case
            when kind <> 'deferred' then null
            when exclusion_reason is not null then exclusion_reason
            when deferred_to is null then 'not_revisited'
            when days_deferred < 0 then 'revisited_before_decided'
            when discount_rate is null then 'no_assumption'
        end as deferral_exclusion_reason
    from shared
),

final as (
    select
        {{ surrogate_key(['client_key', 'episode_key', 'service_code', 'decided_on', 'kind']) }} as avoided_service_key,
        episode_key,
        client_key,
        family_key,
        team_code,
        episode_service_code as service_code,
        service_code as avoided_service_code,
        kind,
        decided_on,
        {{ quarter_start('decided_on') }} as decided_quarter,
        revisited_on,
        cast(is_revisited as smallint) as is_revisited,
        came_on,
        cast(case when came_on is not null then 1 when is_over = 1 then 0 end as smallint) as is_came_anyway,
        cast(is_over as smallint) as is_in_came_anyway,
        'payer' as perspective,
        procurement,
        cast(price_year as int) as price_year,
        cast(vat_included as smallint) as vat_included,
        cast(n_sharing as int) as n_sharing,
        cast(gross_low_eur as decimal(18, 4)) as gross_amount_low_eur,
        cast(gross_eur as decimal(18, 4)) as gross_amount_eur,
        cast(gross_high_eur as decimal(18, 4)) as gross_amount_high_eur,
        case when deferral_exclusion_reason is null then days_deferred end as days_deferred,
        case
            when kind = 'deferred' and deferral_exclusion_reason is null
                then cast(discount_rate as decimal(18, 4))
        end as discount_rate,
        case
            when kind = 'deferred' and deferral_exclusion_reason is null
                then {{ half_up(
                    "cast(gross_eur as double) * cast(discount_rate as double) * days_deferred / 365.25e0"
                ) }}
        end as deferral_value_eur,
        exclusion_reason,
        deferral_exclusion_reason
    from reasoned
)

select * from final
