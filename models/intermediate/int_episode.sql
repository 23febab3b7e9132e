with

delivered as (
    select
        *,
        0 as is_episode_inferred
    from {{ ref('stg_fit__episode') }}
)

select * from delivered
