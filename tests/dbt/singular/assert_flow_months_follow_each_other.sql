-- Each month begins with the queue and the caseload with which the one before it ended; while there is any, no month
-- is left out.
with

months as (
    select
        *,
        row_number() over (partition by team_code, service_code order by month_start desc) as from_last,
        lag(month_start) over (partition by team_code, service_code order by month_start) as month_before,
        lag(n_waiting_end) over (partition by team_code, service_code order by month_start) as waiting_before,
        lag(n_caseload_end) over (partition by team_code, service_code order by month_start) as caseload_before
    from {{ ref('fct_flow_month') }}
),

last_month as (
    select max(month_start) as month_start from {{ ref('int_month') }}
)

select months.*
from months
cross join last_month
where
    (
        months.month_before is not null
        and (
            (
                months.month_start <> {{ add_months('months.month_before', 1) }}
                and months.waiting_before + months.caseload_before > 0
            )
            or months.n_waiting_start <> months.waiting_before
            or months.n_caseload_start <> months.caseload_before
        )
    )
    or (
        months.from_last = 1
        and months.month_start <> last_month.month_start
        and months.n_waiting_end + months.n_caseload_end > 0
    )
