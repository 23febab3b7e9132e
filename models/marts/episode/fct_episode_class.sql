{# The class of change of an episode by each published set of thresholds, so that sets can be compared. #}
with

episodes as (
    select * from {{ ref('fct_episode') }}
    where is_in_two_prom = 1
),

instruments as (
    select * from {{ ref('instrument') }}
),

parameters as (
    select * from {{ ref('instrument_parameter') }}
),

joined as (
    select
        episodes.episode_client_key,
        episodes.episode_key,
        episodes.client_key,
        episodes.family_key,
        episodes.team_code,
        episodes.service_code,
        episodes.closed_on,
        episodes.closed_quarter,
        episodes.prom_instrument,
        episodes.prom_respondent,
        episodes.parameter_group,
        episodes.prom_intake,
        episodes.prom_last,
        episodes.prom_change,
        parameters.parameter_set,
        parameters.cutoff,
        parameters.cutoff_is_functional,
        parameters.reliable_change,
        parameters.reliable_change_inclusive,
        {{ change_class(
            'episodes.prom_intake', 'episodes.prom_last',
            'parameters.reliable_change', 'parameters.reliable_change_inclusive',
            'parameters.cutoff', 'parameters.cutoff_is_functional', 'instruments.direction',
        ) }} as change_class,
        {{ is_functional(
            'episodes.prom_intake', 'parameters.cutoff', 'parameters.cutoff_is_functional', 'instruments.direction',
        ) }} as is_intake_functional
    from episodes
    inner join parameters
        on episodes.prom_instrument = parameters.instrument_code
        and episodes.parameter_group = parameters.parameter_group
        and episodes.prom_respondent = parameters.respondent_role
    left join instruments on episodes.prom_instrument = instruments.instrument_code
),

final as (
    select
        {{ surrogate_key(['episode_client_key', 'parameter_set']) }} as episode_class_key,
        parameter_set,
        episode_client_key,
        episode_key,
        client_key,
        family_key,
        team_code,
        service_code,
        closed_on,
        closed_quarter,
        prom_instrument,
        prom_respondent,
        parameter_group,
        cutoff,
        cast(cutoff_is_functional as smallint) as cutoff_is_functional,
        reliable_change,
        cast(reliable_change_inclusive as smallint) as reliable_change_inclusive,
        prom_intake,
        prom_last,
        prom_change,
        change_class,
        cast(is_intake_functional as smallint) as is_intake_functional,
        cast(case when is_intake_functional = 0 then 1 else 0 end as smallint) as is_in_recovery
    from joined
    where change_class is not null
)

select * from final
