"""A mapping proposed for an unknown extract, by the names and the shapes of its columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters.mapping import synonyms
from fit_warehouse.landing.adapters.mapping.mapping_file import allowed
from fit_warehouse.landing.adapters.mapping.profile import Profile, may_show
from fit_warehouse.landing.contract import Column, Table

IDS = ("identifier", "integer", "code", "flag", "text", "personal identity code", "excel day")
SUITABLE = {
    "ref": IDS,
    "name": ("code", "flag", "identifier", "integer", "text", "excel day"),
    "text": ("code", "text", "identifier"),
    "code": ("code", "flag"),
    "flag": ("flag",),
    "integer": ("integer", "excel day"),
    "decimal": ("integer", "excel day", "decimal with ,", "decimal with ."),
    "date": ("date", "time", "excel day"),
    "datetime": ("date", "time"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to be checked by a person.

    Attributes
    ----------
    text : str
        The mapping as TOML; empty when no table was recognised.
    read : dict of str to str
        The contract's column for each column of the extract that is read.
    dropped : tuple of str
        Columns that are a person's.
    """

    text: str
    read: dict[str, str]
    dropped: tuple[str, ...]


def propose(path: Path, sheet: str, profiles: Sequence[Profile]) -> Proposal:
    """Return a mapping for the file that the profiles are of."""
    dropped = tuple(each.name for each in profiles if synonyms.is_personal(each.name))
    found = _matches([each for each in profiles if each.name not in dropped])
    chosen = _tables(set(found))
    if not chosen:
        return Proposal("", {}, dropped)
    first = chosen[0]
    blocks = [_block(table, found, profiles, is_first=table is first) for table in chosen]
    read = {
        each.name: name
        for name, each in found.items()
        if any(name in table.names for table in chosen)
    }
    clock = _clock(found, profiles)
    if clock is not None and first.name == "session" and "starts_at" not in found:
        read[clock.name] = "starts_at"
    left = [each.name for each in profiles if each.name not in (*read, *dropped)]
    head = [
        f"# Proposed from {path.name} by: fit land --explain. Check every line; lines that begin",
        "# with # are to be filled in or taken away.",
        f"files = [{_quoted(_pattern(path))}]",
        *([f"sheet = {_quoted(sheet)}"] if sheet else []),
        f"drop = [{', '.join(map(_quoted, dropped))}]  # a person's: never read",
        *([f"# not read: {', '.join(map(_quoted, left))}"] if left else []),
    ]
    return Proposal("\n".join(head) + "\n\n" + "\n\n".join(blocks) + "\n", read, dropped)


def _matches(profiles: Sequence[Profile]) -> dict[str, Profile]:
    """Return the extract's column for each column of the contract; each is used once."""
    columns = {
        column.name: column for table in contract.tables().values() for column in table.columns
    }
    fitting = sorted(
        (
            (synonyms.likeness(each.name, name), each.position, name, each)
            for name, column in columns.items()
            for each in profiles
            if _suits(each, column) and synonyms.likeness(each.name, name)
        ),
        key=lambda match: (-match[0], match[1], match[2]),
    )
    found: dict[str, Profile] = {}
    used: set[str] = set()
    for _, _, name, each in fitting:
        if name not in found and each.name not in used:
            found[name] = each
            used.add(each.name)
    return found


def _suits(each: Profile, column: Column) -> bool:
    if column.name == "instrument_code":
        return each.shape == "code"
    if column.type in ("integer", "decimal") and each.codes:
        return all(code.isdigit() for code in each.codes)
    return any(each.shape.startswith(kind) for kind in SUITABLE[column.type]) and (
        each.shape != "time of day"
    )


def _tables(found: set[str]) -> list[Table]:
    """Return the tables to propose: the one with most columns, and others that miss nothing."""
    tables = contract.tables()
    marked = [
        tables[name] for name, marks in synonyms.words()["marks"].items() if found & set(marks)
    ]
    if not marked:
        return []
    first = max(marked, key=lambda table: len(found & set(table.names)))
    # What the first table waits for, the others may wait for as well.
    waits = set(_missing(first, found))
    return [
        first,
        *(table for table in marked if table is not first and set(_missing(table, found)) <= waits),
    ]


def _missing(table: Table, found: Iterable[str]) -> list[str]:
    """Return the required columns that neither the extract nor a constant gives."""
    constants = synonyms.words()["constants"]
    return [
        name
        for name in table.required
        if name not in found and f"{table.name}.{name}" not in constants
    ]


