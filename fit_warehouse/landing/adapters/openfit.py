"""OpenFIT's import files: a line is a client's meeting with an outcome and an alliance form.

The five templates hold workers, clients and cases; with raters, with meetings, with both, or all. One
line gives rows of several tables: what it repeats of a case, a client or a worker is given once, and
what it contradicts is given as often as it is said. docs/how_to/openfit.md says how columns and codes
are read; names, notes and columns of one's own are not, unless a setting names them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import duckdb

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract, tabular
from fit_warehouse.landing.adapters.base import Load, Part, Reading
from fit_warehouse.landing.adapters.openfit_columns import SOURCE, Piece
from fit_warehouse.landing.adapters.openfit_shape import SIGNATURE, Shape
from fit_warehouse.landing.adapters.shared_rows import SharedRows
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.refusal import RefusedFileError
from fit_warehouse.settings import OpenFIT

LONGEST_HEADER = 1 << 16
NO_SERVICE = (
    "no service is set for its locations, so their own names stand for the service "
    "(settings openfit.service_by_location, openfit.default_service)"
)


class OpenFITFiles:
    """Recognised by the columns that every template has."""

    name = "openfit"
    version = 1

    def __init__(self, settings: OpenFIT) -> None:
        _check(settings)
        self.settings = settings

    def recognise(self, file: LandingFile) -> bool:
        """Return whether a table of the file has the columns of a template."""
        return bool(_sheets(file))

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return the parts that the file's template holds."""
        found = _sheets(file)
        parts: list[Part] = []
        notes: list[str] = []
        for sheet, header in found.items():
            shape = Shape.of(
                header or tabular.header(file.path, sheet, tuple(SOURCE.values())), self.settings
            )
            rows = SharedRows(file.path, sheet, {**SOURCE, **shape.named})
            pieces = shape.pieces(self.settings)
            # Broken lines count with the forms they would have held; without forms, once.
            first = pieces[:1] if "response" not in {piece.table for piece in pieces} else []
            for piece in pieces:
                has_malformed = piece.table == "response" or piece in first
                name = f"{sheet} {piece.name}".strip() if len(found) > 1 else piece.name
                origin = {own: shape.named.get(source, "") for own, source in piece.origin.items()}
                parts.append(
                    Part(
                        contract.tables()[piece.table],
                        _loader(rows, piece, has_malformed=has_malformed),
                        name,
                        {own: source for own, source in origin.items() if source},
                        email_refs=frozenset({"worker_ref"}),
                    )
                )
            if shape.unread:
                notes.append(f"columns that are not read: {', '.join(shape.unread)}")
        has_service = any("service_code" in part.table.names for part in parts)
        if has_service and not (self.settings.service_by_location or self.settings.default_service):
            notes.append(NO_SERVICE)
        return Reading(tuple(parts), tuple(notes), self._told())

    def _told(self) -> str:
        """Return the hash of what the settings say, nothing where they say nothing."""
        if self.settings == OpenFIT():
            return ""
        said = json.dumps(asdict(self.settings), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def _loader(rows: SharedRows, piece: Piece, *, has_malformed: bool) -> Load:
    table = contract.tables()[piece.table]
    return lambda connection: rows.deliver(
        connection,
        table,
        piece.columns,
        where=piece.where,
        is_distinct=piece.is_distinct,
        has_malformed=has_malformed,
    )


def _sheets(file: LandingFile) -> dict[str, tuple[str, ...]]:
    """Return the headers of the sheets that have the columns of a template.

    A header is empty when it has these columns but cannot be read: why is said when it is.
    """
    if file.path.suffix.lower() not in tabular.SUFFIXES:
        return {}
    found = {}
    try:
        for sheet in tabular.sheets(file.path):
            header = tabular.header(file.path, sheet, (*SOURCE.values(), *SIGNATURE))
            if {name.casefold() for name in header} >= SIGNATURE:
                found[sheet] = header
    except RefusedFileError:
        with file.path.open("rb") as opened:
            beginning = opened.read(LONGEST_HEADER).split(b"\n", 1)[0].lower()
        if all(name.encode() in beginning for name in SIGNATURE):
            found[""] = ()
    return found


def _check(settings: OpenFIT) -> None:
    """Refuse settings that name a table or a column that is none."""
    known = OpenFIT().tables
    for table in settings.tables:
        if table not in known:
            raise UsageError(f"setting openfit.tables: {table} is none of {', '.join(known)}")
    for target in settings.columns:
        table, _, name = target.partition(".")
        allowed = (
            [column.name for column in contract.tables()[table].columns] if table in known else []
        )
        if name not in allowed:
            raise UsageError(
                f"setting openfit.columns: {target} is not <table>.<column> of the intake contract; "
                + (
                    f"{table} has {', '.join(allowed)}"
                    if allowed
                    else f"tables: {', '.join(known)}"
                )
            )
