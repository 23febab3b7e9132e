with

sessions as (
    select
        session_key,
        team_code,
        service_code,
        is_main,
        session_date,
        prom_total,
        caretaker_prom_total,
        prem_total,
        is_measure_due,
        has_due_prom,
        has_due_prem
    from {{ ref('fct_session') }}
    where attendance = 'attended'
),

responses as (
    select * from {{ ref('int_response_scored') }}
),

episodes as (
    select
        episode_key,
        service_code
    from {{ ref('int_episode') }}
),

meetings as (
    select
        session_key,
        service_code
    from {{ ref('int_session') }}
    where is_main = 1
),

instruments as (
    select
        instrument_code,
        item_count,
        -- The best total there is, whichever end of the scale is the better one.
        cast(
            item_count * case when direction = 'lower_is_better' then item_min else item_max end as decimal(6, 2)
        ) as best_total
    from {{ ref('instrument') }}
),

teams as (
    select
        team_code,
        service_code,
        fit_adopted_on
    from {{ ref('dim_team') }}
),

months as (
    select * from {{ ref('int_month') }}
),

-- A meeting counts once, also where several clients or episodes share it: in the service of its own episode.
held as (
    select
        session_key,
        min(team_code) as team_code,
        min(case when is_main = 1 then service_code end) as service_code,
        cast(date_trunc('month', min(session_date)) as date) as month_start,
        max(is_measure_due) as is_due,
        max(has_due_prom) as has_due_prom,
        max(has_due_prem) as has_due_prem,
        max(case when prom_total is not null then 1 else 0 end) as has_own_prom,
        max(case when caretaker_prom_total is not null then 1 else 0 end) as has_caretaker_prom,
        max(case when prom_total is not null or caretaker_prom_total is not null then 1 else 0 end) as has_prom,
        max(case when prem_total is not null then 1 else 0 end) as has_prem
    from sessions
    group by session_key
),

meeting_counts as (
    select
        team_code,
        service_code,
        month_start,
        count(*) as n_sessions_held,
        sum(has_own_prom) as n_with_own_prom,
        sum(has_caretaker_prom) as n_with_caretaker_prom,
        sum(has_prom) as n_with_prom,
        sum(has_prem) as n_with_prem,
        sum(has_prom * has_prem) as n_with_both,
        sum(has_own_prom * has_prem) as n_with_own_both,
        sum((1 - has_prom) * (1 - has_prem)) as n_without_form,
        sum(is_due) as n_sessions_due,
        sum(has_due_prom) as n_due_with_prom,
        sum(has_due_prem) as n_due_with_prem,
        sum(has_due_prom * has_due_prem) as n_due_with_both
    from held
    group by team_code, service_code, month_start
),

-- Only a form whose episode is not known needs its meeting's service.
orphan_services as (
    select
        responses.response_key,
        meetings.service_code
    from responses
    inner join meetings on responses.session_key = meetings.session_key
    where responses.is_orphan_episode = 1
),

forms as (
    select
        responses.team_code,
        coalesce(episodes.service_code, orphan_services.service_code, teams.service_code) as service_code,
        cast(date_trunc('month', responses.session_date) as date) as month_start,
        responses.kind,
        responses.is_skipped,
        responses.is_valid,
        case when responses.is_skipped = 0 and responses.items_source <> 'none' then 1 else 0 end as is_filled_in,
        case when responses.total = instruments.best_total then 1 else 0 end as is_highest,
        -- One item alone is always equal to itself.
        case when responses.items_source = 'items' and instruments.item_count > 1 then 1 else 0 end as has_items,
        case
            when
                {% for number in range(2, var('max_items') + 1) -%}
                coalesce(responses.item_{{ number }}, responses.item_1) = responses.item_1{{ ' and ' if not loop.last }}
                {%- endfor %}
                then 1
            else 0
        end as has_equal_items
    from responses
    left join episodes on responses.episode_key = episodes.episode_key
    left join orphan_services on responses.response_key = orphan_services.response_key
    left join teams on responses.team_code = teams.team_code
    left join instruments on responses.instrument_code = instruments.instrument_code
),

