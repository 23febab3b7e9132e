with

sessions as (
    select * from {{ ref('int_session') }}
),

-- Only attended meetings are numbered, in the order in which they took place.
attended as (
    select
        session_key,
        row_number() over (
            partition by episode_key
            order by session_date, starts_at nulls last, session_key
        ) as session_number
    from sessions
    where attendance = 'attended'
),

final as (
    select
        sessions.*,
        cast(attended.session_number as int) as session_number
    from sessions
    left join attended on sessions.session_key = attended.session_key
)

select * from final
