with

sessions as (
    select
        session_key,
        worker_key
    from {{ ref('int_session') }}
    where is_main = 1
),

further as (
    select * from {{ ref('stg_fit__session_worker') }}
),

final as (
    select
        session_key,
        worker_key,
        1 as is_main
    from sessions
    where worker_key is not null
    union all
    select
        further.session_key,
        further.worker_key,
        0 as is_main
    from further
    inner join sessions on further.session_key = sessions.session_key
    where sessions.worker_key is null or further.worker_key <> sessions.worker_key
)

select * from final
