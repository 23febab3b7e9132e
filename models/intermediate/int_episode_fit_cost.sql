{#
An episode's part of what feedback work costs: every attended meeting of a team that has adopted it
bears an equal part of each cost that is paid for it. In the price year of the episode, where the
index gives it.
#}
with

costs as (
    select * from {{ ref('int_fit_cost') }}
    where n_meetings > 0
),

sessions as (
    select * from {{ ref('int_session') }}
    where attendance = 'attended'
),

teams as (
    select * from {{ ref('stg_fit__team') }}
),

prices as (
    select * from {{ ref('int_episode_price') }}
),

price_index as (
    select * from {{ ref('int_price_index') }}
),

meetings as (
    select
        sessions.episode_key,
        sessions.team_code,
        sessions.session_date,
        count(*) as n_meetings
    from sessions
    inner join teams on sessions.team_code = teams.team_code
    where teams.fit_adopted_on <= sessions.session_date
    group by
        sessions.episode_key,
        sessions.team_code,
        sessions.session_date
),

team_days as (
    select distinct
        team_code,
        session_date
    from meetings
),

-- A few costs meet each team and day once, not each meeting.
per_meeting as (
    select
        team_days.team_code,
        team_days.session_date,
        costs.price_year,
        sum(costs.amount_eur / nullif(cast(costs.n_meetings as double), 0)) as amount_eur,
        max(costs.vat_included) as highest_vat,
        min(costs.vat_included) as lowest_vat,
        max(case when costs.vat_included is null then 1 else 0 end) as has_unknown_vat
    from team_days
    inner join costs
        on coalesce(costs.team_code, team_days.team_code) = team_days.team_code
        and team_days.session_date between costs.period_from and costs.counted_to
    group by
        team_days.team_code,
        team_days.session_date,
        costs.price_year
),

summed as (
    select
        meetings.episode_key,
        per_meeting.price_year,
        sum(meetings.n_meetings * per_meeting.amount_eur) as amount_eur,
        max(per_meeting.highest_vat) as highest_vat,
        min(per_meeting.lowest_vat) as lowest_vat,
        max(per_meeting.has_unknown_vat) as has_unknown_vat
    from meetings
    inner join per_meeting
        on meetings.team_code = per_meeting.team_code
        and meetings.session_date = per_meeting.session_date
    group by
        meetings.episode_key,
        per_meeting.price_year
),

converted as (
    select
        summed.episode_key,
        summed.amount_eur
        * case when summed.price_year = prices.price_year then 1e0 else price_index.index_factor end as amount_eur,
        -- Where one amount says whether it has the tax and the other does not, they are not alike.
        case
            when prices.episode_key is null then 0
            when prices.vat_included is null then case when summed.highest_vat is null then 0 else 1 end
            when summed.has_unknown_vat = 1 then 1
            when summed.highest_vat <> prices.vat_included or summed.lowest_vat <> prices.vat_included then 1
            else 0
        end as is_other_vat
    from summed
    left join prices on summed.episode_key = prices.episode_key
    left join price_index
        on summed.price_year = price_index.from_year
        and prices.price_year = price_index.to_year
),

counted as (
    select
        episode_key,
        sum(n_meetings) as n_meetings
    from meetings
    group by episode_key
),

-- Half of the cost in the right year would look like the whole: then there is none.
final as (
    select
        counted.episode_key,
        cast(counted.n_meetings as bigint) as n_fit_meetings,
        cast(count(converted.episode_key) as int) as n_cost_years,
        case
            when count(converted.episode_key) = count(converted.amount_eur)
                then {{ half_up('coalesce(sum(converted.amount_eur), 0e0)') }}
        end as fit_cost_eur,
        coalesce(max(converted.is_other_vat), 0) as is_other_vat
    from counted
    left join converted on counted.episode_key = converted.episode_key
    group by
        counted.episode_key,
        counted.n_meetings
)

select * from final
