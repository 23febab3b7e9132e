{#
The client's own experience forms of an episode: the last one, and how it came to that. Totals of two
instruments are never compared, so first and lowest are of the last form's instrument.
#}
with

responses as (
    select * from {{ ref('int_response_scored') }}
),

{% set in_order %}
partition by episode_key, client_key, instrument_code
            order by session_date, starts_at nulls last, entered_at nulls last, response_key
{%- endset %}
placed as (
    select
        *,
        row_number() over (
            {{ in_order }}
        ) as place,
        case
            when lead(response_key) over (
                {{ in_order }}
            ) is null then 1
            else 0
        end as is_last,
        total - lag(total) over (
            {{ in_order }}
        ) as move
    from responses
    where
        is_valid = 1
        and kind = 'PREM'
        and respondent_role = 'self'
        and is_orphan_episode = 0
),

by_instrument as (
    select
        episode_key,
        client_key,
        instrument_code,
        count(*) as n_forms,
        count(move) as n_pairs,
        -- A fall of a whole point is the sign that vendors give a worker.
        count(case when move <= -1 then 1 end) as n_drops,
        max(case when place = 1 then total end) as first_total,
        min(total) as lowest_total,
        max(case when is_last = 1 then total end) as total,
        max(case when is_last = 1 then age_at_form end) as age_at_form,
        max(case when is_last = 1 then parameter_rule end) as parameter_rule,
        max(session_date) as session_date,
        max(case when is_last = 1 then starts_at end) as starts_at,
        max(case when is_last = 1 then entered_at end) as entered_at,
        max(case when is_last = 1 then response_key end) as response_key
    from placed
    group by
        episode_key,
        client_key,
        instrument_code
),

ranked as (
    select
        *,
        sum(n_forms) over (partition by episode_key, client_key) as n_prem,
        sum(n_pairs) over (partition by episode_key, client_key) as n_prem_pairs,
        sum(n_drops) over (partition by episode_key, client_key) as n_prem_drops,
        row_number() over (
            partition by episode_key, client_key
            order by session_date desc, starts_at desc nulls first, entered_at desc nulls first, response_key desc
        ) as place
    from by_instrument
),

final as (
    select
        episode_key,
        client_key,
        instrument_code,
        total,
        first_total,
        lowest_total,
        cast(n_prem as int) as n_prem,
        cast(n_prem_pairs as int) as n_prem_pairs,
        cast(n_prem_drops as int) as n_prem_drops,
        case
            when parameter_rule <> 'by_age' then parameter_rule
            when age_at_form < 18 then 'adolescent'
            else 'adult'
        end as parameter_group
    from ranked
    where place = 1
)

select * from final
