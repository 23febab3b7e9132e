{#
A series is (episode, client, instrument, respondent role and person): no change is ever formed
across two of them. Valid totals of outcome instruments only. One window serves the first form, the
last one and the moves between: the forms of a series are put in order once.
#}
with

responses as (
    select * from {{ ref('int_response_scored') }}
),

sessions as (
    select * from {{ ref('int_session') }}
),

episode_sessions as (
    select * from {{ ref('int_episode_sessions') }}
),

parameters as (
    select * from {{ ref('instrument_parameter') }}
    where parameter_set = '{{ var("parameter_set") }}'
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
        responses.*
    from responses
    where
        responses.is_valid = 1
        and responses.kind = 'PROM'
        and responses.is_orphan_episode = 0
),

{% set in_order %}
partition by series_key
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
    from numbered
),

series as (
    select
        series_key,
        any_value(episode_key) as episode_key,
        any_value(client_key) as client_key,
        any_value(instrument_code) as instrument_code,
        any_value(respondent_role) as respondent_role,
        any_value(respondent_key) as respondent_key,
        any_value(parameter_rule) as parameter_rule,
        any_value(score_step) as score_step,
        cast(count(*) as int) as n_forms,
        max(case when place = 1 then total end) as intake,
        max(case when is_last = 1 then total end) as last_total,
        max(total) as highest_total,
        min(total) as lowest_total,
        min(session_date) as first_on,
        max(session_date) as last_on,
        {% for number in range(1, 5) -%}
        max(case when place = 1 and items_source = 'items' then item_{{ number }} end) as first_item_{{ number }},
        max(case when is_last = 1 and items_source = 'items' then item_{{ number }} end) as last_item_{{ number }},
        {% endfor -%}
        max(case when place = 1 then session_key end) as first_session_key,
        max(case when place = 1 then age_at_form end) as age_at_first_form
    from placed
    group by series_key
),

grouped as (
    select
        series.*,
        sessions.session_number as first_session_number,
        -- Which thresholds apply; none for a professional's rating.
        case
            when series.respondent_role = 'professional' then null
            when series.parameter_rule <> 'by_age' then series.parameter_rule
            when series.age_at_first_form < 18 then 'adolescent'
            else 'adult'
        end as parameter_group
    from series
    -- A meeting of another episode (group work) has its number there, not here.
    left join sessions
        on series.first_session_key = sessions.session_key
        and series.episode_key = sessions.episode_key
),

-- A reliable move needs that many points; with fewer than five forms there are no four of them.
long_series as (
    select
        grouped.series_key,
        parameters.reliable_change,
        parameters.reliable_change_inclusive
    from grouped
    inner join parameters
        on grouped.instrument_code = parameters.instrument_code
        and grouped.parameter_group = parameters.parameter_group
        and grouped.respondent_role = parameters.respondent_role
    where
        grouped.n_forms >= 5
        and parameters.reliable_change is not null
),

moves as (
    select
        placed.series_key,
        placed.place,
        case when placed.move > 0 then 1 else -1 end as direction
    from placed
    inner join long_series on placed.series_key = long_series.series_key
    where
        abs(placed.move) > long_series.reliable_change
        or (
            long_series.reliable_change_inclusive = 1
            and abs(placed.move) = long_series.reliable_change
        )
),

directions as (
    select
        series_key,
        direction,
        lag(direction) over (
            partition by series_key
            order by place
        ) as direction_before
    from moves
),

-- The first reliable move is a turn, and so is each that goes the other way than the one before it.
turns as (
    select
        series_key,
        cast(count(*) as int) as n_turns
    from directions
    where direction_before is null or direction <> direction_before
    group by series_key
),

final as (
    select
        grouped.*,
        case when long_series.series_key is not null then coalesce(turns.n_turns, 0) end as n_turns,
        case
            when grouped.first_session_number is not null
                then case when grouped.first_session_number > 2 then 1 else 0 end
            when grouped.first_on > episode_sessions.second_session_on then 1
            else 0
        end as is_late_baseline
    from grouped
    left join episode_sessions on grouped.episode_key = episode_sessions.episode_key
    left join long_series on grouped.series_key = long_series.series_key
    left join turns on grouped.series_key = turns.series_key
)

select * from final
