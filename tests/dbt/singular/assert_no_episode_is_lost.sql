-- Every accepted episode is in the mart.
select accepted.episode_key
from {{ ref('stg_fit__episode') }} as accepted
left join {{ ref('fct_episode') }} as mart on accepted.episode_key = mart.episode_key
where mart.episode_key is null