form_counts as (
    select
        team_code,
        service_code,
        month_start,
        {% for kind in ['prom', 'prem'] %}
        count(*) filter (where kind = '{{ kind | upper }}' and is_filled_in = 1) as n_{{ kind }}_filled_in,
        count(*) filter (where kind = '{{ kind | upper }}' and is_skipped = 1) as n_{{ kind }}_skipped,
        count(*) filter (where kind = '{{ kind | upper }}' and is_valid = 1) as n_{{ kind }}_valid,
        count(*) filter (where kind = '{{ kind | upper }}' and is_valid = 1 and is_highest = 1) as n_{{ kind }}_highest,
        count(*) filter (where kind = '{{ kind | upper }}' and is_valid = 1 and has_items = 1) as n_{{ kind }}_with_items,
        count(*) filter (
            where kind = '{{ kind | upper }}' and is_valid = 1 and has_items = 1 and has_equal_items = 1 and is_highest = 0
        ) as n_{{ kind }}_straight_lined{{ ',' if not loop.last }}
        {% endfor %}
    from forms
    group by team_code, service_code, month_start
),

{%- set meeting_numbers = [
    'n_sessions_held', 'n_with_own_prom', 'n_with_caretaker_prom', 'n_with_prom', 'n_with_prem', 'n_with_both',
    'n_with_own_both', 'n_without_form', 'n_sessions_due', 'n_due_with_prom', 'n_due_with_prem', 'n_due_with_both',
] %}
{%- set form_numbers = [] %}
{%- for kind in ['prom', 'prem'] %}
{%- for what in ['filled_in', 'skipped', 'valid', 'highest', 'with_items', 'straight_lined'] %}
{%- do form_numbers.append('n_' ~ kind ~ '_' ~ what) %}
{%- endfor %}
{%- endfor %}

cells as (
    select distinct
        team_code,
        service_code,
        month_start
    from (
        select team_code, service_code, month_start from meeting_counts
        union all
        select team_code, service_code, month_start from form_counts
    ) as counted
),

-- Months in which nothing happened have a row too, but a long silence has none: a year may be mistyped.
together as (
    select
        team_code,
        service_code,
        month_start,
        {% for number in meeting_numbers %}{{ number }}, {% endfor %}
        {% for number in form_numbers %}0 as {{ number }}{{ ', ' if not loop.last }}{% endfor %}
    from meeting_counts
    union all
    select
        team_code,
        service_code,
        month_start,
        {% for number in meeting_numbers %}0 as {{ number }}, {% endfor %}
        {% for number in form_numbers %}{{ number }}{{ ', ' if not loop.last }}{% endfor %}
    from form_counts
    union all
    select
        cells.team_code,
        cells.service_code,
        months.month_start,
        {% for number in meeting_numbers + form_numbers %}0 as {{ number }}{{ ', ' if not loop.last }}{% endfor %}
    from cells
    inner join months
        on cells.month_start <= months.month_start
        and months.month_start <= {{ add_months('cells.month_start', var('silent_months')) }}
),

by_month as (
    select
        team_code,
        service_code,
        month_start,
        {% for number in meeting_numbers + form_numbers %}
        sum({{ number }}) as {{ number }}{{ ',' if not loop.last }}
        {% endfor %}
    from together
    group by team_code, service_code, month_start
),

final as (
    select
        {{ surrogate_key(['by_month.month_start', 'by_month.team_code', 'by_month.service_code']) }} as use_month_key,
        by_month.month_start,
        months.month_end,
        cast(months.is_complete as smallint) as is_complete,
        by_month.team_code,
        by_month.service_code,
        cast(case when teams.fit_adopted_on <= months.month_end then 1 else 0 end as smallint) as is_adopted,
        {% for number in meeting_numbers + form_numbers %}
        cast(by_month.{{ number }} as bigint) as {{ number }}{{ ',' if not loop.last }}
        {% endfor %}
    from by_month
    inner join months on by_month.month_start = months.month_start
    left join teams on by_month.team_code = teams.team_code
)

select * from final
