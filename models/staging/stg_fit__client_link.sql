with

source as (
    select * from {{ source('accepted', 'client_link') }}
),

renamed as (
    select
        source_system,
        source_client_ref as source_client_key,
        client_ref as client_key,
        valid_from
    from source
)

select * from renamed
