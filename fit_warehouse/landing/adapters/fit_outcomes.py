"""Answers of the FIT-Outcomes API, saved as JSON: clients with their episodes, sessions and scores.

Every name of a field lies in `fit_outcomes.toml`. Of a client the id, the birth and the gender are
read, of the others ids, times and scores: no names, contact details or notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters import fit_outcomes_things as things
from fit_warehouse.landing.adapters import json_source, own_table
from fit_warehouse.landing.adapters.base import Load, Part, Reading
from fit_warehouse.landing.adapters.json_values import clock, day, local_time
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.names import literal, quoted
from fit_warehouse.landing.refusal import RefusedFileError
from fit_warehouse.settings import Settings

SHIPPED = Path(__file__).with_name("fit_outcomes.toml")
FIXED = ("", "lists", "client", "episode", "rater", "session", "score", "ors", "srs")
# Sections that translate codes, and the contract's column whose words they lead to.
WORDS = {
    "ors_form": ("response", "instrument_code"),
    "srs_form": ("response", "instrument_code"),
    "rater_role": ("response", "respondent_role"),
    "attendance": ("session", "attendance"),
    "gender": ("episode_client", "gender"),
    "ending": ("episode", "ending_code"),
}


@dataclass(frozen=True, slots=True)
class FitOutcomes:
    """Recognised by the name of the file, or by the lists that only these answers have."""

    said: Mapping[str, Any]
    max_document_mb: int
    name = "fit-outcomes"
    version = 1

    @classmethod
    def of(cls, settings: Settings) -> FitOutcomes:
        """Return the adapter that the settings describe."""
        own = settings.paths.fit_outcomes_table
        said = own_table.merged(SHIPPED, own, setting="paths.fit_outcomes_table", fixed=FIXED)
        for section in FIXED[1:]:
            said[section] = {name: _several(names) for name, names in said[section].items()}
        _check(said, str(own or SHIPPED))
        return cls(said, settings.land.max_document_mb)

    def recognise(self, file: LandingFile) -> bool:
        """Return whether a JSON file is named as such an answer or begins as one."""
        text = json_source.beginning(file.path)
        if not text:
            return False
        lists = self.said["lists"]
        own = (*lists["episode"], *lists["rater"], "ors_score", "srs_score")
        return any(fnmatch(file.path.name, pattern) for pattern in self.said["files"]) or any(
            json_source.has_name(text, name) for name in own
        )

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return the tables that the answer's things make up."""
        by_line = json_source.check(connection, file.path, max_document_mb=self.max_document_mb)
        kind = things.kind_of_name(file.path.stem)
        things.create(connection)
        for _ in json_source.read(connection, file.path, by_line=by_line):
            things.add(connection, self.said, kind)
        parts = tuple(self._parts(connection))
        if not parts:
            raise RefusedFileError("no_rows")
        return Reading(parts, told=own_table.told(self.said))

    def _parts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[Part]:
        """Yield a part for every table that has rows, and one for the lines that are no JSON."""
        response = contract.tables()["response"]
        if _count(connection, "select * from json_malformed"):
            # The others count things, not lines.
            nothing = ", ".join(f"null::varchar as {name}" for name in response.names)
            query = f"select 1::bigint as row_number, {nothing} limit 0"
            lines = "select * from json_malformed"
            yield Part(response, _loader(query, response.names, lines), "lines")
        for table, sheet, source, elements in (
            ("response", "scores", _FORMS, self._form()),
            ("session", "sessions", _SESSIONS, self._session()),
            ("episode", "treatment episodes", "fit_episode", self._episode()),
            ("episode_client", "clients", _CLIENTS, self._client()),
        ):
            if _count(connection, f"select * from {source}"):
                columns = ", ".join(f"{sql} as {quoted(name)}" for name, sql in elements.items())
                query = f"select row_number, {columns} from {source}"
                yield Part(contract.tables()[table], _loader(query, tuple(elements)), sheet)

    def _form(self) -> dict[str, str]:
        role = self._word("rater_role", "rater_kind")
        instrument = " ".join(
            f"when '{scale}' then {self._word(f'{scale}_form', 'form')}" for scale in things.SCALES
        )
        items = [f"item_{n}" for n in range(1, things.ITEMS + 1)]
        return {
            "source_system": literal(self.said["source_system"]),
            # ORS and SRS scores may be counted apart; without an id the session tells them apart.
            "source_record_id": "concat_ws(':', scale, coalesce(id, 'session:' || session), "
            "case when id is null then rater end)",
            "client_ref": "client",
            "episode_ref": "episode",
            "session_ref": "session",
            "session_date": day("date"),
            "entered_at": clock("entered_at"),
            "instrument_code": f"case scale {instrument} end",
            "respondent_role": f"case when rater is null then 'self' else {role} end",
            # A rater's number is none of a client's.
            "respondent_ref": "'collateral rater:' || rater",
            "worker_ref": "worker",
            "team_code": self._code("team", "team"),
            **{name: name for name in items},
            "total": "total",
            "extracted_at": local_time("changed_at"),
        }

    def _session(self) -> dict[str, str]:
        return {
            "session_ref": "id",
            "episode_ref": "episode",
            "session_date": day("date"),
            "starts_at": clock("date"),
            "attendance": self._word("attendance", "status"),
            "worker_ref": "worker",
            "team_code": self._code("team", "team"),
            "service_code": self._code("service", "service"),
            "extracted_at": local_time("changed_at"),
        }

    def _episode(self) -> dict[str, str]:
        ending = self._word("ending", "ending")
        return {
            "episode_ref": "id",
            "service_code": self._code("service", "service"),
            "team_code": self._code("team", "team"),
            "opened_on": day("opened_on"),
            "closed_on": day("closed_on"),
            "ending_code": f"case when ending is not null then {ending} end",
            "extracted_at": local_time("changed_at"),
        }

    def _client(self) -> dict[str, str]:
        gender = self._word("gender", "gender")
        return {
            "episode_ref": "id",
            "client_ref": "client",
            "role": "'index'",
            "birth_date": day("birth_date"),
            "birth_year": "birth_year",
            "gender": f"case when gender is not null then {gender} end",
            "extracted_at": local_time("changed_at"),
        }

    def _word(self, section: str, column: str) -> str:
        """Return SQL for a word of the contract; one that has none stays, for the rules to judge."""
        said = self.said[section]
        whens = " ".join(
            f"when {literal(word.lower())} then {literal(meaning)}"
            for word, meaning in said.items()
        )
        return f"case lower(coalesce({column}, '')) {whens} else {column} end" if whens else column

    def _code(self, section: str, column: str) -> str:
        """Return SQL for a team or service, by the table, else as it is, else the one that holds for all."""
        whens = " ".join(
            f"when {literal(code)} then {literal(meaning)}"
            for code, meaning in self.said[section].items()
        )
        own = f"case {column} {whens} else {column} end" if whens else column
        return f"coalesce({own}, nullif({literal(self.said[f'{section}_code'])}, ''))"