def _block(
    table: Table, found: dict[str, Profile], profiles: Sequence[Profile], *, is_first: bool
) -> str:
    """Return a table's part of the mapping."""
    lines = [f"[{table.name}]"] + ([] if is_first else ["distinct = true"])
    missing = _missing(table, found)
    for column in table.columns:
        constant = synonyms.words()["constants"].get(f"{table.name}.{column.name}")
        if column.name in found:
            lines.append(f"{column.name} = {_how(column, found[column.name])}")
        elif column.name in missing:
            lines.append(f"# {column.name} = {_to_fill_in(column)}")
        elif constant:
            lines.append(f"{column.name} = {{ constant = {_quoted(constant)} }}")
        elif column.name == "starts_at" and (clock := _clock(found, profiles)):
            lines.append(f"starts_at = {_start(found['session_date'], clock)}")
    return "\n".join(lines)


def _to_fill_in(column: Column) -> str:
    """Return what a person has to write for a required column that was not found."""
    if column.type == "ref":
        return '{ columns = ["...", "..."] }  # required; several columns may make one id'
    codes = allowed(column)
    among = f", one of {', '.join(codes)}" if codes else ""
    return f'{{ constant = "..." }}  # required, or a column{among}'


def _how(column: Column, each: Profile) -> str:
    """Return how a column is read, in TOML."""
    plain = _quoted(each.name)
    start = f"{{ column = {plain}"
    kind, _, detail = each.shape.partition(" ")
    if column.type in ("date", "datetime"):
        if each.shape == "excel day":
            return f'{start}, date = "excel" }}'
        return plain if detail.startswith("%Y") else f"{start}, date = {_quoted(detail)} }}"
    if column.type == "decimal" and kind == "decimal":
        return f"{start}, decimal = {_quoted(detail[-1])} }}"
    if column.type == "flag" and not set(each.codes) <= {"0", "1"}:
        yes, no = (
            ", ".join(_quoted(code) for code in each.codes if synonyms.plain(code) in words)
            for words in (synonyms.words()["flags"]["yes"], synonyms.words()["flags"]["no"])
        )
        return f"{start}, yes = [{yes}], no = [{no}] }}"
    codes = allowed(column)
    if column.type != "flag" and codes and each.codes and not set(each.codes) <= set(codes):
        return _codes(start, column, each)
    return plain


def _codes(start: str, column: Column, each: Profile) -> str:
    """Return the pairs of codes; codes that look like a person's stay out of the file."""
    if not may_show(each.codes):
        return f"{start}, values = {{ }} }}  # pair its codes: {', '.join(allowed(column))}"
    own = allowed(column)
    pairs = {code: code if code in own else synonyms.code(column.name, code) for code in each.codes}
    known = ", ".join(f"{_quoted(old)} = {_quoted(new)}" for old, new in pairs.items() if new)
    unknown = ", ".join(_quoted(old) for old, new in pairs.items() if not new)
    note = f"  # without a pair: {unknown}; allowed: {', '.join(own)}" if unknown else ""
    return f"{start}, values = {{ {known} }} }}{note}"


def _clock(found: dict[str, Profile], profiles: Sequence[Profile]) -> Profile | None:
    """Return a column with the time of day, where the day of the meeting is a date beside it."""
    day = found.get("session_date")
    if day is None or not day.shape.startswith("date %"):
        return None
    return next((each for each in profiles if each.shape == "time of day"), None)


def _start(day: Profile, clock: Profile) -> str:
    """Return how the start of a meeting is made of its day and its time of day."""
    columns = f"{_quoted(day.name)}, {_quoted(clock.name)}"
    how = f"{day.shape.removeprefix('date ')} %H:%M"
    return f'{{ columns = [{columns}], separator = " ", date = "{how}" }}'


def _pattern(path: Path) -> str:
    """Return a pattern for this file and later ones.

    Examples
    --------
    >>> _pattern(Path("kaynnit_2025-01.csv")), _pattern(Path("hinnasto.xlsx"))
    ('kaynnit*.csv', 'hinnasto*.xlsx')
    """
    return re.sub(r"[-_ .]*[0-9][-_ .0-9]*$", "", path.stem) + "*" + path.suffix


def _quoted(text: str) -> str:
    """Return a text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
