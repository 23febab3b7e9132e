{# How long an episode made the client wait, how long it lasted, and what it used of its plan. #}
with

episodes as (
    select * from {{ ref('int_episode') }}
),

sessions as (
    select * from {{ ref('int_episode_sessions') }}
),

used as (
    select * from {{ ref('int_episode_used') }}
),

prices as (
    select * from {{ ref('int_episode_price') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

dated as (
    select
        episodes.episode_key,
        episodes.referred_on,
        episodes.opened_on,
        sessions.first_session_on,
        sessions.second_session_on,
        coalesce(episodes.closed_on, as_of.as_of) as lasted_to,
        -- The remainder is a share of the month that it lies in; a half of the last digit cannot occur.
        cast(
            used.whole_months
            + cast(used.remaining_days as double) / nullif(used.days_in_month, 0) as decimal(18, 4)
        ) as used_months,
        used.used_days,
        used.n_attended + coalesce(prices.no_show_is_used, 0) * used.n_missed as used_sessions
    from episodes
    cross join as_of
    left join sessions on episodes.episode_key = sessions.episode_key
    left join used on episodes.episode_key = used.episode_key
    left join prices on episodes.episode_key = prices.episode_key
),

final as (
    select
        episode_key,
        {{ days_between('referred_on', 'first_session_on') }} as days_waited,
        {{ days_between('referred_on', 'opened_on') }} as days_to_opening,
        {{ days_between('first_session_on', 'second_session_on') }} as days_first_to_second,
        case when lasted_to >= opened_on then {{ days_between('opened_on', 'lasted_to') }} end as days_open,
        cast(used_sessions as int) as used_sessions,
        used_months,
        used_days
    from dated
)

select * from final
