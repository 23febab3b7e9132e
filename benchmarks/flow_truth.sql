-- What metrics.flow_effect reads of the marts, made from a synthetic city's own files. {landing} and
-- {truth} are put in. tests/parity/test_flow_truth.py holds what comes of it to the metric itself.
create schema marts;

create table truth as
select episode_ref, family, unit, used_units, closed_on_without_fit
from read_parquet('{truth}/episode/*.parquet');

create table session as
select episode_ref, session_date::date as session_date, attendance, worker_ref, fit_adopted_on::date as fit_adopted_on
from read_csv('{landing}/session.csv', all_varchar = true)
inner join read_csv('{landing}/team.csv', all_varchar = true) using (team_code);

create table episode as
select
    episode_ref as episode_key,
    truth.family as family_key,
    service_code,
    referred_on::date as referred_on,
    opened_on::date as opened_on,
    closed_on::date as closed_on,
    ending_code,
    truth.unit,
    truth.used_units,
    truth.closed_on_without_fit,
    case truth.unit when 'month' then planned_months else planned_sessions end::double as planned_units
from read_csv('{landing}/episode.csv', all_varchar = true)
left join truth using (episode_ref);

create table marts.fct_session as
select episode_ref as episode_key, attendance, worker_ref as worker_key from session;

create table marts.fct_flow_month (
    service_code varchar, month_start date, n_caseload_start bigint, n_caseload_end bigint
);

create table marts.fct_episode as
select
    episode.*,
    met.first_session_on,
    coalesce(met.n_sessions, 0) as n_sessions,
    closed_on - opened_on as days_open,
    first_session_on - referred_on as days_waited,
    coalesce((first_session_on >= referred_on)::int, 0) as is_in_waiting
from episode
left join (
    select episode_ref as episode_key, min(session_date) as first_session_on, count(*) as n_sessions
    from session
    inner join episode on session.episode_ref = episode.episode_key
    where attendance = 'attended' and coalesce(session_date <= closed_on, true)
    group by all
) as met using (episode_key);

create table price as
select
    service_code,
    procurement,
    planned_units::double as planned_units,
    coalesce(valid_from::date, date '0001-01-01') as valid_from,
    coalesce(valid_to::date, date '9999-12-31') as valid_to
from read_csv('{landing}/unit_price.csv', all_varchar = true);

create table marts.fct_early_ending as
select
    episode_key,
    family_key,
    service_code,
    closed_on,
    unit,
    procurement,
    (ending_code <> 'unilateral')::int as is_agreed,
    coalesce(episode.planned_units, price.planned_units) as planned_units,
    round(used_units, 4) as used_units
from episode
inner join price using (service_code)
where opened_on between valid_from and valid_to
    and ending_code in ('goals_reached_early', 'not_benefiting_early', 'referred_on_early', 'unilateral')
    and used_units < coalesce(episode.planned_units, price.planned_units);

create table marts.fct_early_ending_effect as
select
    early.*,
    scenario,
    null as exclusion_reason,
    case
        when is_agreed = 0 then 'not_agreed'
        when with_fit.episode_ref is null then 'without_fit'
    end as effect_exclusion_reason,
    share as assumed_attribution_share,
    case
        when procurement = 'own' and is_agreed = 1 and with_fit.episode_ref is not null
            then share * (planned_units - used_units) * case unit when 'month' then sessions_per_month else 1 end
    end as freed_sessions
from marts.fct_early_ending as early
cross join (
    unpivot (
        select low::double as low, base::double as base, high::double as high
        from read_csv('{landing}/cost_assumption.csv', all_varchar = true)
        where factor = 'attribution_share'
    ) on low, base, high into name scenario value share
)
left join (select distinct episode_ref from session where fit_adopted_on <= session_date) as with_fit
    on early.episode_key = with_fit.episode_ref
left join (
    select service_code, sum(n_attended) / nullif(sum(used_units), 0) as sessions_per_month
    from episode
    left join (
        select episode_ref as episode_key, count(*) as n_attended
        from session
        where attendance = 'attended'
        group by all
    ) using (episode_key)
    where closed_on is not null
    group by all
) as pace on early.service_code = pace.service_code;
