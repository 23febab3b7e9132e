with

age_bands as (
    select * from {{ ref('age_band') }}
),

genders as (
    select gender
    from (values ('female'), ('male'), ('other'), ('unknown')) as listed (gender)
),

final as (
    select
        cast(row_number() over (order by age_bands.sort_order, genders.gender) as int) as client_group_id,
        age_bands.age_band || '|' || genders.gender as client_group,
        age_bands.age_band,
        cast(age_bands.sort_order as int) as age_band_order,
        genders.gender
    from age_bands
    cross join genders
)

select * from final
