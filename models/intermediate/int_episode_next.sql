{#
The episode that a client began next after a closing. A client's beginnings and closings are put in
one order, and each closing looks at the beginnings after it: no episode is compared with all others
of its client. On one day an episode's closing comes after its own beginning and before those of
episodes behind it, so no two episodes are each other's next.
#}
with

episodes as (
    select
        episode_key,
        service_code,
        opened_on,
        closed_on,
        least(coalesce(referred_on, opened_on), coalesce(opened_on, referred_on)) as began_on
    from {{ ref('int_episode') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

client_episodes as (
    select
        index_clients.episode_client_key,
        index_clients.client_key,
        episodes.*,
        count(*) over (partition by index_clients.client_key) as n_episodes
    from {{ ref('int_episode_index_client') }} as index_clients
    inner join episodes on index_clients.episode_key = episodes.episode_key
    where index_clients.client_key is not null
),

closed as (
    select * from client_episodes
    where closed_on >= coalesce(opened_on, began_on)
),

several as (
    select * from client_episodes
    where n_episodes > 1
),

events as (
    select
        client_key,
        episode_client_key,
        began_on as happened_on,
        began_on,
        opened_on,
        episode_key,
        1 as is_beginning
    from several
    union all
    select
        client_key,
        episode_client_key,
        closed_on as happened_on,
        began_on,
        opened_on,
        episode_key,
        0 as is_beginning
    from several
    where closed_on >= coalesce(opened_on, began_on)
),

ordered as (
    select
        *,
        row_number() over (
            partition by client_key
            order by happened_on, began_on, opened_on nulls last, episode_key, is_beginning desc
        ) as place
    from events
),

looking_ahead as (
    select
        *,
        min(case when is_beginning = 1 then place end) over (
            partition by client_key
            order by place
            rows between 1 following and unbounded following
        ) as next_place
    from ordered
),

next_episodes as (
    select
        closings.episode_client_key,
        beginnings.episode_key as next_episode_key,
        beginnings.happened_on as next_began_on
    from looking_ahead as closings
    inner join ordered as beginnings
        on closings.client_key = beginnings.client_key
        and closings.next_place = beginnings.place
    where closings.is_beginning = 0
),

windows as (
    select
        closed.episode_client_key,
        closed.closed_on,
        next_episodes.next_episode_key,
        next_episodes.next_began_on,
        as_of.as_of,
        {{ add_months('closed.closed_on', 6) }} as six_months_on,
        {{ add_months('closed.closed_on', 12) }} as twelve_months_on
    from closed
    cross join as_of
    left join next_episodes on closed.episode_client_key = next_episodes.episode_client_key
),

-- Whether a window without a new episode is over is known only when the data speak up to its end.
final as (
    select
        windows.episode_client_key,
        windows.next_episode_key,
        followers.service_code as next_service_code,
        {{ days_between('windows.closed_on', 'windows.next_began_on') }} as days_to_next,
        case
            when windows.next_began_on <= windows.six_months_on then 1
            when windows.six_months_on <= windows.as_of then 0
        end as is_rereferred_6_months,
        case
            when windows.next_began_on <= windows.twelve_months_on then 1
            when windows.twelve_months_on <= windows.as_of then 0
        end as is_rereferred_12_months,
        case when windows.six_months_on <= windows.as_of then 1 else 0 end as is_6_months_over,
        case when windows.twelve_months_on <= windows.as_of then 1 else 0 end as is_12_months_over
    from windows
    left join episodes as followers on windows.next_episode_key = followers.episode_key
)

select * from final
