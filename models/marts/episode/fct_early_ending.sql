with

episodes as (
    select * from {{ ref('int_episode') }}
),

endings as (
    select * from {{ ref('ending') }}
    where is_early_ending = 1
),

prices as (
    select * from {{ ref('int_episode_price') }}
),

used as (
    select * from {{ ref('int_episode_used') }}
),

-- The team and the persons behind an episode.
persons as (
    select
        episode_key,
        min(team_code) as team_code,
        min(family_key) as family_key,
        cast(count(*) as int) as n_persons,
        max(case when change_class = 'deteriorated' then 1 else 0 end) as has_deteriorated
    from {{ ref('fct_episode') }}
    group by episode_key
),

joined as (
    select
        episodes.episode_key,
        persons.family_key,
        persons.team_code,
        episodes.service_code,
        episodes.onward_service_code,
        episodes.opened_on,
        episodes.closed_on,
        episodes.ending_code,
        endings.is_agreed,
        coalesce(prices.n_prices, 0) as n_prices,
        prices.procurement,
        prices.price_year,
        prices.vat_included,
        prices.unit,
        prices.amount_eur,
        prices.units_in_price,
        case when prices.per = 'client' then persons.n_persons else 1 end as payers,
        persons.n_persons,
        persons.has_deteriorated,
        {{ planned_units('episodes', 'prices') }} as planned_units,
        coalesce(
            cast(episodes.planned_sessions as double), cast(episodes.planned_months as double),
            cast(episodes.planned_days as double)
        ) as planned_in_any_unit,
        {{ used_whole_units('used', 'prices') }} as whole_units,
        cast(case when prices.unit = 'month' then used.remaining_days else 0 end as double) as part_numerator,
        cast(case when prices.unit = 'month' then used.days_in_month else 1 end as double) as part_denominator
    from episodes
    inner join endings on episodes.ending_code = endings.ending_code
    inner join persons on episodes.episode_key = persons.episode_key
    left join prices on episodes.episode_key = prices.episode_key
    left join used on episodes.episode_key = used.episode_key
),

measured as (
    select
        *,
        whole_units + part_numerator / nullif(part_denominator, 0) as used_units,
        (planned_units - whole_units) * part_denominator - part_numerator as unused_numerator
    from joined
),

reasoned as (
    select
        *,
        case
            -- Which price holds and what is used both start from the day of opening.
            when opened_on is null then 'no_opening'
            when closed_on < opened_on then 'closed_before_opened'
            when n_prices = 0 then 'no_price'
            when n_prices > 1 then 'several_prices'
            when planned_units is null and planned_in_any_unit is not null then 'unit_mismatch'
            when planned_units is null then 'no_plan'
            -- Who ends alone may do so after the plan is over; what is agreed on as early cannot be.
            when is_agreed = 1 and unused_numerator < 0 then 'plan_shorter_than_used'
        end as exclusion_reason
    from measured
),

final as (
    select
        episode_key,
        family_key,
        team_code,
        service_code,
        onward_service_code,
        opened_on,
        closed_on,
        {{ quarter_start('closed_on') }} as closed_quarter,
        ending_code,
        cast(is_agreed as smallint) as is_agreed,
        procurement,
        cast(price_year as int) as price_year,
        cast(vat_included as smallint) as vat_included,
        unit,
        cast(planned_units as decimal(18, 4)) as planned_units,
        cast(used_units as decimal(18, 4)) as used_units,
        case
            when unused_numerator >= 0 then cast(unused_numerator / nullif(part_denominator, 0) as decimal(18, 4))
        end as unused_units,
        n_persons,
        -- One division, at the end: until then every factor is a whole number or a price.
        case
            when exclusion_reason is null
                then {{ half_up(
                    "cast(amount_eur as double) * payers * unused_numerator"
                    " / nullif(cast(units_in_price as double) * part_denominator, 0)"
                ) }}
        end as gross_amount_eur,
        cast(has_deteriorated as smallint) as has_deteriorated,
        exclusion_reason
    from reasoned
    where used_units < planned_units or exclusion_reason is not null
)

select * from final
