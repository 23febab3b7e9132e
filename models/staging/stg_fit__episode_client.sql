with

source as (
    select * from {{ source('accepted', 'episode_client') }}
),

renamed as (
    select
        episode_ref as episode_key,
        client_ref as client_key,
        role,
        birth_date as birth_month,
        coalesce(birth_year, cast(extract(year from birth_date) as int)) as birth_year,
        gender
    from source
)

select * from renamed
