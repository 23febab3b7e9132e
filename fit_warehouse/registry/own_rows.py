"""An organisation's own rows of the registry: read from CSV, checked cell by cell and row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from fit_warehouse.errors import UsageError
from fit_warehouse.registry.cells import (
    Check,
    Row,
    day,
    decimal,
    named,
    one_of,
    optional,
    text,
    whole,
)

HELP = "See docs/how_to/add_an_instrument.md"
SHOWN = 10
LARGEST_TOTAL = "9999.99"  # totals are kept with two decimals and six digits
CODE = named(r"[A-Z][A-Z0-9_-]{0,29}", "capital letters, digits, - and _, as PHQ-9")
NAME = named(r"[a-z][a-z0-9_]{0,29}", "small letters, digits and _, as adult")
FLAG = one_of("0", "1")

INSTRUMENT: Mapping[str, Check] = {
    "instrument_code": CODE,
    "name_fi": text,
    "name_sv": text,
    "name_en": text,
    "kind": one_of("PROM", "PREM"),
    "item_count": whole(1, 200),
    "item_min": decimal("-999", "999"),
    "item_max": decimal("-999", "999"),
    "score_step": decimal("0.01", "999"),
    "direction": one_of("higher_is_better", "lower_is_better"),
    "is_scored": FLAG,
    "is_zero_total_valid": FLAG,
    "age_min": optional(whole(0, 120)),
    "age_max": optional(whole(0, 120)),
    "parameter_group": optional(NAME),
    "source": text,
}
PARAMETER: Mapping[str, Check] = {
    "parameter_set": NAME,
    "instrument_code": CODE,
    "parameter_group": NAME,
    "respondent_role": one_of("self", "caretaker"),
    "cutoff": decimal("-" + LARGEST_TOTAL, LARGEST_TOTAL),
    "cutoff_is_functional": FLAG,
    "reliable_change": optional(decimal("0.01", LARGEST_TOTAL)),
    "reliable_change_inclusive": optional(FLAG),
    "sd_reference": optional(decimal("0.01", LARGEST_TOTAL)),
    "reliability": optional(decimal("0", "1", places=4)),
    "source": text,
    "valid_from": day,
}
# Two rows that differ in valid_from alone would both apply, and count an episode twice.
PARAMETER_KEY = ("parameter_set", "instrument_code", "parameter_group", "respondent_role")
KEYS = {"instrument": ("instrument_code",), "instrument_parameter": PARAMETER_KEY}

Found = tuple[str, str]  # a column, and what is wrong with its cell
Rule = Callable[[Row], Iterator[Found]]


def read(folder: Path, shipped: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """Return the rows that a folder adds to the registry, by the name of the table.

    Parameters
    ----------
    folder
        May hold instrument.csv and instrument_parameter.csv.
    shipped
        The package's own rows; none of them is replaced.

    Raises
    ------
    UsageError
        When a file or a row is not as it must be: file, line, column and what to do.
    """
    instruments = _checked(folder, "instrument", INSTRUMENT, shipped["instrument"], _instrument)
    known = {row["instrument_code"]: row for row in (*shipped["instrument"], *instruments)}

    def rule(row: Row) -> Iterator[Found]:
        return _parameter(row, known)

    name = "instrument_parameter"
    return {
        "instrument": instruments,
        name: _checked(folder, name, PARAMETER, shipped[name], rule),
    }


def _checked(
    folder: Path, name: str, checks: Mapping[str, Check], shipped: Sequence[Row], rule: Rule
) -> list[Row]:
    path = folder / f"{name}.csv"
    if not path.is_file():
        return []
    key = KEYS[name]
    taken = {tuple(row[column] for column in key): "the package" for row in shipped}
    rows, problems = [], []
    for line, given in _lines(path, tuple(checks)):
        row, wrong = _cells(given, checks)
        if not wrong:
            wrong = [*rule(row), *_taken(row, key, taken)]
            taken.setdefault(tuple(row[column] for column in key), f"line {line}")
        rows.append(row)
        problems += [f"line {line}, column {column}: {what}" for column, what in wrong]
    if problems:
        more = f"\n  and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        listed = "".join(f"\n  {problem}" for problem in problems[:SHOWN])
        raise UsageError(f"{path} cannot be used:{listed}{more}\n{HELP}")
    return rows


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a CSV file with the number of the line in which each ends."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8: save it as CSV UTF-8. {HELP}") from None
    first = content.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, columns)
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if len(values) != len(header):
                raise UsageError(
                    f"{path}, line {reader.line_num}: {len(values)} cells, the header has "
                    f"{len(header)}. Put a text with {delimiter} in it between double quotes"
                )
            cells = (value.strip() for value in values)
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as problem:
        raise UsageError(f"{path}, line {reader.line_num}: {problem}. {HELP}") from None


def _check_header(path: Path, header: Sequence[str], columns: tuple[str, ...]) -> None:
    wrong = {
        "missing": [name for name in columns if name not in header],
        "not known": [name or "(no name)" for name in header if name not in columns],
        "there twice": sorted({name for name in header if header.count(name) > 1}),
    }
    said = [f"{what}: {', '.join(names)}" for what, names in wrong.items() if names]
    if said:
        raise UsageError(
            f"{path}, line 1: columns {'; '.join(said)}. The first line is: {','.join(columns)}"
        )


def _cells(given: Row, checks: Mapping[str, Check]) -> tuple[Row, list[Found]]:
    """Return a row as stored, and what is wrong with its cells."""
    row, wrong = {}, []
    for column, check in checks.items():
        try:
            row[column] = check(given[column])
        except ValueError as problem:
            row[column] = given[column]
            said = f"{given[column]!r}: {problem}" if given[column] else "is empty: fill it in"
            wrong.append((column, said))
    return row, wrong


def _taken(row: Row, key: tuple[str, ...], taken: Mapping[tuple[str, ...], str]) -> Iterator[Found]:
    """Yield that a key is there already: a shipped row is never replaced, silently or not."""
    values = tuple(row[column] for column in key)
    where = taken.get(values)
    if where is None:
        return
    said = f"{', '.join(values)} is in {where} already"
    if where != "the package":
        yield key[0], f"{said}: delete one of the two rows"
    elif key == PARAMETER_KEY:
        yield (
            key[0],
            f"{said}, and is not replaced. For other thresholds give your rows a parameter_set of "
            "another name, and choose it with outcome.parameter_set in fit.toml",
        )
    else:
        yield key[0], f"{said}, and is not replaced: give your instrument another code"


def _instrument(row: Row) -> Iterator[Found]:
    """Yield what is wrong between the cells of an instrument."""
    lowest, highest = Decimal(row["item_min"]), Decimal(row["item_max"])
    step, n_items = Decimal(row["score_step"]), int(row["item_count"])
    if lowest >= highest:
        yield "item_max", f"{row['item_max']} is not above item_min"
    # Landing asks whether a score is a multiple of the step, so the ends must be.
    elif lowest % step or highest % step:
        yield "score_step", f"item_min and item_max are no multiples of {row['score_step']}"
    if max(abs(lowest), abs(highest)) * n_items > Decimal(LARGEST_TOTAL):
        yield "item_count", f"a total could be above {LARGEST_TOTAL}"
    if row["is_scored"] == "1" and not row["parameter_group"]:
        yield "parameter_group", "is empty: name the group of its thresholds, or by_age"
    if row["age_min"] and row["age_max"] and int(row["age_min"]) > int(row["age_max"]):
        yield "age_max", f"{row['age_max']} is below age_min"


def _parameter(row: Row, known: Mapping[str, Row]) -> Iterator[Found]:
    """Yield what is wrong between the cells of a threshold and its instrument."""
    of = known.get(row["instrument_code"])
    if of is None:
        yield (
            "instrument_code",
            f"{row['instrument_code']} is no instrument: add it to instrument.csv",
        )
        return
    group = of["parameter_group"]
    groups = ("adolescent", "adult") if group == "by_age" else (group,) if group else ()
    if row["parameter_group"] not in groups:
        named = " and ".join(groups) or "none: it is not scored"
        yield "parameter_group", f"{of['instrument_code']} has {named}"
    ends = [int(of["item_count"]) * Decimal(of[name]) for name in ("item_min", "item_max")]
    if not ends[0] <= Decimal(row["cutoff"]) <= ends[1]:
        yield "cutoff", f"{row['cutoff']} is no total: they run from {ends[0]} to {ends[1]}"
    if of["kind"] == "PROM" and not row["reliable_change"]:
        yield "reliable_change", "is empty: without it no change can be classified"
    if bool(row["reliable_change"]) != bool(row["reliable_change_inclusive"]):
        yield "reliable_change_inclusive", "goes with reliable_change: fill in both or neither"
