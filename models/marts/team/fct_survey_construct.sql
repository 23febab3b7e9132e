{# 2520 is divisible by every number up to ten: a mean of up to ten items is a whole number of such parts, so sums are exact. #}
{%- set units_per_point = 2520 -%}
with

answers as (
    select * from {{ ref('int_survey_answer') }}
),

teams as (
    select
        team_code,
        service_code
    from {{ ref('dim_team') }}
),

-- A global item stands for itself; it has a scale of its own and no answer that means not relevant.
sorted as (
    select
        survey_code,
        wave,
        respondent_key,
        team_code,
        construct,
        case when construct = 'general' then item_code end as item_code,
        item_code as answered_item,
        value,
        case
            when construct = 'general' then value between 0 and 10
            else value between 1 and 5
        end as is_scored,
        case when construct <> 'general' and value between 6 and 8 then value end as not_relevant
    from answers
),

-- Which items a construct has is what anybody was asked in that wave.
items as (
    select
        survey_code,
        wave,
        construct,
        item_code,
        count(distinct answered_item) as n_items
    from sorted
    group by survey_code, wave, construct, item_code
),

by_respondent as (
    select
        survey_code,
        wave,
        construct,
        item_code,
        team_code,
        respondent_key,
        count(*) as n_answers,
        count(*) filter (where is_scored) as n_scored_answers,
        count(*) filter (where not_relevant = 6) as n_not_my_role,
        count(*) filter (where not_relevant = 7) as n_not_at_this_stage,
        count(*) filter (where not_relevant = 8) as n_not_to_this,
        sum(case when is_scored then value end) as sum_value
    from sorted
    group by survey_code, wave, construct, item_code, team_code, respondent_key
),

scored as (
    select
        by_respondent.*,
        items.n_items,
        case
            when 2 * by_respondent.n_scored_answers >= items.n_items
                then cast(
                    floor(
                        cast(by_respondent.sum_value * {{ units_per_point }} as double)
                        / nullif(by_respondent.n_scored_answers, 0) + 5e-1
                    ) as bigint
                )
        end as score
    from by_respondent
    inner join items
        on by_respondent.survey_code = items.survey_code
        and by_respondent.wave = items.wave
        and by_respondent.construct = items.construct
        and by_respondent.item_code is not distinct from items.item_code
),

counted as (
    select
        survey_code,
        wave,
        construct,
        item_code,
        team_code,
        max(n_items) as n_items,
        count(*) as n_respondents,
        count(score) as n_scored,
        coalesce(sum(score), 0) as sum_score,
        coalesce(sum(score * score), 0) as sum_score_squared,
        sum(n_answers) as n_answers,
        sum(n_scored_answers) as n_scored_answers,
        sum(n_not_my_role) as n_not_my_role,
        sum(n_not_at_this_stage) as n_not_at_this_stage,
        sum(n_not_to_this) as n_not_to_this
    from scored
    group by survey_code, wave, construct, item_code, team_code
),

final as (
    select
        {{ surrogate_key([
            'counted.survey_code', 'counted.wave', 'counted.construct', 'counted.item_code', 'counted.team_code'
        ]) }} as survey_construct_key,
        counted.survey_code,
        counted.wave,
        counted.construct,
        counted.item_code,
        counted.team_code,
        teams.service_code,
        cast(counted.n_items as int) as n_items,
        cast(counted.n_respondents as bigint) as n_respondents,
        cast(counted.n_scored as bigint) as n_scored,
        cast({{ units_per_point }} as int) as units_per_point,
        cast(counted.sum_score as bigint) as sum_score,
        cast(counted.sum_score_squared as bigint) as sum_score_squared,
        cast(counted.n_answers as bigint) as n_answers,
        cast(counted.n_scored_answers as bigint) as n_scored_answers,
        cast(counted.n_not_my_role as bigint) as n_not_my_role,
        cast(counted.n_not_at_this_stage as bigint) as n_not_at_this_stage,
        cast(counted.n_not_to_this as bigint) as n_not_to_this,
        cast(
            counted.n_answers - counted.n_scored_answers - counted.n_not_my_role
            - counted.n_not_at_this_stage - counted.n_not_to_this as bigint
        ) as n_off_scale
    from counted
    left join teams on counted.team_code = teams.team_code
)

select * from final
