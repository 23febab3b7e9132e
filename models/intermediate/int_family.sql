{#
Families are the connected components of clients who share an episode. Only a client of several
episodes joins episodes, so the rounds run over such clients alone: each passes the smallest episode
key on from episode to client and back, and then takes that episode's own smallest key, so that the
reach grows faster than by one episode a round. There is no recursion, because not every engine has
it; assert_families_are_whole fails if the rounds are too few.
#}
with

members as (
    select
        episode_key,
        client_key
    from {{ ref('stg_fit__episode_client') }}
),

joining_clients as (
    select client_key
    from members
    group by client_key
    having min(episode_key) < max(episode_key)
),

joined as (
    select
        members.episode_key,
        members.client_key
    from members
    inner join joining_clients on members.client_key = joining_clients.client_key
),

round_0 as (
    select distinct
        episode_key,
        episode_key as first_key
    from joined
),

{% for number in range(1, var('family_rounds') + 1) %}
clients_{{ number }} as (
    select
        joined.client_key,
        min(labels.first_key) as first_key
    from joined
    inner join round_{{ number - 1 }} as labels on joined.episode_key = labels.episode_key
    group by joined.client_key
),

passed_{{ number }} as (
    select
        joined.episode_key,
        min(labels.first_key) as first_key
    from joined
    inner join clients_{{ number }} as labels on joined.client_key = labels.client_key
    group by joined.episode_key
),

round_{{ number }} as (
    select
        passed.episode_key,
        least(passed.first_key, smallest.first_key) as first_key
    from passed_{{ number }} as passed
    inner join passed_{{ number }} as smallest on passed.first_key = smallest.episode_key
),

{% endfor %}
labelled as (
    select
        members.client_key,
        coalesce(labels.first_key, members.episode_key) as first_key
    from members
    left join round_{{ var('family_rounds') }} as labels on members.episode_key = labels.episode_key
),

-- A family is known by the smallest key of its clients.
families as (
    select
        first_key,
        min(client_key) as family_key
    from labelled
    group by first_key
),

final as (
    select
        labelled.client_key,
        min(families.family_key) as family_key
    from labelled
    inner join families on labelled.first_key = families.first_key
    group by labelled.client_key
)

select * from final
