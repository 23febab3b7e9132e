{# The months that the monthly marts show. The last one ends on the day up to which the data speak. #}
with

days as (
    select * from {{ ref('dim_date') }}
),

known as (
    select as_of from {{ ref('int_as_of') }}
),

months as (
    select
        month_start,
        max(date_day) as last_day
    from days
    group by month_start
),

final as (
    select
        months.month_start,
        case when known.as_of < months.last_day then known.as_of else months.last_day end as month_end,
        case when known.as_of < months.last_day then 0 else 1 end as is_complete
    from months
    inner join known on months.month_start <= known.as_of
)

select * from final
