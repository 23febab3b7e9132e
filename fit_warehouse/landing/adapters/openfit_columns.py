"""How the columns and codes of OpenFIT's import file become those of the contract, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fit_warehouse.landing.adapters.shared_rows import literal
from fit_warehouse.landing.refusal import RefusedFileError
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
UNREAD = (
    *("Provider_FirstName", "Provider_LastName", "Client_FirstName", "Client_LastName"),
    *("Collateral_FirstName", "Collateral_LastName", "Collateral_Email", "Notes"),
)
SIGNATURE = frozenset({"service_location", "client_id", "case_id", "case_date"})

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


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of one file.

    Attributes
    ----------
    named : dict of str to str
        What each column of `SOURCE`, and each one of the setting's own, is called in this file.
    unread : tuple of str
        The columns that the template does not have.
    """

    named: Mapping[str, str]
    unread: tuple[str, ...]
    own: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, header: tuple[str, ...], settings: OpenFIT) -> Shape:
        """Return which columns of a header are read.

        Raises
        ------
        RefusedFileError
            When a column is there twice, or one is missing that the template needs.
        """
        actual = {name.casefold(): name for name in header}
        named = {
            own: actual[name.casefold()]
            for own, name in SOURCE.items()
            if name.casefold() in actual
        }
        own = {}
        for number, (target, name) in enumerate(settings.columns.items(), start=1):
            if name.casefold() in actual:
                named[f"own_{number}"] = actual[name.casefold()]
                own[target] = f"own_{number}"
        folded = [name.casefold() for name in header]
        twice = sorted({name for name in named.values() if folded.count(name.casefold()) > 1})
        if twice:
            raise RefusedFileError("duplicate_column", ", ".join(twice))
        shape = cls(named, _unread(header, named), own)
        missing = [SOURCE[name] for name in shape.needed() if name not in named]
        if missing:
            raise RefusedFileError("missing_column", ", ".join(missing))
        return shape

    def forms(self) -> tuple[str, ...]:
        """Return the kinds of forms that the template holds."""
        return tuple(
            kind
            for kind in ("ORS", "SRS")
            if any(name.startswith(f"{kind.lower()}_") for name in self.named)
        )

    def has_sessions(self) -> bool:
        """Return whether the template holds meetings."""
        return bool(self.forms()) or "session" in self.named or "session_date" in self.named

    def needed(self) -> tuple[str, ...]:
        """Return the columns that the template may not lack."""
        always = ("location", "client", "case_id", "case_date", "age_group")
        return (*always, "session", "session_date") if self.has_sessions() else always

    def pieces(self, settings: OpenFIT) -> list[Piece]:
        """Return the parts that the template holds and the setting takes."""
        found = [form(kind) for kind in self.forms()]
        if self.has_sessions():
            found += [session(settings), further_worker()]
        found += [episode(settings), episode_client()]
        if {"provider", "email"} & self.named.keys():
            found.append(worker())
        taken = {*settings.tables, *(["session_worker"] if "session" in settings.tables else [])}
        return [self._with_own(piece) for piece in found if piece.table in taken]

    def _with_own(self, piece: Piece) -> Piece:
        """Return a part with the columns that the setting names for its table."""
        own = {
            target.partition(".")[2]: name
            for target, name in self.own.items()
            if target.partition(".")[0] == piece.table
        }
        columns, origin = {**piece.columns, **own}, {**piece.origin, **own}
        return Piece(piece.table, piece.name, columns, origin, piece.where, piece.is_distinct)


def _unread(header: tuple[str, ...], named: Mapping[str, str]) -> tuple[str, ...]:
    known = {name.casefold() for name in (*named.values(), *UNREAD, *SOURCE.values())}
    return tuple(name for name in header if name and name.casefold() not in known)
