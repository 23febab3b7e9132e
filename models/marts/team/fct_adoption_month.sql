{# Workers are counted by team alone: with services beside them a worker of two would count twice in every sum. #}
{%- set meeting_columns = ['team_code', 'session_date', 'prom_total', 'caretaker_prom_total', 'prem_total'] %}
with

teams as (
    select
        team_code,
        service_code,
        fit_adopted_on
    from {{ ref('dim_team') }}
    where is_known = 1
),

months as (
    select * from {{ ref('int_month') }}
),

stays as (
    select * from {{ ref('dim_worker') }}
),

meetings as (
    select
        session_key,
        team_code,
        worker_key,
        session_date,
        prom_total,
        caretaker_prom_total,
        prem_total
    from {{ ref('fct_session') }}
    where attendance = 'attended'
),

further_workers as (
    select
        session_key,
        worker_key
    from {{ ref('int_session_worker') }}
    where is_main = 0
),

-- A meeting is held by all its professionals.
held as (
    select
        worker_key,
        {{ meeting_columns | join(', ') }}
    from meetings
    union all
    select
        further_workers.worker_key,
        meetings.{{ meeting_columns | join(', meetings.') }}
    from meetings
    inner join further_workers on meetings.session_key = further_workers.session_key
),

responses as (
    select
        team_code,
        worker_key,
        session_date
    from {{ ref('int_response_scored') }}
    where is_skipped = 0 and items_source <> 'none'
),

-- By day first: far fewer rows than meetings or forms.
by_day as (
    select
        team_code,
        worker_key,
        session_date,
        1 as is_active,
        max(
            case when coalesce(prom_total, caretaker_prom_total, prem_total) is not null then 1 else 0 end
        ) as is_using
    from held
    group by team_code, worker_key, session_date
    union all
    select
        team_code,
        worker_key,
        session_date,
        0 as is_active,
        1 as is_using
    from responses
    group by team_code, worker_key, session_date
),

seen as (
    select
        team_code,
        worker_key,
        cast(date_trunc('month', session_date) as date) as month_start,
        max(is_active) as is_active,
        max(is_using) as is_using
    from by_day
    group by team_code, worker_key, cast(date_trunc('month', session_date) as date)
),

-- Every team has the same months, so that a share of teams has one denominator. After a long silence of
-- all teams there is none: a year may be mistyped.
active_months as (
    select distinct month_start from seen
),

shown_months as (
    select distinct months.month_start
    from months
    inner join active_months
        on active_months.month_start <= months.month_start
        and months.month_start <= {{ add_months('active_months.month_start', var('silent_months')) }}
),

grid as (
    select
        teams.team_code,
        teams.service_code,
        teams.fit_adopted_on,
        months.month_start,
        months.month_end,
        months.is_complete
    from teams
    cross join months
    inner join shown_months on months.month_start = shown_months.month_start
),

-- A training is the person's, whichever team's row it stands in.
trained as (
    select
        worker_key,
        min(trained_on) as trained_on
    from stays
    group by worker_key
),

members as (
    select
        grid.team_code,
        stays.worker_key,
        grid.month_start,
        max(case when trained.trained_on <= grid.month_end then 1 else 0 end) as is_trained
    from grid
    inner join stays
        on grid.team_code = stays.team_code
        and coalesce(stays.valid_from <= grid.month_end, true)
        and coalesce(stays.valid_to >= grid.month_end, true)
    inner join trained on stays.worker_key = trained.worker_key
    group by grid.team_code, stays.worker_key, grid.month_start
),

together as (
    select
        team_code,
        worker_key,
        month_start,
        1 as is_member,
        is_trained,
        0 as is_active,
        0 as is_using
    from members
    union all
    select
        team_code,
        worker_key,
        month_start,
        0 as is_member,
        0 as is_trained,
        is_active,
        is_using
    from seen
    where worker_key is not null
),

by_worker as (
    select
        team_code,
        month_start,
        max(is_member) as is_member,
        max(is_trained) as is_trained,
        max(is_active) as is_active,
        max(is_using) as is_using
    from together
    group by team_code, month_start, worker_key
),

by_month as (
    select
        team_code,
        month_start,
        sum(is_member) as n_workers,
        sum(is_trained) as n_trained,
        sum(is_active) as n_active,
        sum(is_using) as n_using,
        sum(is_active * is_using) as n_active_using,
        sum(is_trained * is_using) as n_trained_using
    from by_worker
    group by team_code, month_start
),

final as (
    select
        {{ surrogate_key(['grid.month_start', 'grid.team_code']) }} as adoption_month_key,
        grid.month_start,
        grid.month_end,
        cast(grid.is_complete as smallint) as is_complete,
        grid.team_code,
        grid.service_code,
        cast(case when grid.fit_adopted_on <= grid.month_end then 1 else 0 end as smallint) as is_adopted,
        {% for number in ['workers', 'trained', 'active', 'using', 'active_using', 'trained_using'] %}
        cast(coalesce(by_month.n_{{ number }}, 0) as bigint) as n_{{ number }}{{ ',' if not loop.last }}
        {% endfor %}
    from grid
    left join by_month
        on grid.team_code = by_month.team_code
        and grid.month_start = by_month.month_start
)

select * from final
