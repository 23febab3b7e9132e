-- Every accepted form is in the mart once.
select
    accepted.n as n_accepted,
    mart.n as n_in_mart
from (select count(*) as n from {{ source('accepted', 'response') }}) as accepted
cross join (select count(*) as n from {{ ref('fct_response') }}) as mart
where accepted.n <> mart.n
