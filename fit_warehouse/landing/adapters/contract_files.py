"""Files in the very shape of the intake contract: CSV, Parquet, or sheets of a workbook."""

from __future__ import annotations

from pathlib import Path

import duckdb

from fit_warehouse.landing import contract, files, read_csv, read_other
from fit_warehouse.landing.adapters.base import Load, Part, Reading
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.refusal import RefusedFileError


class ContractFiles:
    """Recognised by the name of the file or of a sheet; the last resort, so it takes every file."""

    name = "contract"
    version = 1

    def recognise(self, file: LandingFile) -> bool:
        """Return that it is this adapter's to say what is wrong with a file that nobody else reads."""
        return True

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return the tables in the file."""
        suffix = file.path.suffix.lower()
        if suffix not in files.SUFFIXES:
            raise RefusedFileError("unknown_table", f"ending {suffix or 'missing'}")
        if suffix == ".xlsx":
            return _workbook(file.path)
        name = contract.recognise(file.path.stem)
        if name is None:
            raise RefusedFileError("unknown_table", f"known: {', '.join(contract.tables())}")
        table = contract.tables()[name]
        return Reading((Part(table, _loader(file.path, table)),))


def _workbook(path: Path) -> Reading:
    found, others = read_other.sheets(path)
    parts = [
        Part(contract.tables()[name], _sheet_loader(path, sheet, contract.tables()[name]), sheet)
        for sheet, name in found.items()
    ]
    notes = [f"sheet {name}: named after no table and passed over" for name in others]
    return Reading(tuple(parts), tuple(notes))


def _loader(path: Path, table: contract.Table) -> Load:
    read = read_csv.read if path.suffix.lower() == ".csv" else read_other.read_parquet
    return lambda connection: read(connection, path, table.names)


def _sheet_loader(path: Path, sheet: str, table: contract.Table) -> Load:
    flags = frozenset(column.name for column in table.columns if column.type == "flag")
    return lambda connection: read_other.read_sheet(connection, path, sheet, table.names, flags)
