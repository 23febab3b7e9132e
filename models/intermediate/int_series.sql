{#
A series is (episode, client, instrument, respondent role and person): no change is ever formed
across two of them. Valid totals of outcome instruments only.
#}
with

responses as (
    select * from {{ ref('int_response_scored') }}
),

sessions as (
    select * from {{ ref('int_session_numbered') }}
),

episode_sessions as (
    select * from {{ ref('int_episode_sessions') }}
),

numbered as (
    select
        {{ surrogate_key([
            'responses.episode_key',
            'responses.client_key',
            'responses.instrument_code',
            'responses.respondent_role',
            'responses.respondent_key',
        ]) }} as series_key,
        responses.*,
        sessions.session_number
    from responses
    -- A meeting of another episode (group work) has its number there, not here.
    left join sessions
        on responses.session_key = sessions.session_key
        and responses.episode_key = sessions.episode_key
    where
        responses.is_valid = 1
        and responses.kind = 'PROM'
        and responses.is_orphan_episode = 0
),

placed as (
    select
        *,
        row_number() over (
            partition by series_key
            order by session_date, starts_at nulls last, entered_at nulls last, response_key
        ) as place,
        row_number() over (
            partition by series_key
            order by session_date desc, starts_at desc nulls first, entered_at desc nulls first, response_key desc
        ) as place_from_end
    from numbered
),

series as (
    select
        series_key,
        episode_key,
        client_key,
        instrument_code,
        respondent_role,
        respondent_key,
        min(parameter_rule) as parameter_rule,
        min(score_step) as score_step,
        cast(count(*) as int) as n_forms,
        max(case when place = 1 then total end) as intake,
        max(case when place_from_end = 1 then total end) as last_total,
        min(session_date) as first_on,
        max(session_date) as last_on,
        max(case when place = 1 then session_number end) as first_session_number,
        max(case when place = 1 then age_at_form end) as age_at_first_form
    from placed
    group by
        series_key,
        episode_key,
        client_key,
        instrument_code,
        respondent_role,
        respondent_key
),

final as (
    select
        series.*,
        -- Which thresholds apply; none for a professional's rating.
        case
            when series.respondent_role = 'professional' then null
            when series.parameter_rule <> 'by_age' then series.parameter_rule
            when series.age_at_first_form < 18 then 'adolescent'
            else 'adult'
        end as parameter_group,
        case
            when series.first_session_number is not null
                then case when series.first_session_number > 2 then 1 else 0 end
            when series.first_on > episode_sessions.second_session_on then 1
            else 0
        end as is_late_baseline
    from series
    left join episode_sessions on series.episode_key = episode_sessions.episode_key
)

select * from final
