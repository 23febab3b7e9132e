with

source as (
    select * from {{ source('accepted', 'survey_response') }}
),

renamed as (
    select
        survey_code,
        wave,
        respondent_hash as respondent_key,
        team_code,
        item_code,
        value
    from source
)

select * from renamed
