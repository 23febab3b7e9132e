{#
Episodes that contradict their clients' other episodes, their meetings or themselves. Nobody is left
out for it here: who counts episodes says which flags falsify the count.
The end of an episode is not part of it, so that the next one may begin on that day.
#}
with

as_of as (
    select * from {{ ref('int_as_of') }}
),

episodes as (
    select
        episodes.episode_key,
        episodes.service_code,
        coalesce(episodes.opened_on, episodes.referred_on) as starts_on,
        episodes.closed_on,
        -- An open episode ends after every day there is.
        coalesce(episodes.closed_on, cast('9999-12-31' as date)) as ends_on,
        case
            when episodes.closed_on < coalesce(episodes.opened_on, episodes.referred_on) then 1
            else 0
        end as is_closed_before_opened,
        as_of.as_of
    from {{ ref('int_episode') }} as episodes
    cross join as_of
),

clients as (
    select
        episode_key,
        client_key
    from {{ ref('int_episode_index_client') }}
    where client_key is not null
),

held as (
    select
        episode_key,
        min(session_date) as first_on,
        max(session_date) as last_on
    from {{ ref('int_session') }}
    where attendance = 'attended'
    group by episode_key
),

-- Without those that end before they begin: they are at no time.
lasting as (
    select
        clients.client_key,
        episodes.episode_key,
        episodes.service_code,
        episodes.starts_on,
        episodes.ends_on,
        case
            when episodes.starts_on <= episodes.as_of and episodes.ends_on > episodes.as_of then 1
            else 0
        end as is_open
    from clients
    inner join episodes on clients.episode_key = episodes.episode_key
    where episodes.is_closed_before_opened = 0
),

beside as (
    select
        *,
        max(ends_on) over (
            partition by client_key, service_code
            order by starts_on, ends_on, episode_key
            rows between unbounded preceding and 1 preceding
        ) as earlier_ends_on,
        lead(starts_on) over (
            partition by client_key, service_code
            order by starts_on, ends_on, episode_key
        ) as next_starts_on,
        sum(is_open) over (partition by client_key, service_code) as n_open
    from lasting
),

-- An episode of several clients overlaps when it does for one of them.
contradicting as (
    select
        episode_key,
        max(case when earlier_ends_on > starts_on or next_starts_on < ends_on then 1 else 0 end) as is_overlapping,
        max(case when is_open = 1 and n_open > 1 then 1 else 0 end) as has_two_open
    from beside
    group by episode_key
),

final as (
    select
        episodes.episode_key,
        cast(coalesce(contradicting.is_overlapping, 0) as smallint) as is_overlapping,
        cast(coalesce(contradicting.has_two_open, 0) as smallint) as has_two_open,
        cast(
            case
                when episodes.is_closed_before_opened = 1 then 0
                when held.first_on < episodes.starts_on or held.last_on > episodes.closed_on then 1
                else 0
            end as smallint
        ) as has_session_outside,
        cast(episodes.is_closed_before_opened as smallint) as is_closed_before_opened
    from episodes
    left join contradicting on episodes.episode_key = contradicting.episode_key
    left join held on episodes.episode_key = held.episode_key
)

select * from final
