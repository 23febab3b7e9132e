-- Every accepted form, meeting and episode and every row kept out is counted once, and what is delivered is their sum.
with

expected as (
    select
        'form_accepted' as indicator_code,
        count(*) as n
    from {{ ref('fct_response') }}
    union all
    select
        'meeting_accepted' as indicator_code,
        count(*) as n
    from {{ ref('stg_fit__session') }}
    union all
    select
        'episode_accepted' as indicator_code,
        count(*) as n
    from {{ ref('stg_fit__episode') }}
    union all
    select
        'quarantined' as indicator_code,
        coalesce(sum(n_rows_once), 0) as n
    from {{ ref('stg_fit__quarantined') }}
    union all
    select
        'quarantined_reason' as indicator_code,
        coalesce(sum(n_rows), 0) as n
    from {{ ref('stg_fit__quarantined') }}
),

counted as (
    select
        case
            when indicator_code like '%quarantined_reason' then 'quarantined_reason'
            when indicator_code like '%quarantined' then 'quarantined'
            else indicator_code
        end as indicator_code,
        sum(n) as n
    from {{ ref('fct_quality_month') }}
    where
        indicator_code like '%_accepted'
        or indicator_code like '%quarantined'
        or indicator_code like '%quarantined_reason'
    group by 1
),

parts as (
    select
        'delivered' as indicator_code,
        coalesce(sum(case when indicator_code like '%_delivered' then n end), 0) as n_whole,
        coalesce(sum(case when indicator_code like '%_accepted' then n end), 0)
        + coalesce(
            sum(case when indicator_code in ('form_quarantined', 'meeting_quarantined', 'episode_quarantined') then n end),
            0
        ) as n_parts
    from {{ ref('fct_quality_month') }}
)

select
    expected.indicator_code,
    expected.n as n_expected,
    counted.n as n_counted
from expected
left join counted on expected.indicator_code = counted.indicator_code
where expected.n <> coalesce(counted.n, 0)
union all
select
    indicator_code,
    n_whole as n_expected,
    n_parts as n_counted
from parts
where n_whole <> n_parts
