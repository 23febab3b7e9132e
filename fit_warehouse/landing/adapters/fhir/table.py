"""The table that says how FHIR resources are to be understood: the one that ships, and the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters import own_table

SHIPPED = Path(__file__).with_name("fhir.toml")
CODES = ("team", "service", "channel", "attendance")
OF_FORM = ("is_skipped", "skip_reason", "session_date", "respondent_role", "team_code")


@dataclass(frozen=True, slots=True)
class FhirTable:
    """What `fhir.toml` explains, checked.

    Attributes
    ----------
    content : dict
        The sections of the shipped table with the user's own entries in and over them.
    """

    content: Mapping[str, Any]

    @property
    def told(self) -> str:
        """Return the hash of what is said here."""
        return own_table.told(self.content)

    def constant(self, name: str) -> str:
        """Return a value that holds for every row; empty when there is none."""
        return str(self.content[name])

    def extensions(self, table: str) -> Mapping[str, str]:
        """Return {url: column} of the extensions that give columns of a contract table."""
        found: Mapping[str, str] = self.content["extension"][table]
        return found

    def put(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fill the temporary tables `fhir_questionnaire`, `fhir_link` and `fhir_code`."""
        forms = self.content["questionnaire"]
        codes = ((kind, *pair) for kind in CODES for pair in self.content[kind].items())
        rows: dict[str, tuple[tuple[str, ...], list[tuple[str | None, ...]]]] = {
            "fhir_questionnaire": (
                ("canonical", "instrument_code", "respondent_role"),
                [
                    (name, form["instrument_code"], form.get("respondent_role"))
                    for name, form in forms.items()
                ],
            ),
            "fhir_link": (
                ("canonical", "link_id", "column_name"),
                [(name, *link) for name, form in forms.items() for link in _links(form)],
            ),
            "fhir_code": (("kind", "code", "meaning"), list(codes)),
        }
        for name, (columns, content) in rows.items():
            frame = pl.DataFrame(content, dict.fromkeys(columns, pl.String), orient="row")
            connection.register("said", frame.to_arrow())
            connection.execute(f"create or replace temp table {name} as select * from said")
            connection.unregister("said")


def _links(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (linkId, column) of a questionnaire."""
    if "links" in form:
        yield from form["links"].items()
    else:
        yield from ((name, name) for name in (*contract.item_columns(), "total"))


def load(path: Path | None) -> FhirTable:
    """Return the shipped table with the user's own in and over it.

    Raises
    ------
    UsageError
        When the user's table is not there, or says something that cannot be understood.
    """
    content = own_table.merged(SHIPPED, path, setting="paths.fhir_table", fixed=("", "extension"))
    table = FhirTable(content)
    _check(table, str(path or SHIPPED))
    return table


def _check(table: FhirTable, file: str) -> None:
    """Refuse columns, codes and instruments that the contract does not have."""
    instruments = {known.code for known in contract.instruments()}
    targets = {*contract.item_columns(), "total", *OF_FORM}
    for canonical, form in table.content["questionnaire"].items():
        if not isinstance(form, dict) or form.get("instrument_code") not in instruments:
            known = ", ".join(sorted(instruments))
            raise UsageError(
                f"{file}: questionnaire {canonical}: instrument_code is one of {known}"
            )
        wrong = {column for _, column in _links(form)} - targets
        if wrong or form.keys() - {"instrument_code", "respondent_role", "links"}:
            raise UsageError(
                f"{file}: questionnaire {canonical}: has instrument_code, respondent_role and links; "
                f"links lead to item_1 ..., total, {', '.join(OF_FORM)}"
            )
    for name in ("channel", "attendance"):
        allowed = contract.tables()["session"][name].values
        if not set(table.content[name].values()) <= set(allowed):
            raise UsageError(f"{file}: {name} leads to one of {', '.join(allowed)}")
    for name, extensions in table.content["extension"].items():
        wrong = set(extensions.values()) - set(contract.tables()[name].names)
        if wrong:
            raise UsageError(f"{file}: extension.{name}: no column {', '.join(sorted(wrong))}")
