{# The days on which an episode moves through its team, up to the day up to which the data speak. What bad dates would falsify is missing. #}
with

episodes as (
    select
        episode_key,
        team_code,
        service_code,
        referred_on,
        opened_on,
        closed_on,
        ending_code
    from {{ ref('int_episode') }}
    -- Which of the days is wrong is not known.
    where coalesce(closed_on >= coalesce(opened_on, referred_on), true)
),

sessions as (
    select
        episode_key,
        first_session_on
    from {{ ref('int_episode_sessions') }}
),

flags as (
    select
        episode_key,
        is_overlapping
    from {{ ref('int_episode_flag') }}
),

known as (
    select as_of from {{ ref('int_as_of') }}
),

joined as (
    select
        episodes.episode_key,
        episodes.team_code,
        episodes.service_code,
        episodes.ending_code,
        coalesce(flags.is_overlapping, 0) as is_overlapping,
        case
            when episodes.referred_on <= known.as_of and coalesce(episodes.closed_on >= episodes.referred_on, true)
                then episodes.referred_on
        end as referred_on,
        case when episodes.opened_on <= known.as_of then episodes.opened_on end as opened_on,
        case when episodes.closed_on <= known.as_of then episodes.closed_on end as closed_on,
        case when sessions.first_session_on <= known.as_of then sessions.first_session_on end as started_on
    from episodes
    cross join known
    left join sessions on episodes.episode_key = sessions.episode_key
    left join flags on episodes.episode_key = flags.episode_key
),

-- Who has been met before the referral has never stood in the queue.
queued as (
    select
        *,
        case when coalesce(started_on >= referred_on, true) then referred_on end as waiting_from,
        coalesce(started_on, closed_on) as waiting_to
    from joined
),

final as (
    select
        episode_key,
        team_code,
        service_code,
        referred_on,
        case when started_on < referred_on then referred_on end as met_before_on,
        opened_on,
        started_on,
        waiting_from,
        case when waiting_from is not null then waiting_to end as waiting_to,
        case when waiting_from is not null then started_on end as started_waited_on,
        -- Of two episodes at the same time one wait would be counted twice.
        case when waiting_from is not null and is_overlapping = 0 then started_on end as wait_known_on,
        case when waiting_from is not null and started_on is null then closed_on end as stopped_waiting_on,
        case when opened_on is not null then closed_on end as ended_on,
        case when opened_on is null then closed_on end as ended_unopened_on,
        case when opened_on is not null and closed_on is not null then ending_code end as ending_code,
        case
            when waiting_from is not null then {{ days_between('waiting_from', 'started_on') }}
        end as days_waited
    from queued
)

select * from final
