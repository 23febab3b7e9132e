-- The changes of all items are the change of the total; an instrument of more items shows its first four.
select
    episodes.episode_client_key,
    episodes.prom_change
from {{ ref('fct_episode') }} as episodes
inner join {{ ref('instrument') }} as instruments on episodes.prom_instrument = instruments.instrument_code
where
    instruments.item_count <= 4
    and episodes.item_1_change is not null
    and coalesce(episodes.item_1_change, 0) + coalesce(episodes.item_2_change, 0)
    + coalesce(episodes.item_3_change, 0) + coalesce(episodes.item_4_change, 0) <> episodes.prom_change
