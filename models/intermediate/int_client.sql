with

episode_clients as (
    select * from {{ ref('stg_fit__episode_client') }}
),

final as (
    select
        client_key,
        -- Two sources may disagree; the earlier birth is taken, so that the choice is stable.
        min(birth_month) as birth_month,
        min(birth_year) as birth_year,
        min(gender) as gender
    from episode_clients
    group by client_key
)

select * from final
