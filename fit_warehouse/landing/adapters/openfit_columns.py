"""How the columns and codes of OpenFIT's import file become those of the contract, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fit_warehouse.landing.names import literal
from fit_warehouse.settings import OpenFIT

ITEMS = range(1, 5)
# What a column of the template is called in the SQL here.
SOURCE = {
    "location": "Service_Location",
    "provider": "Provider_ID",
    "email": "Provider_Email",
    "client": "Client_ID",
    "gender": "Client_Gender",
    "age_group": "Client_Group",
    "case_id": "Case_ID",
    "case_date": "Case_Date",
    "session": "Session_ID",
    "session_date": "Session_Date",
    "rater_role": "Collateral_Role",
    "rater": "Collateral_ID",
    **{
        own: name
        for form in ("ORS", "SRS")
        for own, name in {
            f"{form.lower()}_skip": f"{form}_Skip",
            **{f"{form.lower()}_{number}": f"{form}Q{number}" for number in ITEMS},
            f"{form.lower()}_total": f"Total_{form}",
        }.items()
    },
}

INSTRUMENTS = {
    "ORS": {"adult": "ORS", "adolescent": "ORS", "child": "CORS"},
    "SRS": {"adult": "SRS", "adolescent": "SRS", "child": "CSRS"},
}
GENDERS = {
    "female": "female",
    "male": "male",
    "declinedtostate": "unknown",
    **dict.fromkeys(
        (
            *("transfeminine", "transmasculine", "genderexpansivenonbinary", "twospirit"),
            *("questioning", "additionalcategory"),
        ),
        "other",
    ),
}
RATERS = {
    **dict.fromkeys(("caretaker", "parent", "guardian", "family", "familymember"), "caretaker"),
    "professional": "professional",
}
SKIPPED = {"y": "1", "1": "1", "n": "0", "0": "0"}

WORKER = "coalesce({0}provider, lower({0}email))"
SESSION = "case_id || '|' || session"
IS_CHILD = "lower(age_group) = 'child'"
IS_MEETING = "(session is not null or session_date is not null)"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part that a template may hold: SQL for the contract's columns.

    Attributes
    ----------
    origin : dict of str to str
        Which column in `SOURCE` a contract column comes from, where that is one column.
    """

    table: str
    name: str
    columns: Mapping[str, str]
    origin: Mapping[str, str]
    where: str = "true"
    is_distinct: bool = True


def mapped(text: str, codes: Mapping[str, str]) -> str:
    """Return SQL that translates codes however they are capitalised; others stay as they are."""
    plain = f"lower(regexp_replace({text}, '[ _-]', '', 'g'))"
    whens = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in codes.items())
    return f"case {plain} {whens} else {text} end"


def service(settings: OpenFIT) -> str:
    """Return SQL for the service of a location: its own name where no setting says another."""
    last = literal(settings.default_service) if settings.default_service else "location"
    whens = " ".join(
        f"when {literal(place)} then {literal(code)}"
        for place, code in settings.service_by_location.items()
    )
    return f"case location {whens} else {last} end" if whens else last


def form(kind: str) -> Piece:
    """Return the forms of one kind, "ORS" or "SRS": one row for each line."""
    prefix = kind.lower()
    scores = [f"{prefix}_{number}" for number in ITEMS]
    meeting = "coalesce(session, 'on ' || session_date, '')"
    record = ["coalesce(case_id, '')", meeting, "coalesce(client, '')"]
    record += ["coalesce(rater, rater_role, '')", f"'{kind}'"]
    return Piece(
        "response",
        kind,
        {
            "source_system": "'openfit'",
            "source_record_id": " || '|' || ".join(record),
            "client_ref": "client",
            "episode_ref": "case_id",
            "session_ref": SESSION,
            "session_date": "session_date",
            "instrument_code": mapped("age_group", INSTRUMENTS[kind]),
            "respondent_role": "case when coalesce(rater, rater_role) is null then 'self' "
            f"else {mapped('rater_role', RATERS)} end",
            "respondent_ref": "rater",
            "worker_ref": WORKER.format(""),
            "team_code": "location",
            "is_skipped": mapped(f"{prefix}_skip", SKIPPED),
            **{f"item_{number}": score for number, score in zip(ITEMS, scores, strict=True)},
            "total": f"{prefix}_total",
        },
        {
            "client_ref": "client",
            "session_date": "session_date",
            "instrument_code": "age_group",
            "respondent_role": "rater_role",
            "respondent_ref": "rater",
            "team_code": "location",
            "is_skipped": f"{prefix}_skip",
            **{f"item_{number}": score for number, score in zip(ITEMS, scores, strict=True)},
            "total": f"{prefix}_total",
        },
        # A case whose first meeting is still to come has neither a meeting nor a form.
        where=f"{IS_MEETING} or coalesce({', '.join(scores)}, {prefix}_total) is not null",
        is_distinct=False,
    )


def session(settings: OpenFIT) -> Piece:
    """Return the meetings; one of their workers is named here, the others stand in further_worker."""
    return Piece(
        "session",
        "",
        {
            "session_ref": SESSION,
            "episode_ref": "case_id",
            "session_date": "session_date",
            "attendance": "'attended'",
            "worker_ref": f"min({WORKER.format('')})",
            "team_code": "location",
            "service_code": service(settings),
        },
        {
            "session_ref": "session",
            "episode_ref": "case_id",
            "session_date": "session_date",
            "team_code": "location",
        },
        where=IS_MEETING,
    )


def further_worker() -> Piece:
    """Return the workers of a meeting beside the one that the meeting names."""
    first = (
        f"select min({WORKER.format('other.')}) from source_rows as other "
        "where other.case_id = source_rows.case_id and other.session = source_rows.session"
    )
    return Piece(
        "session_worker",
        "",
        {"session_ref": SESSION, "worker_ref": WORKER.format("")},
        {"session_ref": "session", "worker_ref": "provider"},
        where=f"{WORKER.format('')} > ({first})",
    )


def episode(settings: OpenFIT) -> Piece:
    """Return the cases."""
    return Piece(
        "episode",
        "",
        {
            "episode_ref": "case_id",
            "service_code": service(settings),
            "team_code": "location",
            "opened_on": "case_date",
        },
        {"episode_ref": "case_id", "team_code": "location", "opened_on": "case_date"},
    )


def episode_client() -> Piece:
    """Return the clients of the cases: one who was ever in a child's group is a child."""
    return Piece(
        "episode_client",
        "",
        {
            "episode_ref": "case_id",
            "client_ref": "client",
            "role": f"case when bool_or({IS_CHILD}) then 'child' else 'other' end",
            "gender": mapped("gender", GENDERS),
        },
        {"episode_ref": "case_id", "client_ref": "client", "gender": "gender"},
    )


def worker() -> Piece:
    """Return the workers of the teams."""
    return Piece(
        "worker",
        "",
        {"worker_ref": WORKER.format(""), "team_code": "location"},
        {"worker_ref": "provider", "team_code": "location"},
    )
