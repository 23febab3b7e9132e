{#
Units used on [opened, closed). Months are whole calendar months, the month's end clamped, and the
remaining days over the days from that anniversary to the next: 15.1.-15.5. is 4, 31.1.-28.2. is 1.
The remainder stays a fraction of two whole numbers until the last step, so that money is exact.
#}
with

episodes as (
    select * from {{ ref('int_episode') }}
),

sessions as (
    select * from {{ ref('int_episode_sessions') }}
),

whole as (
    select
        episode_key,
        opened_on,
        closed_on,
        {{ whole_months('opened_on', 'closed_on') }} as whole_months
    from episodes
    where opened_on is not null and closed_on >= opened_on
),

anniversaries as (
    select
        episode_key,
        opened_on,
        closed_on,
        whole_months,
        {{ add_months('opened_on', 'whole_months') }} as anniversary_on,
        {{ add_months('opened_on', 'whole_months + 1') }} as next_anniversary_on
    from whole
),

final as (
    select
        anniversaries.episode_key,
        anniversaries.whole_months,
        {{ days_between('anniversaries.anniversary_on', 'anniversaries.closed_on') }} as remaining_days,
        {{ days_between('anniversaries.anniversary_on', 'anniversaries.next_anniversary_on') }} as days_in_month,
        {{ days_between('anniversaries.opened_on', 'anniversaries.closed_on') }} as used_days,
        -- Held or missed after the closing it was all the same: a wrong day must not make unused value.
        coalesce(sessions.n_attended, 0) + coalesce(sessions.n_attended_after, 0) as n_attended,
        coalesce(sessions.n_no_show, 0) + coalesce(sessions.n_late_cancelled, 0)
        + coalesce(sessions.n_missed_after, 0) as n_missed
    from anniversaries
    left join sessions on anniversaries.episode_key = sessions.episode_key
)

select * from final
