"""HL7 FHIR R4: forms, meetings and episodes from NDJSON, bundles, arrays or single resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters import json_source
from fit_warehouse.landing.adapters.base import Load, Part, Reading
from fit_warehouse.landing.adapters.fhir import queries, resources
from fit_warehouse.landing.adapters.fhir.table import FhirTable, load
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.refusal import RefusedFileError
from fit_warehouse.settings import Settings

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Fhir:
    """Recognised by `resourceType` near the beginning of a file that ends as JSON does."""

    table: FhirTable
    max_document_mb: int
    name = "fhir"
    version = 1

    @classmethod
    def of(cls, settings: Settings) -> Fhir:
        """Return the adapter that the settings describe."""
        return cls(load(settings.paths.fhir_table), settings.land.max_document_mb)

    def recognise(self, file: LandingFile) -> bool:
        """Return whether the file begins as FHIR does; empty ones are this adapter's to refuse."""
        text = json_source.beginning(file.path)
        return text is not None and (not text or json_source.has_name(text, "resourceType"))

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return the tables whose resources are in the file."""
        resources.fill(connection, file.path, max_document_mb=self.max_document_mb)
        self.table.put(connection)
        parts = tuple(self._parts(connection))
        if not parts:
            raise RefusedFileError("no_rows", "; ".join(_notes(connection)))
        return Reading(parts, tuple(_notes(connection)), self.table.told)

    def _parts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[Part]:
        """Yield a part for every table that has rows; lines that are no resource are in the first."""
        counted = _scalar(connection, "select count(*) from json_malformed")
        for table, sheet, query in self._queries(connection):
            if counted or _scalar(connection, f"select count(*) from ({query})"):
                yield Part(contract.tables()[table], _loader(query, table, bool(counted)), sheet)
                counted = 0

    def _queries(self, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, str]]:
        """Yield (table, part of the file, SQL)."""
        yield "response", "QuestionnaireResponse", queries.forms(self.table)
        yield "session", "Encounter", queries.meetings(self.table)
        for table, element in (
            ("session_worker", "participant"),
            ("session_episode", "episodeOfCare"),
        ):
            longest = _scalar(
                connection,
                f"select coalesce(max(len(r.{element})), 0) from fhir_resource where kind = 'Encounter'",
            )
            for position in range(2, longest + 1):
                sheet = f"Encounter.{element} {position}"
                yield table, sheet, queries.further(table, position)
        yield "episode", "EpisodeOfCare", queries.episodes(self.table)
        yield "episode_client", "EpisodeOfCare.patient", queries.clients(self.table)
        yield "correction", "entered-in-error", queries.corrections(self.table)


def _loader(query: str, table: str, has_malformed: bool) -> Load:
    def fill(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
        connection.execute(f"create or replace temp table delivered as {query}")
        limit = "" if has_malformed else "limit 0"
        connection.execute(
            f"create or replace temp table malformed as select * from json_malformed {limit}"
        )
        return contract.tables()[table].names

    return fill


def _notes(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield what was passed over and how often."""
    meetings = ", ".join(f"'{status}'" for status in queries.UNFINISHED_MEETING)
    for query, text in (
        ("select kind, count(*) from fhir_passed group by all", "{0}: not read, {1}"),
        (
            "select kind || ' ' || r.status, count(*) from fhir_resource "
            f"where (kind = 'QuestionnaireResponse' and r.status = '{queries.UNFINISHED_FORM}') "
            f"or (kind = 'Encounter' and r.status in ({meetings})) group by all",
            "{0}: not finished and passed over unless mapped, {1}",
        ),
        (
            "select r.questionnaire, count(*) from fhir_resource where kind = 'QuestionnaireResponse' "
            f"and {queries.canonical('r.questionnaire')} "
            "not in (select canonical from fhir_questionnaire) group by all",
            "questionnaire {0}: not in the table of questionnaires and passed over, {1}",
        ),
    ):
        found = connection.execute(f"{query} order by 2 desc, 1").fetchall()
        yield from (text.format(*row) for row in found[:SHOWN])
        if found[SHOWN:]:
            yield f"and {sum(count for _, count in found[SHOWN:])} others of {len(found) - SHOWN} kinds"


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
