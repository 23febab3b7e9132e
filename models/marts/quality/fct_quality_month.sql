{#
A long table, so that a new thing to count is a row of seeds/quality_indicator.csv and a line here,
not a column for every reader. Each list below holds: indicator, its count, the count it is a part of.
#}
{% set of_forms = [
    ('form_skipped', 'n_skipped', 'n_accepted'),
    ('form_filled', 'n_filled', 'n_accepted'),
    ('form_partial', 'n_partial', 'n_filled'),
    ('form_total_only', 'n_total_only', 'n_filled'),
    ('form_items_unknown', 'n_items_unknown', 'n_filled'),
    ('form_empty', 'n_empty', 'n_filled'),
    ('form_all_zero', 'n_all_zero', 'n_filled'),
    ('form_age_mismatch', 'n_age_mismatch', 'n_accepted'),
    ('form_timed', 'n_timed', 'n_accepted'),
    ('form_late_entry', 'n_late_entry', 'n_timed'),
    ('form_orphan_session', 'n_orphan_session', 'n_accepted'),
    ('form_orphan_episode', 'n_orphan_episode', 'n_accepted'),
    ('form_unknown_team', 'n_unknown_team', 'n_accepted'),
] %}
{% set of_others = [
    ('meetings', 'meeting_inferred', 'n_inferred', none),
    ('meetings', 'meeting_held', 'n_held', 'n_accepted'),
    ('meetings', 'meeting_outside_episode', 'n_outside', 'n_held'),
    ('meetings', 'meeting_orphan_episode', 'n_orphan', 'n_accepted'),
    ('meetings', 'meeting_unknown_team', 'n_unknown_team', 'n_accepted'),
    ('episodes', 'episode_inferred', 'n_inferred', none),
    ('episodes', 'episode_overlapping', 'n_overlapping', 'n_accepted'),
    ('episodes', 'episode_two_open', 'n_two_open', 'n_accepted'),
    ('episodes', 'episode_session_outside', 'n_session_outside', 'n_accepted'),
    ('episodes', 'episode_closed_before_opened', 'n_closed_before_opened', 'n_accepted'),
    ('episodes', 'episode_unknown_team', 'n_unknown_team', 'n_accepted'),
    ('episodes', 'course_measured', 'n_measured', none),
    ('episodes', 'course_late_baseline', 'n_late_baseline', 'n_measured'),
    ('workers', 'worker_in_team', 'n_in_team', none),
    ('workers', 'worker_in_two_teams', 'n_in_two_teams', 'n_in_team'),
] %}
with

forms as (
    select * from {{ ref('int_quality_form') }}
),

meetings as (
    select * from {{ ref('int_quality_meeting') }}
),

episodes as (
    select * from {{ ref('int_quality_episode') }}
),

teams as (
    select
        team_code,
        service_code
    from {{ ref('dim_team') }}
),

kept_out as (
    select
        case quarantined.table_name
            when 'response' then 'form'
            when 'session' then 'meeting'
            when 'episode' then 'episode'
            else 'other'
        end as subject,
        quarantined.month_start,
        teams.team_code,
        quarantined.reason_code,
        quarantined.n_rows,
        quarantined.n_rows_once
    from {{ ref('stg_fit__quarantined') }} as quarantined
    left join teams on quarantined.team_code = teams.team_code
),

workers as (
    select
        month_start,
        team_code,
        count(*) as n_in_team,
        count(*) filter (where is_in_two_teams = 1) as n_in_two_teams
    from {{ ref('int_worker_flag') }}
    group by
        month_start,
        team_code
),

by_kind as (
    select
        month_start,
        team_code,
        kind,
        {% for indicator, n, n_of in of_forms %}
        sum({{ n }}) as {{ n }},
        {%- endfor %}
        {% for number in range(1, var('max_items') + 1) %}
        sum(n_with_item_{{ number }}) as n_with_item_{{ number }},
        sum(n_without_item_{{ number }}) as n_without_item_{{ number }},
        {%- endfor %}
        sum(n_accepted) as n_accepted
    from forms
    group by
        month_start,
        team_code,
        kind
),

-- What arrived, accepted or kept out.
arrived as (
    select
        'form' as subject,
        month_start,
        team_code,
        n_accepted,
        0 as n_quarantined
    from by_kind
    union all
    select
        'meeting' as subject,
        month_start,
        team_code,
        n_accepted,
        0 as n_quarantined
    from meetings
    union all
    select
        'episode' as subject,
        month_start,
        team_code,
        n_accepted,
        0 as n_quarantined
    from episodes
    union all
    select
        subject,
        month_start,
        team_code,
        0 as n_accepted,
        n_rows_once as n_quarantined
    from kept_out
),

delivered as (
    select
        subject,
        month_start,
        team_code,
        sum(n_accepted) as n_accepted,
        sum(n_quarantined) as n_quarantined,
        sum(n_accepted) + sum(n_quarantined) as n_delivered
    from arrived
    group by
        subject,
        month_start,
        team_code
    having sum(n_accepted) + sum(n_quarantined) > 0
),

counted as (
    select
        month_start,
        team_code,
        subject || '_delivered' as indicator_code,
        cast(null as string) as instrument_kind,
        cast(null as string) as detail,
        n_delivered as n,
        cast(null as bigint) as n_of
    from delivered
    where subject <> 'other'
    union all
    select
        month_start,
        team_code,
        subject || '_quarantined' as indicator_code,
        null as instrument_kind,
        null as detail,
        n_quarantined as n,
        case when subject <> 'other' then n_delivered end as n_of
    from delivered
    union all
    select
        month_start,
        team_code,
        subject || '_accepted' as indicator_code,
        null as instrument_kind,
        null as detail,
        n_accepted as n,
        n_delivered as n_of
    from delivered
    where subject in ('meeting', 'episode')
    union all
    select
        by_kind.month_start,
        by_kind.team_code,
        'form_accepted' as indicator_code,
        by_kind.kind as instrument_kind,
        null as detail,
        by_kind.n_accepted as n,
        delivered.n_delivered as n_of
    from by_kind
    inner join delivered
        on by_kind.month_start = delivered.month_start
        and by_kind.team_code = delivered.team_code
        and delivered.subject = 'form'
    union all
    select
        kept_out.month_start,
        kept_out.team_code,
        kept_out.subject || '_quarantined_reason' as indicator_code,
        null as instrument_kind,
        kept_out.reason_code as detail,
        sum(kept_out.n_rows) as n,
        case when kept_out.subject <> 'other' then delivered.n_delivered end as n_of
    from kept_out
    inner join delivered
        on kept_out.subject = delivered.subject
        and coalesce(kept_out.month_start, cast('0001-01-01' as date))
        = coalesce(delivered.month_start, cast('0001-01-01' as date))
        and coalesce(kept_out.team_code, '') = coalesce(delivered.team_code, '')
    group by
        kept_out.month_start,
        kept_out.team_code,
        kept_out.subject,
        kept_out.reason_code,
        delivered.n_delivered
    union all
    select
        forms.month_start,
        forms.team_code,
        'form_skip_reason' as indicator_code,
        forms.kind as instrument_kind,
        forms.skip_reason as detail,
        forms.n_skipped as n,
        by_kind.n_skipped as n_of
    from forms
    inner join by_kind
        on forms.month_start = by_kind.month_start
        and forms.team_code = by_kind.team_code
        and forms.kind = by_kind.kind
    where forms.skip_reason is not null
    {% for indicator, n, n_of in of_forms %}
    union all
    select
        month_start,
        team_code,
        '{{ indicator }}' as indicator_code,
        kind as instrument_kind,
        null as detail,
        {{ n }} as n,
        {{ n_of }} as n_of
    from by_kind
    where {{ n_of }} > 0
    {%- endfor %}
    {% for number in range(1, var('max_items') + 1) %}
    union all
    select
        month_start,
        team_code,
        'form_item_missing' as indicator_code,
        kind as instrument_kind,
        '{{ number }}' as detail,
        n_without_item_{{ number }} as n,
        n_with_item_{{ number }} as n_of
    from by_kind
    where n_with_item_{{ number }} > 0
    {%- endfor %}
    {% for counts, indicator, n, n_of in of_others %}
    union all
    select
        month_start,
        team_code,
        '{{ indicator }}' as indicator_code,
        null as instrument_kind,
        null as detail,
        {{ n }} as n,
        {{ n_of or 'null' }} as n_of
    from {{ counts }}
    where {{ n_of or n }} > 0
    {%- endfor %}
),

final as (
    select
        {{ surrogate_key([
            'counted.month_start', 'counted.team_code', 'counted.indicator_code', 'counted.instrument_kind',
            'counted.detail',
        ]) }} as quality_month_key,
        counted.month_start,
        counted.team_code,
        teams.service_code,
        counted.indicator_code,
        counted.instrument_kind,
        counted.detail,
        cast(counted.n as bigint) as n,
        cast(counted.n_of as bigint) as n_of
    from counted
    left join teams on counted.team_code = teams.team_code
)

select * from final
