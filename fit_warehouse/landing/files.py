"""What lies in a landing folder, and what is said about it beside the data."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fit_warehouse.errors import DataError, UsageError

DELIVERY = "delivery.toml"
SAID = ("extracted_at", "synthetic", "note")  # what a delivery.toml may say; a note is for people
SUFFIXES = (".csv", ".parquet", ".xlsx")
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """What `delivery.toml` says of the files beside it.

    Where `is_dated_by_rows`, the time in a file's name says nothing either: only its rows do.
    """

    extracted_at: datetime | None = None
    is_synthetic: bool = False
    is_dated_by_rows: bool = False


@dataclass(frozen=True, slots=True)
class LandingFile:
    """A file in the landing folder."""

    path: Path
    name: str  # relative to the landing folder, with forward slashes on every system
    delivery: Delivery

    @property
    def extracted_at(self) -> datetime | None:
        """Return when the file was extracted: by delivery.toml, else by the date its name ends in."""
        if self.delivery.is_dated_by_rows:
            return None
        return self.delivery.extracted_at or date_in_name(self.path.stem)


def date_in_name(stem: str) -> datetime | None:
    """Return the ISO date at the end of a file name.

    Examples
    --------
    >>> date_in_name("session_2026-01-31"), date_in_name("session_20260131"), date_in_name("x_2026-01")
    (datetime.datetime(2026, 1, 31, 0, 0), datetime.datetime(2026, 1, 31, 0, 0), None)
    """
    found = re.search(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})$", stem)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups()))  # type: ignore[arg-type]  # three integers
    except ValueError:
        return None


def scan(folder: Path) -> tuple[list[LandingFile], list[str]]:
    """Return the files to land, ordered by name, and the names of those passed over.

    Raises
    ------
    UsageError
        When the folder is not there or cannot be read.
    DataError
        When a `delivery.toml` says something that cannot be understood.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no landing folder {folder}. Make it and put the files there")
    deliveries: dict[Path, Delivery] = {}
    files, ignored = [], []
    for name in _names(folder):
        path = folder / name
        # Office programs leave such files beside an open workbook.
        if name.name.startswith((".", "~$")) or path.suffix.lower() == ".tmp":
            ignored.append(name.as_posix())
        elif name.name != DELIVERY:
            if path.parent not in deliveries:
                deliveries[path.parent] = read_delivery(path.parent / DELIVERY)
            files.append(LandingFile(path, name.as_posix(), deliveries[path.parent]))
    return files, ignored


def _names(folder: Path) -> list[Path]:
    """Return every file below a folder, relative to it and ordered by name."""

    def stop(problem: OSError) -> None:
        # By default a folder that cannot be read counts as empty.
        raise problem

    try:
        return sorted(
            Path(parent).relative_to(folder) / name
            for parent, _, names in os.walk(folder, onerror=stop)
            for name in names
        )
    except PermissionError as problem:
        raise UsageError(
            f"no permission to read {problem.filename}. Give the user that runs fit the right to read it"
        ) from problem


def read_delivery(path: Path) -> Delivery:
    """Return what a delivery.toml says, or the defaults when there is none."""
    if not path.is_file():
        return Delivery()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except PermissionError as problem:
        raise UsageError(
            f"no permission to read {path}. Give the user that runs fit the right to read it"
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise DataError(f"{path} is not valid TOML: {problem}") from problem
    unknown = sorted(content.keys() - SAID)
    if unknown:
        raise DataError(f"{path}: {', '.join(unknown)} is not known; there are {', '.join(SAID)}")
    is_synthetic = content.get("synthetic", False)
    if not isinstance(is_synthetic, bool):
        raise DataError(f"{path}: synthetic is true or false, without quotation marks")
    extracted_at = content.get("extracted_at")
    if extracted_at is not None and (
        not isinstance(extracted_at, datetime) or extracted_at.tzinfo is not None
    ):
        raise DataError(
            f"{path}: extracted_at is a date and time without zone, as 2026-01-31T06:00:00"
        )
    return Delivery(extracted_at, is_synthetic)


def chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    for piece in chunks(path):
        digest.update(piece)
    return digest.hexdigest()
