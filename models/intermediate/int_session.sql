with

delivered as (
    select
        *,
        0 as is_session_inferred
    from {{ ref('stg_fit__session') }}
)

select * from delivered
