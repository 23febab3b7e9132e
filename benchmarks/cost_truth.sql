-- The rows of metrics.cost_comparison, made from a synthetic city's own files instead of its marts, with
-- what each episode would have used without FIT beside them. {landing}, {truth}, {seeds} and {opened_to}
-- are put in. tests/parity/test_cost_truth.py holds them to the rows of the marts.
with
truth as (
    select episode_ref, next_of, unit, used_units, used_units_without_fit
    from read_parquet('{truth}/episode/*.parquet')
),

episode as (
    select * from read_csv('{landing}/episode.csv', all_varchar = true)
),

team as (
    select team_code, fit_adopted_on::date as fit_adopted_on
    from read_csv('{landing}/team.csv', all_varchar = true)
),

price as (
    select
        service_code,
        planned_units::double as planned_units,
        coalesce(valid_from::date, date '0001-01-01') as valid_from,
        coalesce(valid_to::date, date '9999-12-31') as valid_to
    from read_csv('{landing}/unit_price.csv', all_varchar = true)
),

person as (
    select
        client_ref,
        min(birth_date::date) as birth_date,
        min(coalesce(birth_year::int, year(birth_date::date))) as birth_year
    from read_csv('{landing}/episode_client.csv', all_varchar = true)
    group by client_ref
),

-- Of a birth date the warehouse keeps the month alone.
age as (
    select
        episode_ref,
        min(
            coalesce(
                year(opened_on::date) - year(person.birth_date)
                    - (month(opened_on::date) < month(person.birth_date))::int,
                year(opened_on::date) - person.birth_year
            )
        ) as age_years
    from read_csv('{landing}/episode_client.csv', all_varchar = true)
    inner join episode using (episode_ref)
    inner join person using (client_ref)
    where role = 'index'
    group by episode_ref
),

band as (
    select age_band, age_min, age_max from read_csv('{seeds}/age_band.csv', header = true)
)

select
    episode.episode_ref as episode_key,
    episode.service_code,
    episode.team_code,
    truth.unit,
    (fit_adopted_on <= episode.opened_on::date)::int as is_fit,
    episode.opened_on::date as started_on,
    fit_adopted_on,
    date_trunc('quarter', episode.opened_on::date)::date as opened_quarter,
    coalesce(age_band, 'unknown') as age_band,
    case
        when earlier.closed_on is null then 'first'
        when earlier.service_code = episode.service_code then 'same_service'
        else 'other_service'
    end as referral,
    truth.used_units,
    coalesce(
        case truth.unit when 'month' then episode.planned_months else episode.planned_sessions end::double,
        price.planned_units
    ) as planned_units,
    truth.used_units_without_fit
from episode
inner join truth on episode.episode_ref = truth.episode_ref
inner join team on episode.team_code = team.team_code
inner join price
    on episode.service_code = price.service_code
    and episode.opened_on::date between valid_from and valid_to
left join age on episode.episode_ref = age.episode_ref
left join band on age_years between age_min and age_max
left join episode as earlier on truth.next_of = earlier.episode_ref
where episode.closed_on is not null and episode.opened_on::date <= date '{opened_to}'
order by episode_key
