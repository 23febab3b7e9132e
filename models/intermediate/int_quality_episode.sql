{#
What the quality mart counts of episodes and, as courses, of their index clients with an outcome form:
under the team in charge of the episode and in the month in which it began.
#}
with

episodes as (
    select * from {{ ref('int_episode') }}
),

flags as (
    select * from {{ ref('int_episode_flag') }}
),

teams as (
    select team_code from {{ ref('stg_fit__team') }}
),

-- A guardian's own forms have a headline too; it is no outcome of the episode.
courses as (
    select
        series.episode_key,
        count(*) as n_measured,
        count(*) filter (where series.is_late_baseline = 1) as n_late_baseline
    from {{ ref('int_headline_series') }} as series
    inner join {{ ref('int_episode_index_client') }} as index_clients
        on series.episode_key = index_clients.episode_key
        and series.client_key = index_clients.client_key
    group by series.episode_key
),

judged as (
    select
        cast(date_trunc('month', coalesce(episodes.opened_on, episodes.referred_on)) as date) as month_start,
        episodes.team_code,
        episodes.is_episode_inferred,
        flags.is_overlapping,
        flags.has_two_open,
        flags.has_session_outside,
        flags.is_closed_before_opened,
        coalesce(courses.n_measured, 0) as n_measured,
        coalesce(courses.n_late_baseline, 0) as n_late_baseline
    from episodes
    inner join flags on episodes.episode_key = flags.episode_key
    left join courses on episodes.episode_key = courses.episode_key
),

counted as (
    select
        month_start,
        team_code,
        count(*) filter (where is_episode_inferred = 0) as n_accepted,
        count(*) filter (where is_episode_inferred = 1) as n_inferred,
        count(*) filter (where is_episode_inferred = 0 and is_overlapping = 1) as n_overlapping,
        count(*) filter (where is_episode_inferred = 0 and has_two_open = 1) as n_two_open,
        count(*) filter (where is_episode_inferred = 0 and has_session_outside = 1) as n_session_outside,
        count(*) filter (where is_episode_inferred = 0 and is_closed_before_opened = 1) as n_closed_before_opened,
        sum(n_measured) as n_measured,
        sum(n_late_baseline) as n_late_baseline
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
