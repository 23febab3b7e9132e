-- The quarters count the steps of the funnel that the episodes' flags say.
with

flags as (
    select
        sum(is_in_attended) as n_attended,
        sum(is_in_one_prom) as n_one_prom,
        sum(is_in_two_prom) as n_two_prom,
        sum(is_in_change) as n_in_change
    from {{ ref('fct_episode') }}
),

quarters as (
    select
        sum(n_attended) as n_attended,
        sum(n_one_prom) as n_one_prom,
        sum(n_two_prom) as n_two_prom,
        sum(n_in_change) as n_in_change
    from {{ ref('fct_team_quarter') }}
)

select
    flags.*
from flags
cross join quarters
where
    coalesce(flags.n_attended, 0) <> coalesce(quarters.n_attended, 0)
    or coalesce(flags.n_one_prom, 0) <> coalesce(quarters.n_one_prom, 0)
    or coalesce(flags.n_two_prom, 0) <> coalesce(quarters.n_two_prom, 0)
    or coalesce(flags.n_in_change, 0) <> coalesce(quarters.n_in_change, 0)
