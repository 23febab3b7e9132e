{# The latest day of a form or a held meeting: the day up to which the data speak. #}
with

days as (
    select session_date from {{ ref('stg_fit__session') }}
    where attendance = 'attended'
    union all
    select session_date from {{ ref('stg_fit__response') }}
),

final as (
    select max(session_date) as as_of
    from days
)

select * from final
