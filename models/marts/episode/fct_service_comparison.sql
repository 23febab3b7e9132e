with

-- The episodes that the quarter marts count as referred.
episodes as (
    select
        *,
        coalesce(opened_on, first_session_on) as started_on
    from {{ ref('fct_episode') }}
    where closed_on is not null and is_closed_before_opened = 0
),

teams as (
    select * from {{ ref('dim_team') }}
),

prices as (
    select * from {{ ref('int_episode_price') }}
),

used as (
    select * from {{ ref('int_episode_used') }}
),

days as (
    select * from {{ ref('int_as_of') }}
),

joined as (
    select
        episodes.episode_client_key,
        episodes.episode_key,
        episodes.client_key,
        episodes.family_key,
        episodes.team_code,
        episodes.service_code,
        episodes.started_on,
        episodes.closed_on,
        episodes.closed_quarter,
        episodes.ending_code,
        episodes.n_sessions,
        {{ quarter_start('episodes.started_on') }} as opened_quarter,
        {{ days_between('episodes.started_on', 'episodes.closed_on') }} as days_open,
        {{ days_between('episodes.started_on', 'days.as_of') }} as days_followed,
        teams.fit_adopted_on,
        {{ whole_months('teams.fit_adopted_on', 'episodes.started_on') }} as months_from_adoption,
        case
            when episodes.started_on is null then 'never_opened'
            when teams.is_known = 0 then 'unknown_team'
        end as exclusion_reason,
        prices.unit,
        prices.per,
        prices.procurement,
        prices.price_year,
        prices.vat_included,
        {{ half_up(
            "cast(prices.amount_eur as double) / nullif(cast(prices.units_in_price as double), 0)"
        ) }} as unit_price_eur,
        {{ planned_units('episodes', 'prices') }} as planned_units,
        {{ used_whole_units('used', 'prices') }}
        + case
            when prices.unit = 'month'
                then cast(used.remaining_days as double) / nullif(cast(used.days_in_month as double), 0)
            else 0
        end as used_units
    from episodes
    inner join teams on episodes.team_code = teams.team_code
    left join prices on episodes.episode_key = prices.episode_key
    left join used on episodes.episode_key = used.episode_key
    cross join days
),

compared as (
    select
        *,
        case
            when exclusion_reason is not null then null
            when fit_adopted_on <= started_on then 1
            else 0
        end as is_fit_at_opening
    from joined
),

final as (
    select
        episode_client_key,
        episode_key,
        client_key,
        family_key,
        team_code,
        service_code,
        started_on,
        opened_quarter,
        closed_on,
        closed_quarter,
        ending_code,
        fit_adopted_on,
        cast(is_fit_at_opening as smallint) as is_fit_at_opening,
        cast(case when is_fit_at_opening = 1 then months_from_adoption end as int) as fit_months_at_opening,
        case
            when exclusion_reason is not null then null
            when fit_adopted_on is null then 'not_adopted'
            when is_fit_at_opening = 0 then 'before_adoption'
            when months_from_adoption < 18 then 'under_18_months'
            when months_from_adoption < 48 then '18_to_48_months'
            else 'over_48_months'
        end as fit_maturity,
        exclusion_reason,
        days_open,
        days_followed,
        n_sessions,
        unit,
        cast(planned_units as decimal(18, 4)) as planned_units,
        cast(used_units as decimal(18, 4)) as used_units,
        cast(unit_price_eur as decimal(18, 4)) as unit_price_eur,
        per,
        procurement,
        cast(price_year as int) as price_year,
        cast(vat_included as smallint) as vat_included
    from compared
)

select * from final
