{# Every day from 2015 to 2035. Days are counted from digits: a series of rows is written differently on each engine. #}
with

digits as (
    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
),

days as (
    select
        cast(cast('2015-01-01' as date) + cast(
            ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as int
        ) as date) as date_day
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
),

holidays as (
    select * from {{ ref('holiday') }}
),

final as (
    select
        cast(
            extract(year from days.date_day) * 10000
            + extract(month from days.date_day) * 100
            + extract(day from days.date_day) as int
        ) as date_id,
        days.date_day,
        cast(extract(year from days.date_day) as int) as calendar_year,
        cast(extract(quarter from days.date_day) as int) as calendar_quarter,
        cast(extract(month from days.date_day) as int) as calendar_month,
        cast(date_trunc('month', days.date_day) as date) as month_start,
        {{ quarter_start('days.date_day') }} as quarter_start,
        cast(extract(week from days.date_day) as int) as iso_week,
        -- 3 January 2000 was a Monday; Monday is 1.
        cast({{ days_between("cast('2000-01-03' as date)", 'days.date_day') }} % 7 + 1 as int) as iso_weekday,
        cast(case when holidays.holiday_date is null then 0 else 1 end as smallint) as is_holiday,
        holidays.name_fi as holiday_fi,
        holidays.name_sv as holiday_sv
    from days
    left join holidays on days.date_day = holidays.holiday_date
    where days.date_day < cast('2036-01-01' as date)
)

select * from final
