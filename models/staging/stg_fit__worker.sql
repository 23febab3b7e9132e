with

source as (
    select * from {{ source('accepted', 'worker') }}
),

renamed as (
    select
        worker_ref as worker_key,
        team_code,
        trained_on,
        coalesce(is_trainer, 0) as is_trainer,
        valid_from,
        valid_to
    from source
)

select * from renamed
