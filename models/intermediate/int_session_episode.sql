with

sessions as (
    select
        session_key,
        episode_key
    from {{ ref('int_session') }}
),

further as (
    select * from {{ ref('stg_fit__session_episode') }}
),

final as (
    select
        session_key,
        episode_key,
        1 as is_main
    from sessions
    union all
    select
        further.session_key,
        further.episode_key,
        0 as is_main
    from further
    inner join sessions on further.session_key = sessions.session_key
    where further.episode_key <> sessions.episode_key
)

select * from final
