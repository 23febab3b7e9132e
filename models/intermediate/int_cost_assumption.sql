{#
What is assumed of a service on the day of an early ending, or of putting it off, for the smallest, the middle and the largest effect that the
ranges allow. A service's own row stands before one for all; two rows of one rank on a day cannot be
told apart, so then there is no value. Factors that take away from the effect enter the low scenario
with their high value.
#}
{%- set adding = ['attribution_share', 'avoidable_share', 'discount_rate'] -%}
{%- set taking = ['onward_share', 'rereferral_share', 'front_weight', 'onward_units'] -%}
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

avoided as (
    select * from {{ ref('stg_fit__avoided_service') }}
),

endings as (
    select * from {{ ref('ending') }}
    where is_early_ending = 1
),

assumptions as (
    select *
    from {{ delivered_or_seed(
        'delivered', 'seeded', ['factor', 'service_code'],
        ['factor', 'service_code', 'low', 'base', 'high', 'valid_from', 'valid_to'],
    ) }} as listed
),

services as (
    select service_code from episodes
    union
    select onward_service_code as service_code from episodes
    where onward_service_code is not null
    union
    select service_code from avoided
),

days as (
    select episodes.closed_on as holds_on
    from episodes
    inner join endings on episodes.ending_code = endings.ending_code
    where episodes.closed_on is not null
    union
    select decided_on as holds_on from avoided
),

holding as (
    select
        services.service_code,
        days.holds_on,
        assumptions.factor,
        assumptions.low,
        assumptions.base,
        assumptions.high,
        case when assumptions.service_code is null then 1 else 0 end as is_general
    from services
    cross join days
    inner join assumptions
        on coalesce(assumptions.service_code, services.service_code) = services.service_code
        and (assumptions.valid_from is null or assumptions.valid_from <= days.holds_on)
        and (assumptions.valid_to is null or assumptions.valid_to >= days.holds_on)
),

ranked as (
    select
        *,
        min(is_general) over (partition by service_code, holds_on, factor) as lowest_rank
    from holding
),

chosen as (
    select
        service_code,
        holds_on,
        factor,
        case when count(*) = 1 then min(low) end as low,
        case when count(*) = 1 then min(base) end as base,
        case when count(*) = 1 then min(high) end as high,
        case when count(*) > 1 then 1 else 0 end as is_conflicting
    from ranked
    where is_general = lowest_rank
    group by
        service_code,
        holds_on,
        factor
),

pivoted as (
    select
        service_code,
        holds_on,
        {% for factor in adding + taking + ['front_units'] -%}
        {% for value in ['low', 'base', 'high'] -%}
        max(case when factor = '{{ factor }}' then {{ value }} end) as {{ factor }}_{{ value }},
        {% endfor -%}
        {% endfor -%}
        max(is_conflicting) as is_conflicting
    from chosen
    group by
        service_code,
        holds_on
),

scenarios as (
    select
        services.service_code,
        days.holds_on,
        named.scenario
    from services
    cross join days
    cross join (values ('low'), ('base'), ('high')) as named (scenario)
),

final as (
    select
        {{ surrogate_key(['scenarios.service_code', 'scenarios.holds_on', 'scenarios.scenario']) }} as assumption_key,
        scenarios.service_code,
        scenarios.holds_on,
        scenarios.scenario,
        {% for factor in adding -%}
        case scenarios.scenario
            when 'low' then {{ factor }}_low
            when 'high' then {{ factor }}_high
            else {{ factor }}_base
        end as {{ factor }},
        {% endfor -%}
        -- What is lost is multiplied by the share as well: of a loss the low scenario has all there may be.
        case scenarios.scenario
            when 'low' then attribution_share_high
            when 'high' then attribution_share_low
            else attribution_share_base
        end as attribution_share_of_loss,
        {% for factor in taking -%}
        case scenarios.scenario
            when 'low' then {{ factor }}_high
            when 'high' then {{ factor }}_low
            else {{ factor }}_base
        end as {{ factor }},
        {% endfor -%}
        front_units_base as front_units,
        coalesce(pivoted.is_conflicting, 0) as is_conflicting
    from scenarios
    left join pivoted
        on scenarios.service_code = pivoted.service_code
        and scenarios.holds_on = pivoted.holds_on
)

select * from final
