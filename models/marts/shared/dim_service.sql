with

services as (
    select * from {{ ref('stg_fit__service') }}
),

-- Services that are named in the data but not delivered: kept, so that every fact finds its service.
named as (
    select service_code from {{ ref('int_session') }}
    union
    select service_code from {{ ref('int_episode') }}
    union
    select service_code from {{ ref('stg_fit__team') }}
    where service_code is not null
    union
    select service_code from {{ ref('stg_fit__avoided_service') }}
    union
    select service_code from services
),

final as (
    select
        cast(row_number() over (order by named.service_code) as int) as service_id,
        named.service_code,
        coalesce(services.name_fi, named.service_code) as name_fi,
        coalesce(services.name_sv, services.name_fi, named.service_code) as name_sv,
        coalesce(services.name_en, services.name_fi, named.service_code) as name_en,
        services.task_code,
        coalesce(services.measure_rhythm, 'session') as measure_rhythm,
        cast(case when services.service_code is null then 0 else 1 end as smallint) as is_known
    from named
    left join services on named.service_code = services.service_code
)

select * from final
