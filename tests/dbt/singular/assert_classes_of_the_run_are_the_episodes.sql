-- By the run's own parameter set both marts have the same rows and the same classes.
select
    episodes.episode_client_key as of_episode,
    classes.episode_client_key as of_class
from (
    select * from {{ ref('fct_episode') }}
    where is_in_change = 1
) as episodes
full outer join (
    select * from {{ ref('fct_episode_class') }}
    where parameter_set = '{{ var("parameter_set") }}'
) as classes on episodes.episode_client_key = classes.episode_client_key
where
    not coalesce(
        episodes.change_class = classes.change_class
        and episodes.is_intake_functional = classes.is_intake_functional
        and episodes.is_in_recovery = classes.is_in_recovery,
        false
    )
