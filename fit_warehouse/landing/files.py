"""What lies in a landing folder, and what is said about it beside the data."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fit_warehouse.errors import DataError, UsageError

DELIVERY = "delivery.toml"
SAID = ("extracted_at", "synthetic", "note")  # what a delivery.toml may say; a note is for people
SUFFIXES = (".csv", ".parquet", ".xlsx")
CHUNK = 1 << 20
LARGEST_DELIVERY = 1 << 16  # bytes; three lines are what it is for


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
    name: str  # as people see it: relative to the landing folder, with forward slashes on every system
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


def shown(name: str) -> str:
    """Return a name or sentence with escapes for what would move the cursor or is no character.

    Examples
    --------
    >>> shown("team" + chr(10) + "1.csv") == "team" + chr(92) + "n1.csv", shown("tiimi_ä.csv")
    (True, 'tiimi_ä.csv')
    """
    return "".join(
        letter.encode("unicode_escape").decode("ascii")
        if unicodedata.category(letter) in ("Cc", "Cs")
        else letter
        for letter in name
    )


def one_file(path: Path) -> str:
    """Return a path for DuckDB, to which `*`, `?` and `[` in a name would stand for other files."""
    return glob.escape(path.as_posix())


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
            ignored.append(shown(name.as_posix()))
        elif name.name != DELIVERY:
            if path.parent not in deliveries:
                deliveries[path.parent] = read_delivery(path.parent / DELIVERY)
            files.append(LandingFile(path, shown(name.as_posix()), deliveries[path.parent]))
    return files, ignored


def _names(folder: Path) -> list[Path]:
    """Return every file and every link below a folder, relative to it and ordered by name."""

    def stop(problem: OSError) -> None:
        # By default a folder that cannot be read counts as empty.
        raise problem

    try:
        return sorted(
            Path(parent).relative_to(folder) / name
            for parent, folders, names in os.walk(folder, onerror=stop)
            # Links to folders are not followed, so they are named like files, not passed over.
            for name in (*names, *_links(parent, folders))
        )
    except PermissionError as problem:
        raise UsageError(
            f"no permission to read {problem.filename}. Give the user that runs fit the right to read it"
        ) from problem


def _links(parent: str, folders: list[str]) -> list[str]:
    """Return those of the folders in a folder that are links."""
    return [name for name in folders if (Path(parent) / name).is_symlink()]


def read_delivery(path: Path) -> Delivery:
    """Return what a delivery.toml says, or the defaults when there is none."""
    if not (path.exists() or path.is_symlink()):
        return Delivery()
    if path.is_symlink() or not path.is_file():
        raise DataError(f"{path} is a link or no ordinary file. Put the file itself there")
    try:
        if path.stat().st_size > LARGEST_DELIVERY:
            raise DataError(f"{path} is longer than {LARGEST_DELIVERY} bytes: it is no {DELIVERY}")
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except PermissionError as problem:
        raise UsageError(
            f"no permission to read {path}. Give the user that runs fit the right to read it"
        ) from problem
    except (ValueError, RecursionError) as problem:  # also numbers and brackets without end
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
