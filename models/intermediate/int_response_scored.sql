with

responses as (
    select * from {{ ref('stg_fit__response') }}
),

links as (
    select * from {{ ref('int_client_link') }}
),

-- Where the form does not say its meeting, or its episode at a meeting of several.
placed as (
    select * from {{ ref('int_response_meeting') }}
),

sessions as (
    select * from {{ ref('int_session') }}
    where is_main = 1
),

episodes as (
    select * from {{ ref('int_episode') }}
),

teams as (
    select * from {{ ref('stg_fit__team') }}
),

clients as (
    select * from {{ ref('int_client') }}
),

-- Who answers about somebody else and is in no delivered episode.
named_respondents as (
    select distinct coalesce(links.client_key, responses.respondent_client_key) as client_key
    from responses
    left join links
        on responses.source_system = links.source_system
        and responses.respondent_client_key = links.source_client_key
        and {{ link_holds('links', 'responses.session_date') }}
    anti join clients on coalesce(links.client_key, responses.respondent_client_key) = clients.client_key
    where responses.respondent_client_key <> responses.client_key
),

-- Such a one is a client too with a form of the own: where no source delivers clients, only forms can say so.
respondents as (
    select client_key from clients
    union all
    select distinct named_respondents.client_key
    from responses
    left join links
        on responses.source_system = links.source_system
        and responses.client_key = links.source_client_key
        and {{ link_holds('links', 'responses.session_date') }}
    inner join named_respondents on coalesce(links.client_key, responses.client_key) = named_respondents.client_key
    where responses.respondent_role = 'self'
),

instruments as (
    select * from {{ ref('instrument') }}
),

source_systems as (
    select * from {{ ref('source_system') }}
),

joined as (
    select
        responses.*,
        coalesce(links.client_key, responses.client_key) as person_key,
        coalesce(respondent_links.client_key, responses.respondent_client_key) as respondent_person_key,
        coalesce(responses.session_key, placed.session_key) as known_session_key,
        case when responses.session_key is null and placed.session_key is not null then 1 else 0 end
            as is_session_assigned,
        coalesce(responses.episode_key, placed.episode_key, sessions.episode_key) as known_episode_key,
        case when sessions.session_key is null then 0 else 1 end as has_session,
        case when episodes.episode_key is null then 0 else 1 end as has_episode,
        case when teams.team_code is null then 0 else 1 end as has_team,
        sessions.starts_at,
        coalesce(sessions.is_session_inferred, 0) as is_session_inferred,
        -- The episode's service rules.
        coalesce(episodes.service_code, sessions.service_code) as service_code,
        instruments.kind,
        instruments.item_count,
        instruments.score_step,
        instruments.is_scored,
        instruments.is_zero_total_valid,
        instruments.age_min,
        instruments.age_max,
        instruments.parameter_group as parameter_rule,
        coalesce(source_systems.imputes_items, 0) as imputes_items,
        clients.birth_month,
        clients.birth_year
    from responses
    left join links
        on responses.source_system = links.source_system
        and responses.client_key = links.source_client_key
        and {{ link_holds('links', 'responses.session_date') }}
    left join links as respondent_links
        on responses.source_system = respondent_links.source_system
        and responses.respondent_client_key = respondent_links.source_client_key
        and {{ link_holds('respondent_links', 'responses.session_date') }}
    left join placed on responses.response_key = placed.response_key
    left join sessions on coalesce(responses.session_key, placed.session_key) = sessions.session_key
    left join episodes
        on coalesce(responses.episode_key, placed.episode_key, sessions.episode_key) = episodes.episode_key
    left join teams on responses.team_code = teams.team_code
    left join clients on coalesce(links.client_key, responses.client_key) = clients.client_key
    left join instruments on responses.instrument_code = instruments.instrument_code
    left join source_systems on responses.source_system = source_systems.source_system
),

counted as (
    select
        *,
        {% for number in range(1, var('max_items') + 1) -%}
        case when item_{{ number }} is null then 0 else 1 end{{ ' + ' if not loop.last }}
        {%- endfor %} as n_items,
        {% for number in range(1, var('max_items') + 1) -%}
        coalesce(item_{{ number }}, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as sum_of_items,
        -- A total shared out equally is rounded to whatever decimals its system keeps.
        {% for number in range(2, var('max_items') + 1) -%}
        coalesce(item_{{ number }}, item_1) = item_1{{ ' and ' if not loop.last }}
        {%- endfor %} as has_equal_items,
        {{ age_in_years('birth_month', 'birth_year', 'session_date') }} as age_at_form
    from joined
),

-- A total is missing unless all items are present, or only the total was delivered.
scored as (
    select
        *,
        cast(
            case
                when n_items = item_count then sum_of_items
                when n_items = 0 then delivered_total
            end as decimal(6, 2)
        ) as total,
        case
            when n_items = item_count and imputes_items = 1 and has_equal_items then 'unknown'
            when n_items = item_count then 'items'
            when n_items > 0 then 'partial'
            when delivered_total is not null then 'total_only'
            else 'none'
        end as items_source
    from counted
),

final as (
    select
        response_key,
        source_system,
        person_key as client_key,
        known_episode_key as episode_key,
        known_session_key as session_key,
        -- A respondent who is a client keeps that key; any other is known within the client alone.
        -- The client's own name on the form says nothing new, and must not part a series in two.
        case
            when respondent_person_key is null or respondent_person_key = person_key then null
            when respondents.client_key is not null then respondent_person_key
            else {{ surrogate_key(['person_key', 'respondent_person_key']) }}
        end as respondent_key,
        worker_key,
        team_code,
        service_code,
        session_date,
        starts_at,
        entered_at,
        instrument_code,
        kind,
        score_step,
        parameter_rule,
        respondent_role,
        is_skipped,
        skip_reason,
        {% for number in range(1, var('max_items') + 1) %}
        item_{{ number }},
        {%- endfor %}
        n_items,
        items_source,
        total,
        age_at_form,
        case when total = 0 and is_zero_total_valid = 0 then 1 else 0 end as is_all_zero,
        case
            when has_episode = 0 then 1
            else 0
        end as is_orphan_episode,
        is_session_assigned,
        is_session_inferred,
        case when known_session_key is not null and has_session = 0 then 1 else 0 end as is_orphan_session,
        case when has_team = 0 then 1 else 0 end as is_unknown_team,
        case
            when respondent_role = 'self' and (age_at_form < age_min or age_at_form > age_max) then 1
            else 0
        end as is_form_age_mismatch,
        case
            when total is null or is_skipped = 1 or is_scored = 0 then 0
            when total = 0 and is_zero_total_valid = 0 then 0
            else 1
        end as is_valid
    from scored
    left join respondents
        on scored.respondent_person_key = respondents.client_key
)

select * from final
