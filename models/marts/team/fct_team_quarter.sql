with

episodes as (
    select * from {{ ref('fct_episode') }}
    where closed_on is not null and is_closed_before_opened = 0
),

instruments as (
    select * from {{ ref('instrument') }}
),

-- Scores as whole numbers of the instrument's step: sums, squares and products add up exactly.
counted as (
    select
        episodes.*,
        instruments.score_step,
        case when is_in_change = 1 then {{ in_units('prom_intake', 'score_step') }} end as intake_units,
        case when is_in_change = 1 then {{ in_units('prom_last', 'score_step') }} end as last_units
    from episodes
    left join instruments on episodes.prom_instrument = instruments.instrument_code
),

final as (
    select
        {{ surrogate_key([
            'closed_quarter', 'team_code', 'service_code', 'prom_instrument', 'prom_respondent', 'age_band'
        ]) }} as team_quarter_key,
        closed_quarter,
        team_code,
        service_code,
        prom_instrument,
        prom_respondent,
        age_band,
        cast(count(*) as bigint) as n_referred,
        -- A meeting shows that the episode began, also where nobody wrote down the day of opening.
        cast(count(*) filter (where opened_on is not null or n_sessions > 0) as bigint) as n_opened,
        cast(count(*) filter (where n_sessions > 0) as bigint) as n_attended,
        cast(count(*) filter (where n_sessions > 0 and n_prom >= 1) as bigint) as n_one_prom,
        cast(count(*) filter (where n_sessions > 0 and n_prom >= 2) as bigint) as n_two_prom,
        cast(count(*) filter (where is_in_change = 1) as bigint) as n_in_change,
        cast(
            count(*) filter (where is_in_change = 1 and change_class in ('recovered', 'improved')) as bigint
        ) as n_reliably_improved,
        cast(count(*) filter (where is_in_change = 1 and change_class = 'recovered') as bigint) as n_recovered,
        cast(count(*) filter (where is_in_change = 1 and change_class = 'improved') as bigint) as n_improved,
        cast(count(*) filter (where is_in_change = 1 and change_class = 'unchanged') as bigint) as n_unchanged,
        cast(count(*) filter (where is_in_change = 1 and change_class = 'deteriorated') as bigint) as n_deteriorated,
        cast(count(*) filter (where is_in_change = 1 and is_intake_functional = 1) as bigint) as n_intake_functional,
        cast(count(*) filter (where is_in_change = 1 and is_late_baseline = 1) as bigint) as n_late_baseline,
        cast(coalesce(sum(intake_units), 0) as bigint) as sum_intake,
        cast(coalesce(sum(last_units), 0) as bigint) as sum_last,
        cast(coalesce(sum(intake_units * intake_units), 0) as bigint) as sum_intake_squared,
        cast(coalesce(sum(last_units * last_units), 0) as bigint) as sum_last_squared,
        cast(coalesce(sum(intake_units * last_units), 0) as bigint) as sum_product,
        min(parameter_set) as parameter_set
    from counted
    group by
        closed_quarter,
        team_code,
        service_code,
        prom_instrument,
        prom_respondent,
        age_band
)

select * from final
