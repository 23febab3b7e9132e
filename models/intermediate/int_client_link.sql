with

links as (
    select * from {{ ref('stg_fit__client_link') }}
),

-- Of two links that begin on one day only one can hold.
started as (
    select
        source_system,
        source_client_key,
        valid_from,
        max(client_key) as client_key
    from links
    group by
        source_system,
        source_client_key,
        valid_from
),

final as (
    select
        source_system,
        source_client_key,
        client_key,
        valid_from,
        lead(valid_from) over (
            partition by source_system, source_client_key
            order by valid_from nulls first
        ) as replaced_on
    from started
)

select * from final
