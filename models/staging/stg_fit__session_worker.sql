with

source as (
    select * from {{ source('accepted', 'session_worker') }}
),

renamed as (
    select
        session_ref as session_key,
        worker_ref as worker_key
    from source
)

select * from renamed
