"""The ledger: one small JSON file for each file that was landed or refused.

Writing the entry is what makes a landing count: raw files without one are left over from a stop
halfway and are removed before the next landing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fit_warehouse.home import Home, read_json, write_json

LANDED, REFUSED = "landed", "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to one file (or one sheet of a workbook).

    Attributes
    ----------
    file_id : str
        From the table, the content, the sheet and the time of extraction: the same content under
        another name has the same id.
    rows_delivered, rows_quarantined : int
        Rows of the file, and those kept out when it was landed.
    rows_erased : int
        Rows of the file that have been erased since, or were not taken because of an erasure.
    rows_quarantined_erased : int
        Those of them that had been kept out and were not mended.
    closes : dict
        How many quarantined rows of each earlier file (by its id) this file of mended rows closes.
    reasons : dict
        Quarantined rows by reason code; a row with two faults counts under both.
    told : str
        Hash of what the adapter was told (a mapping); empty when nothing.
    replaces : str
        The reading of the same part of the same file whose place this one takes.
    origin : dict
        What the source calls the contract's columns, where it calls them otherwise.
    """

    file_id: str
    file_name: str
    table_name: str
    status: str
    sha256: str
    size_bytes: int
    landed_at: str
    adapter: str = "contract"
    adapter_version: int = 1
    told: str = ""
    replaces: str = ""
    origin: dict[str, str] = field(default_factory=dict)
    sheet: str = ""
    extracted_at: str | None = None
    is_synthetic: bool = False
    rows_delivered: int = 0
    rows_quarantined: int = 0
    rows_erased: int = 0
    rows_quarantined_erased: int = 0
    closes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    refused_for: str = ""
    refusal: str = ""
    profile: dict[str, Any] = field(default_factory=dict)


def entries(home: Home) -> list[Entry]:
    """Return all entries that count, ordered by when they were landed and by name."""
    found = [Entry(**read_json(path)) for path in sorted(home.ledger.glob("*.json"))]
    replaced = {entry.replaces for entry in found}
    found = [entry for entry in found if entry.file_id not in replaced]
    return sorted(found, key=lambda entry: (entry.landed_at, entry.file_name, entry.table_name))


def landed(home: Home) -> list[Entry]:
    """Return the entries of files whose rows are in the raw store."""
    return [entry for entry in entries(home) if entry.status == LANDED]


def write(home: Home, entry: Entry) -> None:
    """Add an entry."""
    write_json(home.ledger / f"{entry.file_id}.json", dataclasses.asdict(entry))


def forget_refusals(home: Home) -> None:
    """Remove the entries of refused files: each landing judges such files anew."""
    for entry in entries(home):
        if entry.status == REFUSED:
            (home.ledger / f"{entry.file_id}.json").unlink()


def discard(home: Home, file_id: str) -> None:
    """Remove the rows of a reading that another one has replaced, and then its entry."""
    for path in (*home.raw.glob(f"*/{file_id}.parquet"), home.quarantine / f"{file_id}.parquet"):
        path.unlink(missing_ok=True)
    (home.ledger / f"{file_id}.json").unlink(missing_ok=True)


def sweep(home: Home) -> Iterator[str]:
    """Remove what a landing that was stopped halfway left behind, and yield the names."""
    known = {entry.file_id for entry in landed(home)}
    every = {path.stem for path in home.ledger.glob("*.json")}
    for file_id in sorted(every - {entry.file_id for entry in entries(home)}):
        discard(home, file_id)
        yield file_id
    # What DuckDB spilled before it was stopped has identifiers as they were delivered.
    for folder in (home.raw, home.quarantine, home.ledger, home.path / "spill"):
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".tmp" or (path.suffix == ".parquet" and path.stem not in known):
                path.unlink()
                yield path.relative_to(home.path).as_posix()


def moment(value: datetime | None) -> str | None:
    """Return a time in the form that the ledger keeps."""
    return None if value is None else value.isoformat(timespec="seconds")
