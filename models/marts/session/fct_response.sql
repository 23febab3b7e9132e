with

responses as (
    select * from {{ ref('int_response_scored') }}
),

final as (
    select
        responses.response_key,
        responses.session_key,
        responses.episode_key,
        responses.client_key,
        responses.respondent_key,
        responses.worker_key,
        responses.team_code,
        responses.service_code,
        responses.source_system,
        responses.session_date,
        responses.entered_at,
        responses.instrument_code,
        responses.kind as instrument_kind,
        responses.respondent_role,
        cast(responses.is_skipped as smallint) as is_skipped,
        responses.skip_reason,
        {% for number in range(1, 5) %}
        cast({{ 'responses.item_' ~ number if number <= var('max_items') else 'null' }} as decimal(6, 2)) as item_{{ number }},
        {%- endfor %}
        cast(responses.n_items as int) as n_items,
        responses.items_source,
        responses.total,
        responses.age_at_form,
        cast(responses.is_valid as smallint) as is_valid,
        cast(responses.is_all_zero as smallint) as is_all_zero,
        cast(responses.is_form_age_mismatch as smallint) as is_form_age_mismatch,
        cast(responses.is_session_assigned as smallint) as is_session_assigned,
        cast(responses.is_session_inferred as smallint) as is_session_inferred,
        cast(responses.is_orphan_session as smallint) as is_orphan_session,
        cast(responses.is_orphan_episode as smallint) as is_orphan_episode,
        cast(responses.is_unknown_team as smallint) as is_unknown_team
    from responses
)

select * from final
