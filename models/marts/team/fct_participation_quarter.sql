with

meetings as (
    select
        session_key,
        client_key,
        team_code,
        service_code,
        {{ quarter_start('session_date') }} as session_quarter,
        case when prom_total is null then 0 else 1 end as has_own_prom,
        case when prem_total is null then 0 else 1 end as has_own_prem
    from {{ ref('fct_session') }}
    where attendance = 'attended' and client_key is not null
),

skipped_forms as (
    select
        session_key,
        client_key,
        skip_reason
    from {{ ref('int_response_scored') }}
    where
        is_skipped = 1
        and respondent_role = 'self'
        and session_key is not null
),

clients as (
    select * from {{ ref('int_client') }}
),

age_bands as (
    select * from {{ ref('age_band') }}
),

-- A client counts once in a team's quarter, however many meetings and episodes there are in it.
attending as (
    select
        session_quarter,
        team_code,
        service_code,
        client_key,
        max(has_own_prom) as has_own_prom,
        max(has_own_prem) as has_own_prem
    from meetings
    group by
        session_quarter,
        team_code,
        service_code,
        client_key
),

-- Few forms are skipped: their persons are counted apart, so that not every meeting carries the reasons.
skipping as (
    select
        meetings.session_quarter,
        meetings.team_code,
        meetings.service_code,
        meetings.client_key,
        max(case when skipped_forms.skip_reason = 'declined' then 1 else 0 end) as is_declined,
        max(case when skipped_forms.skip_reason = 'unable' then 1 else 0 end) as is_unable,
        max(case when skipped_forms.skip_reason = 'not_offered' then 1 else 0 end) as is_not_offered,
        max(case when skipped_forms.skip_reason = 'technical' then 1 else 0 end) as is_technical,
        max(case when skipped_forms.skip_reason = 'other' then 1 else 0 end) as is_other,
        max(case when skipped_forms.skip_reason is null then 1 else 0 end) as is_unknown
    from skipped_forms
    inner join meetings
        on skipped_forms.session_key = meetings.session_key
        and skipped_forms.client_key = meetings.client_key
    group by
        meetings.session_quarter,
        meetings.team_code,
        meetings.service_code,
        meetings.client_key
),

persons as (
    select
        attending.*,
        case when skipping.client_key is null then 0 else 1 end as has_skipped,
        coalesce(skipping.is_declined, 0) as is_declined,
        coalesce(skipping.is_unable, 0) as is_unable,
        coalesce(skipping.is_not_offered, 0) as is_not_offered,
        coalesce(skipping.is_technical, 0) as is_technical,
        coalesce(skipping.is_other, 0) as is_other,
        coalesce(skipping.is_unknown, 0) as is_unknown
    from attending
    left join skipping
        on attending.session_quarter = skipping.session_quarter
        and attending.team_code = skipping.team_code
        and attending.service_code = skipping.service_code
        and attending.client_key = skipping.client_key
),

-- The age on the quarter's first day is the same in every team, whichever meeting came first.
aged as (
    select
        persons.*,
        {{ age_in_years('clients.birth_month', 'clients.birth_year', 'persons.session_quarter') }} as age_years
    from persons
    left join clients on persons.client_key = clients.client_key
),

banded as (
    select
        aged.*,
        ages.age_band,
        case when ages.age_min >= 6 and ages.age_max <= 17 then 1 else 0 end as is_child_6_plus
    from aged
    left join {{ each_age('age_bands') }} as ages on aged.age_years = ages.age_years
),

final as (
    select
        {{ surrogate_key(['session_quarter', 'team_code', 'service_code', 'age_band']) }} as participation_quarter_key,
        session_quarter,
        team_code,
        service_code,
        age_band,
        cast(is_child_6_plus as smallint) as is_child_6_plus,
        cast(count(*) as bigint) as n_clients,
        cast(sum(has_own_prom) as bigint) as n_own_prom,
        cast(sum(has_own_prem) as bigint) as n_own_prem,
        cast(sum(has_own_prom * has_own_prem) as bigint) as n_own_both,
        cast(sum((1 - has_own_prom) * (1 - has_own_prem)) as bigint) as n_own_neither,
        cast(sum((1 - has_own_prom) * (1 - has_own_prem) * has_skipped) as bigint) as n_only_skipped,
        cast(sum(has_skipped) as bigint) as n_skipped,
        cast(sum(is_declined) as bigint) as n_declined,
        cast(sum(is_unable) as bigint) as n_unable,
        cast(sum(is_not_offered) as bigint) as n_not_offered,
        cast(sum(is_technical) as bigint) as n_technical,
        cast(sum(is_other) as bigint) as n_other_reason,
        cast(sum(is_unknown) as bigint) as n_unknown_reason
    from banded
    group by
        session_quarter,
        team_code,
        service_code,
        age_band,
        is_child_6_plus
)

select * from final
