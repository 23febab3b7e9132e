{#
What feedback work itself has cost up to the day that the data speak to, and at how many meetings with
it that has been shared. A sum for a period counts as the days that have passed of it do. A meeting is
one with feedback work when its team had adopted it by then.
#}
with

delivered as (
    select * from {{ ref('stg_fit__fit_cost') }}
),

seeded as (
    select * from {{ ref('fit_cost') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

sessions as (
    select * from {{ ref('int_session') }}
    where attendance = 'attended'
),

teams as (
    select * from {{ ref('stg_fit__team') }}
),

costs as (
    select
        listed.*,
        least(listed.period_to, as_of.as_of) as counted_to
    from {{ delivered_or_seed(
        'delivered', 'seeded', ['cost_item', 'team_code', 'per', 'period_from'],
        [
            'cost_item', 'team_code', 'amount_eur', 'per', 'quantity', 'period_from', 'period_to', 'price_year',
            'vat_included',
        ],
    ) }} as listed
    cross join as_of
    where listed.period_from <= as_of.as_of
),

team_days as (
    select
        sessions.team_code,
        sessions.session_date,
        count(*) as n_meetings
    from sessions
    inner join teams on sessions.team_code = teams.team_code
    where teams.fit_adopted_on <= sessions.session_date
    group by
        sessions.team_code,
        sessions.session_date
),

shared as (
    select
        costs.cost_item,
        costs.team_code,
        costs.per,
        costs.period_from,
        sum(team_days.n_meetings) as n_meetings
    from costs
    inner join team_days
        on coalesce(costs.team_code, team_days.team_code) = team_days.team_code
        and team_days.session_date between costs.period_from and costs.counted_to
    group by
        costs.cost_item,
        costs.team_code,
        costs.per,
        costs.period_from
),

measured as (
    select
        costs.*,
        cast(coalesce(shared.n_meetings, 0) as bigint) as n_meetings,
        {{ days_between('costs.period_from', 'costs.counted_to') }} + 1 as counted_days,
        {{ days_between('costs.period_from', 'costs.period_to') }} + 1 as period_days,
        cast({{ dbt.dateadd('day', 1, 'costs.counted_to') }} as date) as ended_on
    from costs
    left join shared
        on costs.cost_item = shared.cost_item
        and coalesce(costs.team_code, '') = coalesce(shared.team_code, '')
        and costs.per = shared.per
        and costs.period_from = shared.period_from
),

months as (
    select
        *,
        {{ whole_months('period_from', 'ended_on') }} as whole_months
    from measured
),

counted as (
    select
        *,
        whole_months
        + {{ days_between(add_months('period_from', 'whole_months'), 'ended_on') }}
        / nullif(
            cast(
                {{ days_between(add_months('period_from', 'whole_months'), add_months('period_from', 'whole_months + 1')) }}
                as double
            ),
            0
        ) as counted_months
    from months
),

final as (
    select
        {{ surrogate_key(['cost_item', 'team_code', 'per', 'period_from']) }} as fit_cost_key,
        cost_item,
        team_code,
        per,
        period_from,
        counted_to,
        cast(price_year as int) as price_year,
        vat_included,
        n_meetings,
        cast(amount_eur as double) * cast(quantity as double)
        * case per
            when 'period' then counted_days / nullif(cast(period_days as double), 0)
            when 'month' then counted_months
            when 'session' then n_meetings
            when 'hour' then n_meetings / 60e0
        end as amount_eur
    from counted
)

select * from final
