"""The tables of the intake contract from FHIR resources, one SELECT each, all columns as text."""

from __future__ import annotations

from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters.fhir.elements import (
    columns,
    ref_id,
    ref_type,
    value,
)
from fit_warehouse.landing.adapters.fhir.resources import LEVELS
from fit_warehouse.landing.adapters.fhir.table import OF_FORM, FhirTable
from fit_warehouse.landing.adapters.json_values import clock, day, local_time
from fit_warehouse.landing.names import literal

# What a later extract will tell again: answers that still change, meetings yet to come or under way.
UNFINISHED_FORM = "in-progress"
UNFINISHED_MEETING = ("planned", "arrived", "triaged", "in-progress", "onleave")
WRONG = "entered-in-error"
IS_WORKER = "in ('Practitioner', 'PractitionerRole')"
EXTRACTED = local_time("r.meta.lastUpdated")
CODED = {
    "team_code": "team",
    "service_code": "service",
    "onward_service_code": "service",
    "channel": "channel",
    "attendance": "attendance",
}


def of_link() -> tuple[str, ...]:
    """Return the columns of a form that its answers may fill."""
    return (*contract.item_columns(), "total", *OF_FORM)


def forms(table: FhirTable) -> str:
    """Return SQL for the rows of `response`."""
    answerer = f"""
        case when r.source is not null then r.source
        when {ref_type("r.author")} in ('Patient', 'RelatedPerson') then r.author end"""
    subject, person, kind = ref_id("r.subject"), ref_id("answerer"), ref_type("answerer")
    elements = {
        "source_system": literal(table.constant("source_system")),
        "source_record_id": "id",
        "client_ref": subject,
        "session_ref": ref_id("r.encounter"),
        "session_date": day("r.authored"),
        "entered_at": clock("r.authored"),
        "instrument_code": "instrument_code",
        "respondent_role": f"""
            case
                when {kind} = 'RelatedPerson' then 'caretaker'
                when {kind} {IS_WORKER} then 'professional'
                when {person} = {subject} then 'self'
                when {kind} = 'Patient' then 'caretaker'
                else default_role
            end""",
        "respondent_ref": f"case when {person} <> {subject} then {person} end",
        "worker_ref": f"case when {ref_type('r.author')} {IS_WORKER} then {ref_id('r.author')} end",
        "team_code": f"coalesce(provider, {_constant(table, 'team_code')})",
        "extracted_at": EXTRACTED,
    }
    chosen = columns(
        contract.tables()["response"], elements, table.extensions("response"), of_link()
    )
    return f"""
        with provider as (
            select id, max({ref_id("r.serviceProvider")}) as provider
            from fhir_resource where kind = 'Encounter' group by id
        ),
        form as (
            select f.*, {answerer} as answerer, instrument_code, provider,
                q.respondent_role as default_role, q.canonical
            from fhir_resource as f
            left join fhir_questionnaire as q on q.canonical = {canonical("f.r.questionnaire")}
            left join provider on provider.id = {ref_id("f.r.encounter")}
            where kind = 'QuestionnaireResponse'
                and coalesce(f.r.status not in ('{UNFINISHED_FORM}', '{WRONG}'), true)
                and (q.canonical is not null or f.r.questionnaire is null)
        ),
        {_answers()},
        chosen as (
            select form.row_number, {chosen}
            from form left join answers on answers.row_number = form.row_number
        )
        {_mapped("response")}
    """


def canonical(questionnaire: str) -> str:
    """Return SQL for the name under which the table has a questionnaire, with its version or without."""
    return f"""(
        case when {questionnaire} in (select canonical from fhir_questionnaire) then {questionnaire}
        else split_part({questionnaire}, '|', 1) end)"""


