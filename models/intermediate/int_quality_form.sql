{# One pass over the forms: what the quality mart counts of them, added up before anything is joined. #}
with

forms as (
    select * from {{ ref('int_response_scored') }}
),

item_counts as (
    select
        instrument_code,
        item_count
    from {{ ref('instrument') }}
),

judged as (
    select
        cast(date_trunc('month', forms.session_date) as date) as month_start,
        forms.team_code,
        forms.kind,
        -- Missing for a form that was filled in.
        case when forms.is_skipped = 1 then coalesce(forms.skip_reason, 'not_said') end as skip_reason,
        forms.is_skipped,
        forms.items_source,
        forms.is_all_zero,
        forms.is_form_age_mismatch,
        forms.is_orphan_session,
        forms.is_orphan_episode,
        forms.is_unknown_team,
        item_counts.item_count,
        {% for number in range(1, var('max_items') + 1) %}
        case when forms.item_{{ number }} is null then 1 else 0 end as is_missing_{{ number }},
        {%- endfor %}
        case when forms.entered_at is null then 0 else 1 end as is_timed,
        case
            when {{ days_between('forms.session_date', 'forms.entered_at') }} > {{ var('late_entry_days') }} then 1
            else 0
        end as is_late
    from forms
    left join item_counts on forms.instrument_code = item_counts.instrument_code
),

final as (
    select
        month_start,
        team_code,
        kind,
        skip_reason,
        count(*) as n_accepted,
        count(*) filter (where is_skipped = 1) as n_skipped,
        count(*) filter (where is_skipped = 0) as n_filled,
        count(*) filter (where is_skipped = 0 and items_source = 'partial') as n_partial,
        count(*) filter (where is_skipped = 0 and items_source = 'total_only') as n_total_only,
        count(*) filter (where is_skipped = 0 and items_source = 'unknown') as n_items_unknown,
        count(*) filter (where is_skipped = 0 and items_source = 'none') as n_empty,
        {% for number in range(1, var('max_items') + 1) %}
        count(*) filter (where is_skipped = 0 and item_count >= {{ number }}) as n_with_item_{{ number }},
        count(*) filter (
            where is_skipped = 0 and item_count >= {{ number }} and is_missing_{{ number }} = 1
        ) as n_without_item_{{ number }},
        {%- endfor %}
        count(*) filter (where is_skipped = 0 and is_all_zero = 1) as n_all_zero,
        count(*) filter (where is_form_age_mismatch = 1) as n_age_mismatch,
        count(*) filter (where is_timed = 1) as n_timed,
        count(*) filter (where is_late = 1) as n_late_entry,
        count(*) filter (where is_orphan_session = 1) as n_orphan_session,
        count(*) filter (where is_orphan_episode = 1) as n_orphan_episode,
        count(*) filter (where is_unknown_team = 1) as n_unknown_team
    from judged
    group by
        month_start,
        team_code,
        kind,
        skip_reason
)

select * from final
