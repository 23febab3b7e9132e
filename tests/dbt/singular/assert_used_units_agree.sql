-- What an early ending has used is what its episode says, in the unit of the price.
select endings.episode_key
from {{ ref('fct_early_ending') }} as endings
inner join {{ ref('fct_episode') }} as episodes on endings.episode_key = episodes.episode_key
where
    endings.used_units is not null
    and not coalesce(
        endings.used_units = case endings.unit
            when 'session' then episodes.used_sessions
            when 'month' then episodes.used_months
            when 'day' then episodes.used_days
        end,
        false
    )
