with

teams as (
    select * from {{ ref('stg_fit__team') }}
),

-- Teams that are named in the data but not delivered: kept, so that every fact finds its team.
named as (
    select team_code from {{ ref('int_session') }}
    union
    select team_code from {{ ref('int_episode') }}
    union
    select team_code from {{ ref('stg_fit__response') }}
    union
    select team_code from {{ ref('stg_fit__survey_response') }}
    union
    select team_code from {{ ref('stg_fit__worker') }}
    union
    select team_code from teams
),

final as (
    select
        cast(row_number() over (order by named.team_code) as int) as team_id,
        named.team_code,
        coalesce(teams.name_fi, named.team_code) as name_fi,
        coalesce(teams.name_sv, teams.name_fi, named.team_code) as name_sv,
        coalesce(teams.name_en, teams.name_fi, named.team_code) as name_en,
        teams.service_code,
        teams.unit_oid,
        teams.fit_adopted_on,
        cast(case when teams.team_code is null then 0 else 1 end as smallint) as is_known
    from named
    left join teams on named.team_code = teams.team_code
)

select * from final