# A form is about its session's client, whom an episode around the session may name.
_FORMS = """(
    select score.*, rater_kind
    from fit_score as score
    left join (select id, max(kind) as rater_kind from fit_rater group by id) as known
        on known.id = score.rater
)"""
# A session without a service or a team of its own takes them from the episode around it.
_SESSIONS = """(
    select session.* replace (
        coalesce(session.team, around.team) as team, coalesce(session.service, around.service) as service
    )
    from fit_session as session
    left join (
        select id, max(team) as team, max(service) as service from fit_episode group by id
    ) as around on around.id = session.episode
)"""
_CLIENTS = """(
    select episode.*, birth_date, birth_year, gender
    from fit_episode as episode
    left join (
        select id, max(birth_date) as birth_date, max(birth_year) as birth_year, max(gender) as gender
        from fit_client group by id
    ) as person on person.id = episode.client
)"""


def _loader(
    query: str, names: tuple[str, ...], malformed: str = "select 1::bigint as row_number limit 0"
) -> Load:
    def fill(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
        connection.execute(f"create or replace temp table delivered as {query}")
        connection.execute(f"create or replace temp table malformed as {malformed}")
        return names

    return fill


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"select count(*) from ({query})").fetchone()
    return int(row[0]) if row else 0


def _several(names: str | list[str]) -> list[str]:
    """Return names of a field; one may be said without a list."""
    return [names] if isinstance(names, str) else list(names)


def _check(said: Mapping[str, Any], file: str) -> None:
    """Refuse words that the contract does not have."""
    for section, (table, column) in WORDS.items():
        allowed = contract.tables()[table][column].values
        if column == "instrument_code":
            allowed = tuple(known.code for known in contract.instruments())
        if not set(said[section].values()) <= set(allowed):
            raise UsageError(f"{file}: {section} leads to one of {', '.join(allowed)}")
