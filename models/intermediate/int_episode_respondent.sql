with

index_clients as (
    select
        episode_key,
        client_key
    from {{ ref('int_episode_index_client') }}
    where client_key is not null
),

series as (
    select
        episode_key,
        client_key,
        respondent_role,
        respondent_key,
        n_forms
    from {{ ref('int_series') }}
),

-- As delivered, or whoever answers there as a caretaker about an index client.
guardians as (
    select
        episode_key,
        client_key
    from {{ ref('stg_fit__episode_client') }}
    where role = 'guardian'
    union all
    select
        series.episode_key,
        series.respondent_key as client_key
    from series
    semi join index_clients
        on series.episode_key = index_clients.episode_key
        and series.client_key = index_clients.client_key
    where series.respondent_role = 'caretaker' and series.respondent_key is not null
),

about_client as (
    select
        episode_key,
        client_key,
        count(*) filter (where respondent_role = 'self') as n_self_series,
        sum(case when respondent_role = 'caretaker' then n_forms else 0 end) as n_caretaker_forms,
        sum(case when respondent_role = 'professional' then n_forms else 0 end) as n_professional_forms,
        -- Whoever is not named is one person of the role.
        count(distinct respondent_role || '|' || coalesce(respondent_key, '')) as n_respondents
    from series
    group by
        episode_key,
        client_key
),

-- What guardians say about themselves; those who are index clients have rows of their own.
by_guardians as (
    select
        series.episode_key,
        sum(series.n_forms) as n_guardian_own_forms
    from series
    semi join guardians
        on series.episode_key = guardians.episode_key
        and series.client_key = guardians.client_key
    anti join index_clients
        on series.episode_key = index_clients.episode_key
        and series.client_key = index_clients.client_key
    where series.respondent_role = 'self'
    group by series.episode_key
),

final as (
    select
        index_clients.episode_key,
        index_clients.client_key,
        cast(coalesce(about_client.n_self_series, 0) as int) as n_self_series,
        cast(coalesce(about_client.n_caretaker_forms, 0) as int) as n_caretaker_forms,
        cast(coalesce(about_client.n_professional_forms, 0) as int) as n_professional_forms,
        cast(coalesce(by_guardians.n_guardian_own_forms, 0) as int) as n_guardian_own_forms,
        cast(coalesce(about_client.n_respondents, 0) as int) as n_respondents
    from index_clients
    left join about_client
        on index_clients.episode_key = about_client.episode_key
        and index_clients.client_key = about_client.client_key
    left join by_guardians on index_clients.episode_key = by_guardians.episode_key
)

select * from final