def _answers() -> str:
    """Return SQL for `answers`: a form's answers under the contract's columns.

    Two different answers to one question become a text that is no number and no code.
    """
    levels = ["level_1 as (select row_number, canonical, unnest(r.item) as item from form)"]
    levels += [
        f"level_{n} as (select row_number, canonical, unnest(item.item) as item from level_{n - 1})"
        for n in range(2, LEVELS + 1)
    ]
    every = " union all ".join(
        f"select row_number, canonical, item.linkId as link_id, unnest(item.answer) as answer "
        f"from level_{n}"
        for n in range(1, LEVELS + 1)
    )
    pivoted = ", ".join(
        f"max(given) filter (where column_name = '{name}') as {name}" for name in of_link()
    )
    return f"""
        {", ".join(levels)},
        given as ({every}),
        linked as (
            select row_number, column_name,
                string_agg(distinct {value("answer")}, '; ' order by {value("answer")}) as given
            from given join fhir_link using (canonical, link_id)
            group by row_number, column_name
        ),
        answers as (select row_number, {pivoted} from linked group by row_number)
    """


def meetings(table: FhirTable) -> str:
    """Return SQL for the rows of `session`."""
    unit = """
        case lower(coalesce(r.length.code, r.length.unit))
            when 'min' then 1 when 'minute' then 1 when 'minutes' then 1
            when 'h' then 60 when 'hour' then 60 when 'hours' then 60
        end"""
    lasted = f"""date_diff(
        'minute', try_cast({clock("r.period.start")} as timestamp),
        try_cast({clock("r.period.end")} as timestamp))"""
    elements = {
        "session_ref": "id",
        "episode_ref": ref_id("r.episodeOfCare[1]"),
        "session_date": day("r.period.start"),
        "starts_at": clock("r.period.start"),
        "duration_minutes": f"""
            cast(coalesce(round(try_cast(r.length.value as double) * {unit}), {lasted}) as bigint)""",
        "attendance": "case when is_missed then 'no_show' else r.status end",
        "worker_ref": f"{ref_id(_workers())}",
        "team_code": f"coalesce({ref_id('r.serviceProvider')}, {_constant(table, 'team_code')})",
        "service_code": _service(table, "coalesce(r.serviceType, r.type[1])"),
        "channel": "r.class.code",
        "extracted_at": EXTRACTED,
    }
    chosen = columns(contract.tables()["session"], elements, table.extensions("session"))
    unfinished = ", ".join(f"'{status}'" for status in UNFINISHED_MEETING)
    return f"""
        with missed as (
            select distinct id from fhir_resource where kind = 'Appointment' and r.status = 'noshow'
        ),
        meeting as (
            select f.*, missed.id is not null as is_missed
            from fhir_resource as f left join missed on missed.id = {ref_id("f.r.appointment[1]")}
            where kind = 'Encounter' and r.status is distinct from '{WRONG}'
        ),
        chosen as (select row_number, {chosen} from meeting),
        mapped as ({_mapped("session")})
        select * from mapped where coalesce(attendance not in ({unfinished}), true)
    """


def _workers(position: int = 1) -> str:
    """Return SQL for the professional who is the given one in a meeting's participants."""
    who = "one.individual"
    return (
        f"list_filter(r.participant, lambda one: {ref_type(who)} {IS_WORKER} "
        f"or ({ref_type(who)} is null and {ref_id(who)} is not null))[{position}].individual"
    )


def further(name: str, position: int) -> str:
    """Return SQL for the rows of `session_worker` or `session_episode`.

    Parameters
    ----------
    name
        The table.
    position
        Which worker or episode of a meeting, from 2: the first is in `session`.
    """
    other = _workers(position) if name == "session_worker" else f"r.episodeOfCare[{position}]"
    key = contract.tables()[name].key[1]
    elements = {"session_ref": "id", key: ref_id(other), "extracted_at": EXTRACTED}
    return f"""
        with meeting as (
            select * from fhir_resource
            where kind = 'Encounter' and r.status is distinct from '{WRONG}'
        )
        select row_number, {columns(contract.tables()[name], elements, {})}
        from meeting where {ref_id(other)} is not null
    """


