-- From referral to the second meeting it is as long as to the first one and from there.
select episode_client_key
from {{ ref('fct_episode') }}
where
    referred_on is not null
    and second_session_on is not null
    and not coalesce(
        days_waited + days_first_to_second = {{ days_between('referred_on', 'second_session_on') }},
        false
    )
