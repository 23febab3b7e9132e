{# Events are counted by month first; stocks are running sums of the few rows that are left. #}
{%- set events = {
    'referred': 'referred_on', 'met_before': 'met_before_on', 'opened': 'opened_on', 'started': 'started_on',
    'waiting': 'waiting_from', 'started_waited': 'started_waited_on', 'wait_known': 'wait_known_on', 'stopped_waiting': 'stopped_waiting_on',
    'ended': 'ended_on', 'ended_unopened': 'ended_unopened_on',
} -%}
{%- set wait_bands = ['0_7', '8_30', '31_90', '91_180', 'over_180'] -%}
{%- set ending_groups = ['planned', 'early_agreed', 'early_client', 'other', 'unknown'] -%}
{%- set attendances = ['attended', 'no_show', 'late_cancelled', 'cancelled'] -%}
with

flow as (
    select * from {{ ref('int_episode_flow') }}
),

endings as (
    select * from {{ ref('ending') }}
),

bands as (
    select * from {{ ref('wait_band') }}
),

months as (
    select * from {{ ref('int_month') }}
),

known as (
    select as_of from {{ ref('int_as_of') }}
),

sessions as (
    select
        session_key,
        episode_key,
        team_code,
        service_code,
        session_date,
        attendance
    from {{ ref('int_session') }}
    where is_main = 1
),

episodes as (
    select
        episode_key,
        service_code
    from {{ ref('int_episode') }}
),

-- A closed episode without a known code is one of unknown ending.
ended as (
    select
        flow.team_code,
        flow.service_code,
        flow.ended_on,
        case
            when endings.ending_code = 'planned_end' then 'planned'
            when endings.is_agreed = 1 then 'early_agreed'
            when endings.is_agreed = 0 then 'early_client'
            when endings.ending_code <> 'unknown' then 'other'
            else 'unknown'
        end as ending_group
    from flow
    left join endings on flow.ending_code = endings.ending_code
    where flow.ended_on is not null
),

-- The days on which a wait enters a band and leaves it, for the next one or for good.
banded as (
    select
        flow.team_code,
        flow.service_code,
        flow.waiting_to,
        bands.wait_band,
        cast(flow.waiting_from + bands.days_min as date) as enters_on,
        cast(flow.waiting_from + bands.days_max + 1 as date) as passes_on
    from flow
    cross join bands
    where flow.waiting_from is not null
),

band_stays as (
    select
        team_code,
        service_code,
        wait_band,
        enters_on,
        case when waiting_to <= passes_on or passes_on is null then waiting_to else passes_on end as leaves_on
    from banded
    where coalesce(enters_on < waiting_to, true)
),

held as (
    select
        sessions.team_code,
        coalesce(episodes.service_code, sessions.service_code) as service_code,
        sessions.session_date,
        sessions.attendance
    from sessions
    left join episodes on sessions.episode_key = episodes.episode_key
),

dated as (
    {% for event, day in events.items() %}
    select
        team_code,
        service_code,
        '{{ event }}' as event,
        {{ day }} as event_on,
        count(*) as n,
        sum({{ 'days_waited' if event == 'wait_known' else 'null' }}) as days_waited
    from flow
    group by team_code, service_code, {{ day }}
    union all
    {% endfor %}
    select
        team_code,
        service_code,
        'ended_' || ending_group || '_group' as event,
        ended_on as event_on,
        count(*) as n,
        null as days_waited
    from ended
    group by team_code, service_code, ending_group, ended_on
    {% for day in ['enters_on', 'leaves_on'] %}
    union all
    select
        team_code,
        service_code,
        wait_band || '_{{ day }}' as event,
        {{ day }} as event_on,
        count(*) as n,
        null as days_waited
    from band_stays
    group by team_code, service_code, wait_band, {{ day }}
    {% endfor %}
    union all
    select
        team_code,
        service_code,
        attendance as event,
        session_date as event_on,
        count(*) as n,
        null as days_waited
    from held
    group by team_code, service_code, attendance, session_date
),

-- Planned meetings and band limits may lie after the day up to which the data speak.
counted as (
    select
        dated.team_code,
        dated.service_code,
        cast(date_trunc('month', dated.event_on) as date) as month_start,
        dated.event,
        dated.n,
        dated.days_waited
    from dated
    inner join known on dated.event_on <= known.as_of
),

cells as (
    select
        team_code,
        service_code,
        min(month_start) as first_month
    from counted
    group by team_code, service_code
),

-- Months without an event are there too, so that stocks run on.
with_empty as (
    select
        team_code,
        service_code,
        month_start,
        event,
        n,
        days_waited
    from counted
    union all
    select
        cells.team_code,
        cells.service_code,
        months.month_start,
        null as event,
        0 as n,
        null as days_waited
    from cells
    inner join months on cells.first_month <= months.month_start
),

by_month as (
    select
        team_code,
        service_code,
        month_start,
        {% for event in events %}
        coalesce(sum(case when event = '{{ event }}' then n end), 0) as n_{{ event }},
        {% endfor %}
        {% for ending_group in ending_groups %}
        coalesce(sum(case when event = 'ended_{{ ending_group }}_group' then n end), 0) as n_ended_{{ ending_group }},
        {% endfor %}
        {% for band in wait_bands %}
        coalesce(sum(case
            when event = '{{ band }}_enters_on' then n
            when event = '{{ band }}_leaves_on' then -n
        end), 0) as net_{{ band }},
        {% endfor %}
        {% for attendance in attendances %}
        coalesce(sum(case when event = '{{ attendance }}' then n end), 0) as n_{{ attendance }},
        {% endfor %}
        coalesce(sum(days_waited), 0) as sum_days_waited,
        max(case when event is null then 0 else 1 end) as has_event
    from with_empty
    group by team_code, service_code, month_start
),

stocks as (
    select
        *,
        sum(n_waiting - n_started_waited - n_stopped_waiting) over so_far as n_waiting_end,
        {% for band in wait_bands %}
        sum(net_{{ band }}) over so_far as n_waiting_{{ band }},
        {% endfor %}
        sum(n_opened - n_ended) over so_far as n_caseload_end
    from by_month
    window so_far as (
        partition by team_code, service_code
        order by month_start nulls last
        rows between unbounded preceding and current row
    )
),

carried as (
    select
        *,
        coalesce(lag(n_waiting_end) over in_order, 0) as n_waiting_start,
        coalesce(lag(n_caseload_end) over in_order, 0) as n_caseload_start,
        max(
            case when has_event = 1 or n_waiting_end <> 0 or n_caseload_end <> 0 then month_start end
        ) over (
            partition by team_code, service_code
            order by month_start nulls last
            rows between unbounded preceding and current row
        ) as active_on
    from stocks
    window in_order as (partition by team_code, service_code order by month_start nulls last)
),

final as (
    select
        {{ surrogate_key(['carried.month_start', 'carried.team_code', 'carried.service_code']) }} as flow_month_key,
        carried.month_start,
        months.month_end,
        cast(months.is_complete as smallint) as is_complete,
        carried.team_code,
        carried.service_code,
        cast(carried.n_waiting_start as bigint) as n_waiting_start,
        cast(carried.n_referred as bigint) as n_referred,
        cast(carried.n_met_before as bigint) as n_met_before,
        cast(carried.n_started_waited as bigint) as n_started_waited,
        cast(carried.n_stopped_waiting as bigint) as n_stopped_waiting,
        cast(carried.n_waiting_end as bigint) as n_waiting_end,
        {% for band in wait_bands %}
        cast(carried.n_waiting_{{ band }} as bigint) as n_waiting_{{ band }},
        {% endfor %}
        cast(carried.n_wait_known as bigint) as n_wait_known,
        cast(carried.sum_days_waited as bigint) as sum_days_waited,
        cast(carried.n_started as bigint) as n_started,
        cast(carried.n_caseload_start as bigint) as n_caseload_start,
        cast(carried.n_opened as bigint) as n_opened,
        cast(carried.n_ended as bigint) as n_ended,
        cast(carried.n_caseload_end as bigint) as n_caseload_end,
        {% for ending_group in ending_groups %}
        cast(carried.n_ended_{{ ending_group }} as bigint) as n_ended_{{ ending_group }},
        {% endfor %}
        cast(carried.n_ended_unopened as bigint) as n_ended_unopened,
        cast(
            carried.n_attended + carried.n_no_show + carried.n_late_cancelled + carried.n_cancelled as bigint
        ) as n_sessions_planned,
        cast(carried.n_attended as bigint) as n_sessions_held,
        cast(carried.n_no_show as bigint) as n_no_show,
        cast(carried.n_late_cancelled as bigint) as n_late_cancelled,
        cast(carried.n_cancelled as bigint) as n_cancelled
    from carried
    -- Months before the calendar's first are in the stocks alone.
    inner join months on carried.month_start = months.month_start
    -- One mistyped year must not give a team years of nothing.
    where carried.month_start <= {{ add_months('carried.active_on', var('silent_months')) }}
)

select * from final
