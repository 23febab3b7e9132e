{#
Families are the connected components of clients who share an episode. Each round passes the
smallest key on from client to episode and back, and then takes that client's own smallest key, so
that the reach grows faster than by one episode a round. There is no recursion, because not every
engine has it; assert_families_are_whole fails if the rounds are too few.
#}
with

members as (
    select
        episode_key,
        client_key
    from {{ ref('stg_fit__episode_client') }}
),

round_0 as (
    select distinct
        client_key,
        client_key as family_key
    from members
),

{% for number in range(1, var('family_rounds') + 1) %}
episodes_{{ number }} as (
    select
        members.episode_key,
        min(labels.family_key) as family_key
    from members
    inner join round_{{ number - 1 }} as labels on members.client_key = labels.client_key
    group by members.episode_key
),

passed_{{ number }} as (
    select
        members.client_key,
        min(labels.family_key) as family_key
    from members
    inner join episodes_{{ number }} as labels on members.episode_key = labels.episode_key
    group by members.client_key
),

round_{{ number }} as (
    select
        passed.client_key,
        least(passed.family_key, smallest.family_key) as family_key
    from passed_{{ number }} as passed
    inner join passed_{{ number }} as smallest on passed.family_key = smallest.client_key
),

{% endfor %}
final as (
    select
        client_key,
        family_key
    from round_{{ var('family_rounds') }}
)

select * from final
