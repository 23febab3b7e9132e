-- Session, episode and team tables by hand, straight from the accepted files: what the data cost.
-- {accepted} and {seeds} are folders. The thresholds are those of the set pcoms.
create temp table form as
select
    forms.session_ref,
    forms.client_ref,
    coalesce(forms.episode_ref, sessions.episode_ref) as episode_ref,
    instruments.kind,
    forms.instrument_code,
    forms.respondent_role,
    nullif(forms.respondent_ref, forms.client_ref) as respondent_ref,
    forms.session_date,
    coalesce(sessions.starts_at, timestamp '9999-01-01') as starts_at,
    forms.entered_at,
    forms.source_record_id,
    case
        when forms.item_1 is not null and forms.item_2 is not null and forms.item_3 is not null
            and (forms.item_4 is not null or instruments.item_count = 3)
            then forms.item_1 + forms.item_2 + forms.item_3 + coalesce(forms.item_4, 0)
        when coalesce(forms.item_1, forms.item_2, forms.item_3, forms.item_4) is null then forms.total
    end as score
from '{accepted}/response.parquet' as forms
inner join '{seeds}/instrument.csv' as instruments
    on forms.instrument_code = instruments.instrument_code and instruments.is_scored = 1
left join '{accepted}/session.parquet' as sessions on forms.session_ref = sessions.session_ref
where
    coalesce(forms.is_skipped, 0) = 0
    and score is not null
    and not (score = 0 and forms.item_1 is not null);

create temp table episode_client as
with ranked as (
    select
        episode_ref,
        client_ref,
        case role when 'index' then 1 when 'child' then 2 when 'other' then 3 else 4 end as place
    from '{accepted}/episode_client.parquet'
),
listed as (
    select episode_ref, client_ref from ranked
    inner join (select episode_ref, min(place) as place from ranked group by all) using (episode_ref, place)
),
formed as (
    select distinct episode_ref, client_ref from form
    where episode_ref is not null and episode_ref not in (select episode_ref from listed)
)
select episodes.*, clients.client_ref
from '{accepted}/episode.parquet' as episodes
left join (from listed union all from formed) as clients using (episode_ref);

create temp table attended as
select
    session_ref,
    episode_ref,
    team_code,
    row_number() over (partition by episode_ref order by session_date, starts_at nulls last, session_ref) as session_number
from '{accepted}/session.parquet'
where attendance = 'attended';

create table session as
with scored as (
    select
        *,
        (coalesce(entered_at, timestamp '0001-01-01'), source_record_id) as recorded,
        {{'instrument': instrument_code, 'score': score}} as filled
    from form
    where session_ref is not null
),
measured as (
    select
        session_ref,
        client_ref,
        max_by(filled, recorded) filter (kind = 'PROM' and respondent_role = 'self') as prom,
        max_by(filled, recorded) filter (kind = 'PREM' and respondent_role = 'self') as prem,
        max_by(filled, recorded) filter (kind = 'PROM' and respondent_role = 'caretaker') as caretaker
    from scored
    group by all
)
select
    sessions.session_ref as session_key,
    sessions.episode_ref as episode_key,
    clients.client_ref as client_key,
    sessions.worker_ref as worker_key,
    sessions.team_code,
    coalesce(clients.service_code, sessions.service_code) as service_code,
    sessions.session_date,
    sessions.starts_at,
    attended.session_number,
    sessions.attendance,
    sessions.channel,
    sessions.duration_minutes,
    sessions.session_date - clients.opened_on as days_since_opening,
    measured.prom.instrument as prom_instrument,
    measured.prom.score as prom_total,
    measured.prem.instrument as prem_instrument,
    measured.prem.score as prem_total,
    measured.caretaker.instrument as caretaker_prom_instrument,
    measured.caretaker.score as caretaker_prom_total
from '{accepted}/session.parquet' as sessions
left join attended using (session_ref)
left join episode_client as clients on sessions.episode_ref = clients.episode_ref
left join measured on sessions.session_ref = measured.session_ref and clients.client_ref = measured.client_ref;

