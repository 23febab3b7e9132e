{#
A professional may well work in two teams; whoever counts professionals by team then counts the person
twice, and so wants to know. The last day in a team is still a day in it.
#}
with

as_of as (
    select * from {{ ref('int_as_of') }}
),

days as (
    select distinct cast(date_trunc('month', session_date) as date) as month_start
    from {{ ref('int_session') }}
),

months as (
    select
        days.month_start,
        least(cast({{ add_months('days.month_start', 1) }} - 1 as date), as_of.as_of) as last_day
    from days
    cross join as_of
    where days.month_start <= as_of.as_of
),

-- Without a first or last day: always, or still, in the team.
memberships as (
    select
        worker_key,
        team_code,
        coalesce(valid_from, cast('0001-01-01' as date)) as first_day,
        coalesce(valid_to, cast('9999-12-31' as date)) as last_day
    from {{ ref('stg_fit__worker') }}
),

elsewhere as (
    select
        memberships.worker_key,
        memberships.team_code,
        greatest(memberships.first_day, others.first_day) as first_day,
        least(memberships.last_day, others.last_day) as last_day
    from memberships
    inner join memberships as others
        on memberships.worker_key = others.worker_key
        and memberships.team_code <> others.team_code
),

spells as (
    select
        *,
        0 as is_in_two_teams
    from memberships
    union all
    select
        *,
        1 as is_in_two_teams
    from elsewhere
),

final as (
    select
        spells.worker_key,
        spells.team_code,
        months.month_start,
        cast(max(spells.is_in_two_teams) as smallint) as is_in_two_teams
    from spells
    inner join months
        on spells.first_day <= months.last_day
        and spells.last_day >= months.month_start
    where spells.first_day <= spells.last_day
    group by
        spells.worker_key,
        spells.team_code,
        months.month_start
)

select * from final
