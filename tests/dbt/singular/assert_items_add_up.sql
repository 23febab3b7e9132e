-- Items of a form that has all of them add up to its total.
select
    items.response_key,
    sum(items.item_score) as sum_of_items,
    max(responses.total) as total
from {{ ref('fct_response_item') }} as items
inner join {{ ref('fct_response') }} as responses on items.response_key = responses.response_key
where responses.items_source in ('items', 'unknown')
group by items.response_key
having sum(items.item_score) <> max(responses.total)
