with

answers as (
    select * from {{ ref('stg_fit__survey_response') }}
),

-- What stands after the item's last underscore.
split as (
    select
        *,
        split_part(item_code, '_', -1) as ending
    from answers
),

final as (
    select
        survey_code,
        wave,
        respondent_key,
        team_code,
        item_code,
        -- An item is named after its construct, with a number; one without a number is a construct of its own.
        case
            when ending <> item_code and try_cast(ending as int) is not null
                then substr(item_code, 1, length(item_code) - length(ending) - 1)
            else item_code
        end as construct,
        value
    from split
)

select * from final