create table episode as
with series as (
    select
        episode_ref,
        client_ref,
        instrument_code,
        respondent_role,
        respondent_ref,
        count(*) as n,
        min_by(score, (session_date, starts_at, coalesce(entered_at, timestamp '9999-01-01'), source_record_id)) as intake,
        max_by(score, (session_date, starts_at, coalesce(entered_at, timestamp '9999-01-01'), source_record_id)) as last,
        min(session_date) as first_on,
        max(session_date) as last_on
    from form
    where kind = 'PROM' and respondent_role in ('self', 'caretaker') and episode_ref is not null
    group by all
),
headline as (
    select distinct on (episode_ref, client_ref) *
    from series
    order by
        episode_ref,
        client_ref,
        case when respondent_role = 'caretaker' then 2 when n >= 2 then 1 else 3 end,
        n desc,
        case when respondent_role = 'self' then last_on end desc nulls last,
        case when respondent_role = 'caretaker' then first_on end,
        instrument_code
),
client as (
    select client_ref, min(birth_date) as birth_date, coalesce(min(birth_year), year(min(birth_date))) as birth_year
    from '{accepted}/episode_client.parquet'
    group by all
),
met as (
    select
        episode_ref,
        sum(n) as n_sessions,
        max_by(team_code, (n, last_number)) as team_code
    from (
        select episode_ref, team_code, count(*) as n, max(session_number) as last_number
        from attended group by all
    )
    group by all
),
joined as (
    select
        episodes.* exclude (team_code),
        coalesce(met.team_code, episodes.team_code) as team_code,
        coalesce(met.n_sessions, 0) as n_sessions,
        headline.instrument_code as prom_instrument,
        headline.respondent_role as prom_respondent,
        coalesce(headline.n, 0) as n_prom,
        headline.intake as prom_intake,
        case when headline.n >= 2 then headline.last end as prom_last,
        case
            when headline.instrument_code = 'CORS' then 'child'
            when year(headline.first_on) - client.birth_year
                - case when month(headline.first_on) < month(client.birth_date) then 1 else 0 end < 18 then 'adolescent'
            else 'adult'
        end as parameter_group
    from episode_client as episodes
    left join met using (episode_ref)
    left join headline using (episode_ref, client_ref)
    left join client using (client_ref)
)
select
    joined.episode_ref as episode_key,
    joined.client_ref as client_key,
    joined.service_code,
    joined.team_code,
    joined.referred_on,
    joined.opened_on,
    joined.closed_on,
    case when joined.closed_on is not null then coalesce(joined.ending_code, 'unknown') end as ending_code,
    joined.n_sessions,
    joined.prom_instrument,
    joined.prom_respondent,
    joined.n_prom,
    joined.prom_intake,
    joined.prom_last,
    case
        when joined.prom_last is null or thresholds.cutoff is null then null
        when joined.prom_last - joined.prom_intake >= thresholds.reliable_change
            then case
                when joined.prom_intake <= thresholds.cutoff and joined.prom_last > thresholds.cutoff then 'recovered'
                else 'improved'
            end
        when joined.prom_intake - joined.prom_last >= thresholds.reliable_change then 'deteriorated'
        else 'unchanged'
    end as change_class
from joined
left join '{seeds}/instrument_parameter.csv' as thresholds
    on thresholds.parameter_set = 'pcoms'
    and thresholds.instrument_code = joined.prom_instrument
    and thresholds.parameter_group = joined.parameter_group
    and thresholds.respondent_role = joined.prom_respondent;

create table team_quarter as
select
    date_trunc('quarter', closed_on) as closed_quarter,
    team_code,
    service_code,
    prom_instrument,
    prom_respondent,
    count(*) as n_closed,
    count(*) filter (is_in_change) as n_in_change,
    sum(prom_intake) filter (is_in_change) as sum_intake,
    sum(prom_last) filter (is_in_change) as sum_last,
    sum(prom_intake * prom_intake) filter (is_in_change) as sum_intake_squared,
    sum(prom_last * prom_last) filter (is_in_change) as sum_last_squared,
    sum(prom_intake * prom_last) filter (is_in_change) as sum_product
from (select *, change_class is not null and n_sessions > 0 as is_in_change from episode)
where closed_on >= coalesce(opened_on, referred_on)
group by all
