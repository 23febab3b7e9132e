with

source as (
    select * from {{ source('accepted', 'session_episode') }}
),

renamed as (
    select
        session_ref as session_key,
        episode_ref as episode_key
    from source
)

select * from renamed
