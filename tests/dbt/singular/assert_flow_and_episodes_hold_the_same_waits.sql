-- The waits that flow adds up are those of the episodes that are in the denominator of waits.
with

flowed as (
    select
        month_start,
        service_code,
        sum(n_wait_known) as n,
        sum(sum_days_waited) as days_waited
    from {{ ref('fct_flow_month') }}
    group by
        month_start,
        service_code
),

waited as (
    select distinct
        episode_key,
        service_code,
        cast(date_trunc('month', first_session_on) as date) as month_start,
        days_waited
    from {{ ref('fct_episode') }}
    where is_in_waiting = 1
),

counted as (
    select
        waited.month_start,
        waited.service_code,
        count(*) as n,
        sum(waited.days_waited) as days_waited
    from waited
    inner join {{ ref('int_month') }} as months on waited.month_start = months.month_start
    group by
        waited.month_start,
        waited.service_code
)

select
    coalesce(flowed.month_start, counted.month_start) as month_start,
    coalesce(flowed.service_code, counted.service_code) as service_code
from flowed
full outer join counted
    on flowed.month_start = counted.month_start
    and flowed.service_code = counted.service_code
where
    coalesce(flowed.n, 0) <> coalesce(counted.n, 0)
    or coalesce(flowed.days_waited, 0) <> coalesce(counted.days_waited, 0)
