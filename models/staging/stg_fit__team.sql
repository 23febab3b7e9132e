with

source as (
    select * from {{ source('accepted', 'team') }}
),

renamed as (
    select
        team_code,
        name_fi,
        name_sv,
        name_en,
        service_code,
        unit_oid,
        fit_adopted_on
    from source
)

select * from renamed
