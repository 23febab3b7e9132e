with

episodes as (
    select * from {{ ref('int_episode') }}
),

episode_clients as (
    select * from {{ ref('stg_fit__episode_client') }}
),

responses as (
    select * from {{ ref('int_response_scored') }}
),

ranked as (
    select
        episode_key,
        client_key,
        case role when 'index' then 1 when 'child' then 2 when 'other' then 3 else 4 end as role_rank
    from episode_clients
),

best_rank as (
    select
        episode_key,
        min(role_rank) as role_rank
    from ranked
    group by episode_key
),

-- Index rows; without one every child; else everybody who is no guardian, where there is one.
listed as (
    select
        ranked.episode_key,
        ranked.client_key
    from ranked
    inner join best_rank
        on ranked.episode_key = best_rank.episode_key
        and ranked.role_rank = best_rank.role_rank
),

-- An episode whose clients were not delivered: those whom its forms are about.
about as (
    select distinct
        responses.episode_key,
        responses.client_key
    from responses
    anti join listed on responses.episode_key = listed.episode_key
    where responses.episode_key is not null
),

answers as (
    select distinct
        responses.respondent_key,
        responses.client_key
    from responses
    semi join about on responses.respondent_key = about.client_key
    where responses.respondent_role = 'caretaker'
),

guardians as (
    select distinct
        about.episode_key,
        about.client_key
    from about
    inner join answers on about.client_key = answers.respondent_key
    inner join about as others
        on about.episode_key = others.episode_key
        and answers.client_key = others.client_key
),

judged as (
    select
        about.episode_key,
        about.client_key,
        case when guardians.client_key is null then 0 else 1 end as is_guardian
    from about
    left join guardians
        on about.episode_key = guardians.episode_key
        and about.client_key = guardians.client_key
),

-- Without those who answer there about another one as a caretaker, unless nobody else is left.
from_forms as (
    select
        episode_key,
        client_key
    from (
        select
            *,
            min(is_guardian) over (partition by episode_key) as least_guardian
        from judged
    ) as of_episode
    where is_guardian = least_guardian
),

known as (
    select
        episode_key,
        client_key
    from listed
    union all
    select
        episode_key,
        client_key
    from from_forms
),

final as (
    select
        {{ surrogate_key(['episodes.episode_key', 'known.client_key']) }} as episode_client_key,
        episodes.episode_key,
        -- Missing when nothing says who the client is: the episode is kept all the same.
        known.client_key
    from episodes
    left join known on episodes.episode_key = known.episode_key
)

select * from final
