"""Mapping files: TOML that says which column of an extract is which column of the contract.

No code stands in them. docs/how_to/map_an_extract.md shows how one is written; what is wrong with
one is said with its file, its key and what would be allowed.
"""

from __future__ import annotations

import datetime
import fnmatch
import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters.mapping.sources import EMPTY, EXCEL, KEEP, MappedPart, Source
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.files import LandingFile

GENERAL = ("files", "sheet", "drop")
OF_PART = ("part", "only", "distinct")
OF_COLUMN = (
    *("column", "columns", "separator", "constant", "values", "unmapped"),
    *("date", "decimal", "yes", "no"),
)
# Which way of reading suits which type of column.
SUITS = {
    "values": ("code", "name", "flag", "text", "integer"),
    "date": ("date", "datetime"),
    "decimal": ("decimal", "integer"),
    "yes": ("flag",),
    "no": ("flag",),
}
DATE = re.compile(r"(?:%[dmYHMS]|[-./: T])+")


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file.

    Attributes
    ----------
    told : str
        Hash of the file.
    files : tuple of str
        Patterns of the file names that it is for.
    sheet : str
        The sheet of a workbook; without one the workbook has a single sheet.
    drop : tuple of str
        Columns that are known and not read.
    """

    path: Path
    told: str
    files: tuple[str, ...]
    sheet: str
    drop: tuple[str, ...]
    parts: tuple[MappedPart, ...]

    def fits(self, file: LandingFile) -> bool:
        """Return whether the mapping is for a file."""
        name = file.path.name.lower()
        return any(fnmatch.fnmatchcase(name, pattern.lower()) for pattern in self.files)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the extract that are read."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.columns))


class Reader:
    """Reads one mapping file and says what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refuse(self, key: str, what: str) -> NoReturn:
        """Stop with the file, the key and what would be allowed."""
        raise UsageError(
            f"mapping {self.path}, {key}: {what}" if key else f"mapping {self.path}: {what}"
        )

    def read(self) -> Mapping:
        """Return what the file says.

        Raises
        ------
        UsageError
            When something in it cannot be understood.
        """
        try:
            return self.parse(self.path.read_bytes())
        except OSError as problem:
            self.refuse("", f"cannot be read: {problem.strerror}")

    def parse(self, content: bytes) -> Mapping:
        """Return what a mapping of this content says."""
        try:
            said = tomllib.loads(content.decode("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            hint = "names with ä, ö or spaces stand in quotation marks"
            self.refuse("", f"is not valid TOML: {problem}; {hint}")
        tables = contract.tables()
        for key in said:
            if key not in (*GENERAL, *tables):
                self.refuse(
                    key, f"is none of {', '.join(GENERAL)} and the tables {', '.join(tables)}"
                )
        files = self._texts("files", said.get("files", []))
        if not files:
            self.refuse("files", 'names the files that it is for, as files = ["visits_*.csv"]')
        sheet = said.get("sheet", "")
        if not isinstance(sheet, str):
            self.refuse("sheet", "is the name of a sheet")
        parts = [
            part
            for name in said
            if name in tables
            for part in self._parts(tables[name], said[name])
        ]
        if not parts:
            self.refuse("", f"maps no table; there are {', '.join(tables)}")
        drop = self._texts("drop", said.get("drop", []))
        mapping = Mapping(
            self.path, hashlib.sha256(content).hexdigest(), files, sheet, drop, tuple(parts)
        )
        both = [name for name in mapping.columns if name in drop]
        if both:
            self.refuse("drop", f"{', '.join(both)} is mapped as well: read it or leave it")
        return mapping

    def _parts(self, table: Table, said: Any) -> Iterable[MappedPart]:
        several = said if isinstance(said, list) else [said]
        if not all(isinstance(one, dict) for one in several):
            self.refuse(table.name, f"is a table of columns, as [{table.name}]")
        names = [str(one.get("part", "")) for one in several]
        if len(set(names)) < len(names):
            self.refuse(table.name, 'each [[...]] needs a name of its own, as part = "before"')
        return [self._part(table, name, one) for name, one in zip(names, several, strict=True)]

    def _part(self, table: Table, name: str, said: dict[str, Any]) -> MappedPart:
        key = f"{table.name}.{name}" if name else table.name
        only = said.get("only", {})
        if not isinstance(only, dict):
            self.refuse(f"{key}.only", 'says which rows are meant, as { "Form" = ["ORS"] }')
        chosen = {column: self._texts(f"{key}.only", values) for column, values in only.items()}
        is_distinct = said.get("distinct", False)
        if not isinstance(is_distinct, bool):
            self.refuse(f"{key}.distinct", "is true or false, without quotation marks")
        sources = {}
        for column, how in said.items():
            if column in OF_PART:
                continue
            if column not in table.names:
                self.refuse(f"{key}.{column}", f"{table.name} has {', '.join(table.names)}")
            sources[column] = self._source(f"{key}.{column}", table[column], how)
        missing = [column for column in table.required if column not in sources]
        if missing:
            self.refuse(key, f"{', '.join(missing)} is required; map it, or give a constant")
        return MappedPart(table, sources, name, chosen, is_distinct)

    def _source(self, key: str, column: Column, how: Any) -> Source:
        """Return how a column is made, checked against the column's type."""
        if isinstance(how, str):
            return Source((how,))
        if not isinstance(how, dict):
            self.refuse(
                key, 'is a column of the extract, or how it is made, as { column = "Date" }'
            )
        unknown = [name for name in how if name not in OF_COLUMN]
        if unknown:
            self.refuse(f"{key}.{unknown[0]}", f"is none of {', '.join(OF_COLUMN)}")
        if sum(name in how for name in ("column", "columns", "constant")) != 1:
            self.refuse(key, "needs one of column, columns and constant")
        for name, types in SUITS.items():
            if name in how and column.type not in types:
                self.refuse(f"{key}.{name}", f"is for {', '.join(types)}; this is a {column.type}")
        if "constant" in how:
            return self._constant(key, column, how)
        columns = self._texts(key, how["columns"] if "columns" in how else [how["column"]])
        separator = how.get("separator", "|")
        if not columns or not isinstance(separator, str) or not separator:
            self.refuse(key, "names columns, and a separator that is not empty")
        return Source(
            columns,
            separator,
            values=self._values(key, column, how.get("values", {})),
            unmapped=self._unmapped(key, column, how),
            date=self._date(key, how),
            decimal=self._mark(key, how),
            yes=tuple(word.lower() for word in self._texts(f"{key}.yes", how.get("yes", []))),
            no=tuple(word.lower() for word in self._texts(f"{key}.no", how.get("no", []))),
        )

    def _constant(self, key: str, column: Column, how: dict[str, Any]) -> Source:
        if len(how) > 1:
            self.refuse(key, "a constant stands alone")
        if column.type == "ref":
            self.refuse(f"{key}.constant", "would give every row the same person, meeting or case")
        said = how["constant"]
        if isinstance(said, bool):
            text = str(int(said))
        elif isinstance(said, (str, int, float, datetime.date)):
            text = str(said)
        else:
            self.refuse(f"{key}.constant", "is a text, a number or a date")
        self._allowed(f"{key}.constant", column, text)
        return Source(constant=text)

    def _allowed(self, key: str, column: Column, text: str) -> None:
        """Refuse a code that the contract does not know; empty is missing."""
        codes = allowed(column)
        if text and codes and text not in codes:
            self.refuse(key, f"{text} is none of {', '.join(codes)}")

    def _values(self, key: str, column: Column, said: Any) -> dict[str, str]:
        if not isinstance(said, dict) or not all(isinstance(code, str) for code in said.values()):
            self.refuse(f"{key}.values", 'pairs codes as texts, as { "P" = "cancelled" }')
        for old, new in said.items():
            self._allowed(f"{key}.values.{old}", column, new)
        return dict(said)

    def _unmapped(self, key: str, column: Column, how: dict[str, Any]) -> str:
        said = how.get("unmapped", KEEP)
        choices = (KEEP, EMPTY, *allowed(column))
        if said not in choices or ("unmapped" in how and "values" not in how):
            self.refuse(
                f"{key}.unmapped", f"stands beside values and is one of {', '.join(choices)}"
            )
        return str(said)

    def _date(self, key: str, how: dict[str, Any]) -> str:
        said = how.get("date", "")
        if "date" not in how or said == EXCEL:
            return str(said)
        is_whole = isinstance(said, str) and all(mark in said for mark in ("%d", "%m", "%Y"))
        if not is_whole or not DATE.fullmatch(said):
            self.refuse(
                f"{key}.date",
                f'is "{EXCEL}" or made of %d %m %Y %H %M %S with - . / : and spaces, as "%d.%m.%Y"; '
                "a year has four digits",
            )
        return str(said)

    def _mark(self, key: str, how: dict[str, Any]) -> str:
        said = how.get("decimal", "")
        if "decimal" in how and said not in (",", "."):
            self.refuse(f"{key}.decimal", 'is "," or "."')
        return str(said)

    def _texts(self, key: str, said: Any) -> tuple[str, ...]:
        if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
            self.refuse(key, 'is a list of texts, as ["a", "b"]')
        return tuple(said)


def allowed(column: Column) -> tuple[str, ...]:
    """Return the codes that a column may have; none when any text may stand there."""
    if column.name == "instrument_code":
        return tuple(instrument.code for instrument in contract.instruments())
    return ("0", "1") if column.type == "flag" else column.values


def read_mappings(folder: Path) -> tuple[Mapping, ...]:
    """Return the mappings of a folder, ordered by name; none when there is no folder."""
    return tuple(Reader(path).read() for path in sorted(folder.glob("*.toml")))