def episodes(table: FhirTable) -> str:
    """Return SQL for the rows of `episode`."""
    is_closed = "r.status in ('finished', 'cancelled')"
    elements = {
        "episode_ref": "id",
        "service_code": _service(table, "r.type[1]"),
        "team_code": f"coalesce({ref_id('r.managingOrganization')}, {_constant(table, 'team_code')})",
        "referred_on": _began(("planned", "waitlist"), ("planned", "waitlist", "cancelled")),
        "opened_on": _began(("active",), ("active", "onhold", "finished")),
        "closed_on": f"case when {is_closed} then {day('r.period.end')} end",
        # Closed without a day: an ending without closed_on keeps the row out, so that it is mended.
        "ending_code": f"case when {is_closed} and r.period.end is null then 'unknown' end",
        "extracted_at": EXTRACTED,
    }
    chosen = columns(contract.tables()["episode"], elements, table.extensions("episode"))
    return f"""
        with chosen as (
            select row_number, {chosen} from fhir_resource
            where kind = 'EpisodeOfCare' and r.status is distinct from '{WRONG}'
        )
        {_mapped("episode")}
    """


def _began(earlier: tuple[str, ...], now: tuple[str, ...]) -> str:
    """Return SQL for the first day of a status, by the history, else by the present status."""
    of_history = f"""list_min(list_transform(
        list_filter(r.statusHistory, lambda one: list_contains({list(earlier)}, one.status)),
        lambda one: {day("one.period.start")}))"""
    return f"""coalesce({of_history},
        case when list_contains({list(now)}, r.status) then {day("r.period.start")} end)"""


def clients(table: FhirTable) -> str:
    """Return SQL for the rows of `episode_client`; of the person the birth and the gender alone."""
    elements = {
        "episode_ref": "episode.id",
        "client_ref": ref_id("episode.r.patient"),
        "role": "'index'",
        "birth_date": "case length(birth) when 7 then birth || '-01' when 4 then null else birth end",
        "birth_year": "case when length(birth) = 4 then birth end",
        "gender": "gender",
        "extracted_at": local_time("episode.r.meta.lastUpdated"),
    }
    said = table.extensions("episode_client")
    return f"""
        with person as (
            select id, max(r.birthDate) as birth, max(r.gender) as gender
            from fhir_resource where kind = 'Patient' group by id
        )
        select row_number, {columns(contract.tables()["episode_client"], elements, said)}
        from fhir_resource as episode left join person on person.id = {ref_id("episode.r.patient")}
        where kind = 'EpisodeOfCare' and episode.r.status is distinct from '{WRONG}'
    """


def corrections(table: FhirTable) -> str:
    """Return SQL for the rows of `correction`: what a resource said before, it said in error."""
    is_form = "kind = 'QuestionnaireResponse'"
    elements = {
        "table_name": "case kind when 'QuestionnaireResponse' then 'response' "
        "when 'Encounter' then 'session' else 'episode' end",
        "source_system": f"case when {is_form} then {literal(table.constant('source_system'))} end",
        "source_record_id": f"case when {is_form} then id end",
        "session_ref": "case when kind = 'Encounter' then id end",
        "episode_ref": "case when kind = 'EpisodeOfCare' then id end",
        "action": "'delete'",
        "corrected_at": EXTRACTED,
        "extracted_at": EXTRACTED,
    }
    return f"""
        select row_number, {columns(contract.tables()["correction"], elements, {})}
        from fhir_resource
        where r.status = '{WRONG}'
            and kind in ('QuestionnaireResponse', 'Encounter', 'EpisodeOfCare')
    """


def _service(table: FhirTable, concept: str) -> str:
    return f"coalesce({concept}.coding[1].code, {_constant(table, 'service_code')})"


def _constant(table: FhirTable, name: str) -> str:
    return f"nullif({literal(table.constant(name))}, '')"


def _mapped(name: str) -> str:
    """Return SQL for `chosen` with the codes that the table gives for those of the source."""
    coded = [column for column in contract.tables()[name].names if column in CODED]
    joins = " ".join(
        f"left join fhir_code as of_{column} "
        f"on of_{column}.kind = '{CODED[column]}' and of_{column}.code = chosen.{column}"
        for column in coded
    )
    said = ", ".join(f"{_meaning(name, column)} as {column}" for column in coded)
    return f"select chosen.* replace ({said}) from chosen {joins}"


def _meaning(name: str, column: str) -> str:
    """Return SQL for a code of the contract; a channel that has none stays empty."""
    own = f"chosen.{column}"
    if column == "channel":
        allowed = ", ".join(f"'{code}'" for code in contract.tables()[name][column].values)
        own = f"case when {own} in ({allowed}) then {own} end"
    return f"coalesce(of_{column}.meaning, {own})"
