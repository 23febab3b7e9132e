with

source as (
    select * from {{ source('accepted', 'quarantined') }}
),

renamed as (
    select
        table_name,
        team_code,
        month as month_start,
        reason_code,
        n_rows,
        n_rows_once
    from source
)

select * from renamed
