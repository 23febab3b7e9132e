with

source as (
    select * from {{ source('accepted', 'avoided_service') }}
),

renamed as (
    select
        client_ref as client_key,
        episode_ref as episode_key,
        service_code,
        decided_on,
        kind,
        revisited_on
    from source
)

select * from renamed
