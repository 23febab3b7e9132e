with

source as (
    select * from {{ source('accepted', 'service') }}
),

renamed as (
    select
        service_code,
        name_fi,
        name_sv,
        name_en,
        task_code,
        coalesce(measure_rhythm, 'session') as measure_rhythm
    from source
)

select * from renamed
