{#
How often and how long a service meets: what unused months, weeks or days are in meetings and hours.
Closed episodes alone: of an open one the time used is not over.
#}
with

episodes as (
    select * from {{ ref('int_episode') }}
),

used as (
    select * from {{ ref('int_episode_used') }}
),

sessions as (
    select * from {{ ref('int_session') }}
    where attendance = 'attended'
),

paces as (
    select
        episodes.service_code,
        cast(sum(used.n_attended) as double) as n_attended,
        sum(used.whole_months + used.remaining_days / nullif(cast(used.days_in_month as double), 0)) as used_months,
        cast(sum(used.used_days) as double) as used_days
    from used
    inner join episodes on used.episode_key = episodes.episode_key
    group by episodes.service_code
),

lengths as (
    select
        episodes.service_code,
        cast(sum(sessions.duration_minutes) as double)
        / nullif(cast(count(sessions.duration_minutes) as double), 0) as minutes_per_session
    from sessions
    inner join episodes on sessions.episode_key = episodes.episode_key
    group by episodes.service_code
),

final as (
    select
        paces.service_code,
        paces.n_attended / nullif(paces.used_months, 0) as sessions_per_month,
        paces.n_attended / nullif(paces.used_days, 0) as sessions_per_day,
        lengths.minutes_per_session
    from paces
    left join lengths on paces.service_code = lengths.service_code
)

select * from final
