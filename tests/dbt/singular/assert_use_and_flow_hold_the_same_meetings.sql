-- The meetings whose use of forms is counted are those that the flow counts as held.
with

used as (
    select
        team_code,
        service_code,
        month_start,
        sum(n_sessions_held) as n_held
    from {{ ref('fct_use_month') }}
    group by team_code, service_code, month_start
),

flowed as (
    select
        team_code,
        service_code,
        month_start,
        sum(n_sessions_held) as n_held
    from {{ ref('fct_flow_month') }}
    group by team_code, service_code, month_start
)

select
    coalesce(used.team_code, flowed.team_code) as team_code,
    coalesce(used.month_start, flowed.month_start) as month_start,
    used.n_held as n_used,
    flowed.n_held as n_flowed
from used
full outer join flowed
    on used.team_code = flowed.team_code
    and used.service_code = flowed.service_code
    and used.month_start = flowed.month_start
where coalesce(used.n_held, 0) <> coalesce(flowed.n_held, 0)
