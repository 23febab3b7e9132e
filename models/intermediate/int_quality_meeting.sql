{# What the quality mart counts of meetings; those that were not delivered but inferred are counted apart. #}
with

sessions as (
    select * from {{ ref('int_session') }}
    where is_main = 1
),

episodes as (
    select
        episode_key,
        coalesce(opened_on, referred_on) as starts_on,
        closed_on,
        case when closed_on < coalesce(opened_on, referred_on) then 1 else 0 end as is_at_no_time
    from {{ ref('int_episode') }}
),

teams as (
    select team_code from {{ ref('stg_fit__team') }}
),

judged as (
    select
        cast(date_trunc('month', sessions.session_date) as date) as month_start,
        sessions.team_code,
        sessions.is_session_inferred,
        case when sessions.attendance = 'attended' then 1 else 0 end as is_held,
        case when episodes.episode_key is null then 1 else 0 end as is_orphan,
        case
            when sessions.attendance <> 'attended' or episodes.is_at_no_time = 1 then 0
            when sessions.session_date < episodes.starts_on then 1
            else {{ is_after_closing('sessions.session_date', 'episodes.starts_on', 'episodes.closed_on') }}
        end as is_outside
    from sessions
    left join episodes on sessions.episode_key = episodes.episode_key
),

counted as (
    select
        month_start,
        team_code,
        count(*) filter (where is_session_inferred = 0) as n_accepted,
        count(*) filter (where is_session_inferred = 1) as n_inferred,
        count(*) filter (where is_session_inferred = 0 and is_held = 1) as n_held,
        count(*) filter (where is_session_inferred = 0 and is_outside = 1) as n_outside,
        count(*) filter (where is_session_inferred = 0 and is_orphan = 1) as n_orphan
    from judged
    group by
        month_start,
        team_code
),

final as (
    select
        counted.*,
        case when teams.team_code is null then counted.n_accepted else 0 end as n_unknown_team
    from counted
    left join teams on counted.team_code = teams.team_code
)

select * from final
