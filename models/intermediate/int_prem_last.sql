with

responses as (
    select * from {{ ref('int_response_scored') }}
),

-- The client's own experience at the last meeting with a valid form.
placed as (
    select
        episode_key,
        client_key,
        instrument_code,
        total,
        age_at_form,
        parameter_rule,
        count(*) over (partition by episode_key, client_key) as n_prem,
        row_number() over (
            partition by episode_key, client_key
            order by session_date desc, starts_at desc nulls first, entered_at desc nulls first, response_key desc
        ) as place
    from responses
    where
        is_valid = 1
        and kind = 'PREM'
        and respondent_role = 'self'
        and is_orphan_episode = 0
),

final as (
    select
        episode_key,
        client_key,
        instrument_code,
        total,
        cast(n_prem as int) as n_prem,
        case
            when parameter_rule <> 'by_age' then parameter_rule
            when age_at_form < 18 then 'adolescent'
            else 'adult'
        end as parameter_group
    from placed
    where place = 1
)

select * from final
