"""The adapter that reads files as a mapping says."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from fit_warehouse.landing import tabular
from fit_warehouse.landing.adapters.base import Load, Part, Reading
from fit_warehouse.landing.adapters.mapping.mapping_file import Mapping
from fit_warehouse.landing.adapters.mapping.sources import MappedPart
from fit_warehouse.landing.adapters.shared_rows import SharedRows
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.refusal import RefusedFileError


class MappedFiles:
    """Recognised by the names that the mappings say they are for."""

    name = "mapping"
    version = 1

    def __init__(self, mappings: Sequence[Mapping]) -> None:
        self.mappings = mappings

    def recognise(self, file: LandingFile) -> bool:
        """Return whether a mapping is for the file.

        Raises
        ------
        RefusedFileError
            When two are.
        """
        return self._of(file) is not None

    def _of(self, file: LandingFile) -> Mapping | None:
        if file.path.suffix.lower() not in tabular.SUFFIXES:
            return None
        fitting = [mapping for mapping in self.mappings if mapping.fits(file)]
        if len(fitting) > 1:
            names = ", ".join(mapping.path.name for mapping in fitting)
            raise RefusedFileError("two_mappings", names)
        return fitting[0] if fitting else None

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return the parts that the file's mapping says it has."""
        mapping = self._of(file)
        if mapping is None:
            raise RefusedFileError("unknown_table", "no mapping")
        sheet = _sheet(mapping, file)
        header = tabular.header(file.path, sheet, mapping.columns)
        missing = [name for name in mapping.columns if name not in header]
        if missing:
            where = f"{', '.join(missing)}; mapping {mapping.path.name}"
            raise RefusedFileError("missing_column", where)
        twice = [name for name in mapping.columns if header.count(name) > 1]
        if twice:
            raise RefusedFileError("duplicate_column", ", ".join(twice))
        names = {name: f"c{number}" for number, name in enumerate(mapping.columns)}
        rows = SharedRows(file.path, sheet, {own: name for name, own in names.items()})
        # Broken rows count where a row is a row; where no part is so, in the first.
        whole = [part for part in mapping.parts if not part.is_distinct] or [mapping.parts[0]]
        parts = tuple(
            Part(
                part.table,
                _loader(rows, part, names, has_malformed=part in whole),
                part.name,
                part.origin(),
            )
            for part in mapping.parts
        )
        unread = dict.fromkeys(
            name for name in header if name and name not in (*mapping.columns, *mapping.drop)
        )
        notes = []
        if unread:
            notes.append(
                f"columns that mapping {mapping.path.name} does not name: {', '.join(unread)}"
            )
        chosen = [part.where(names) for part in mapping.parts]
        if "true" not in chosen:
            n_left = rows.count(connection, f"not coalesce({' or '.join(chosen)}, false)")
            if n_left:
                notes.append(f"{n_left} rows belong to no part of mapping {mapping.path.name}")
        return Reading(parts, tuple(notes), mapping.told)


def _loader(
    rows: SharedRows, part: MappedPart, names: dict[str, str], *, has_malformed: bool
) -> Load:
    return lambda connection: rows.deliver(
        connection,
        part.table,
        part.sql(names),
        where=part.where(names),
        is_distinct=part.is_distinct,
        has_malformed=has_malformed,
    )


def _sheet(mapping: Mapping, file: LandingFile) -> str:
    """Return the sheet that a mapping means."""
    known = tabular.sheets(file.path)
    if not mapping.sheet and len(known) == 1:
        return known[0]
    for name in known:
        if mapping.sheet and name.strip().casefold() == mapping.sheet.casefold():
            return name
    if file.path.suffix.lower() != ".xlsx":
        return known[0]
    where = (
        f"mapping {mapping.path.name}: {mapping.sheet or 'no sheet'}; sheets: {', '.join(known)}"
    )
    raise RefusedFileError("unknown_sheet", where)
