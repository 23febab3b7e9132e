-- Clients of one episode are of one family. Rows here: raise the var family_rounds.
select
    members.episode_key,
    count(distinct families.family_key) as n_families
from {{ ref('stg_fit__episode_client') }} as members
inner join {{ ref('int_family') }} as families on members.client_key = families.client_key
group by members.episode_key
having count(distinct families.family_key) > 1
