"""The statistics as they are published: each table judged by its rule, beside those judged before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse.measure import tables
from fit_warehouse.publish import disclosure, money, revision
from fit_warehouse.publish.disclosure import TOTAL, Row, Rule

Shown = Mapping[str, Sequence[Row]]
Decide = Callable[[Sequence[Row], Rule, Shown], list[bool]]
IMPROVED = "share_reliably_improved"
ALL = "cost_effect, hidden or not"


def _groups(shown: Shown) -> disclosure.Groups:
    """Return the families that the shown groups of city_outcome have at the funnel's last steps."""
    changes = [row for row in shown["city_outcome"] if row["indicator"] == "mean_change"]
    improved = [row for row in shown["city_outcome"] if row["indicator"] == IMPROVED]
    return disclosure.Groups(
        sum(row["n_persons"] for row in changes),
        sum(row["n_persons_numerator"] for row in improved),
        sum(row["n_persons_rest"] for row in improved),
    )


def _closed(shown: Shown) -> list[int]:
    """Return the families whose episodes closed and whose episodes had begun, where the funnel shows them."""
    steps = ("referred", "opened")
    return [row["n_persons"] for row in shown["city_funnel"] if row["step"] in steps]


# In this order: the lines of a table are judged beside what is shown of those above it.
DISCLOSURE: dict[str, Decide] = {
    "city_outcome": lambda rows, rule, _: disclosure.city_outcome(rows, rule),
    "team_outcome": lambda rows, rule, shown: disclosure.team_outcome(
        rows, rule, shown["city_outcome"]
    ),
    "course": lambda rows, rule, shown: disclosure.course(rows, rule, shown["city_outcome"]),
    "city_funnel": lambda rows, rule, shown: disclosure.city_funnel(rows, rule, _groups(shown)),
    "city_use": lambda rows, rule, _: disclosure.city_use(rows, rule),
    "cost_effect": lambda rows, rule, shown: disclosure.cost_effect(rows, rule, _closed(shown)),
    "cost_net": lambda rows, rule, shown: money.net(rows, rule, shown[ALL], shown["cost_effect"]),
    "cost_sensitivity": lambda rows, _, shown: money.sensitivity(rows, shown["cost_net"]),
    "cost_probability": lambda rows, _, shown: money.probability(rows, shown["cost_net"]),
    "cost_excluded": lambda rows, rule, _: money.excluded(rows, rule),
    "cost_outcome": lambda rows, rule, shown: money.outcome(rows, rule, shown, _closed(shown)),
    "cost_confirmed": lambda rows, rule, _: money.confirmed(rows, rule),
}
# Of some tables a part alone is open: reasons by service would be counts of one or two, and points of
# change by instrument are in other tables with other denominators.
OPEN_PART = {
    "cost_excluded": f"service_code = '{TOTAL}' and is_agreed = 1",
    "cost_outcome": "indicator <> 'cost_per_point'",
}


def write(
    connection: duckdb.DuckDBPyConnection,
    metrics: str,
    opened: str,
    rule: Rule,
    earlier: Sequence[Path],
) -> list[dict[str, Any]]:
    """Write every statistic after disclosure control.

    Parameters
    ----------
    connection
        Has the build and the open database attached; the open one has its dimensions.
    metrics, opened
        Schema of the statistics, and the schema to write to.
    rule
        The thresholds.
    earlier
        Open databases that were published before, the latest first: quarters that they show stay.

    Returns
    -------
    list of dict
        The rows of disclosure_summary.
    """
    known = {
        "team_code": _codes(connection, opened, "team"),
        "service_code": _codes(connection, opened, "service") | {TOTAL},
    }
    shown: dict[str, Sequence[Row]] = {}
    summary = []
    for name, decide in DISCLOSURE.items():
        part = OPEN_PART.get(name, "true")
        rows = tables.read(connection, f"select * from {metrics}.{name} where {part} order by all")
        # A code that only rows name has nobody behind it: its line is hidden from every total.
        rows = [row if _is_known(row, known) else {**row, "n_workers": 0} for row in rows]
        is_shown = decide(rows, rule, shown)
        shown[name] = [row for row, ok in zip(rows, is_shown, strict=True) if ok]
        if name == "cost_effect":
            shown[ALL] = rows
        definition = tables.table(name).opened()
        lines = [_line(row, ok, definition) for row, ok in _listed(name, rows, is_shown, known)]
        if name == "city_use":
            lines = revision.settled(connection, lines, earlier, rule)
        tables.write(connection, opened, definition, lines)
        n_suppressed = sum(line["is_suppressed"] for line in lines)
        summary.append({"table_name": name, "n_rows": len(lines), "n_suppressed": n_suppressed})
    return summary


def _codes(connection: duckdb.DuckDBPyConnection, opened: str, what: str) -> set[str]:
    rows = connection.execute(f"select {what}_code from {opened}.dim_{what}").fetchall()
    return {code for (code,) in rows}


def _is_known(row: Row, known: Mapping[str, set[str]]) -> bool:
    return all(row[name] in codes for name, codes in known.items() if name in row)


def _listed(
    name: str, rows: Sequence[Row], is_shown: Sequence[bool], known: Mapping[str, set[str]]
) -> list[tuple[Row, bool]]:
    """Return the lines that are listed at all, hidden or not, and whether they are shown.

    A hidden line says that there is somebody. So lines of codes that nobody delivered and lines
    without a price are left out, and of a course what is hidden after its last shown meeting: else
    its end would be that of the longest episode. A course of which nothing is shown keeps its first
    line.
    """
    pairs = list(zip(rows, is_shown, strict=True))
    if name == "course":
        return _listed_course(pairs)
    return [
        (row, ok)
        for row, ok in pairs
        if _is_known(row, known) and row.get("procurement", "") is not None
    ]


def _listed_course(rows: list[tuple[Row, bool]]) -> list[tuple[Row, bool]]:
    last: dict[tuple[Any, Any], int] = {}
    for row, ok in rows:
        group = (row["instrument_code"], row["respondent_role"])
        last[group] = row["session_number"] if ok or group not in last else last[group]
    return [
        (row, ok)
        for row, ok in rows
        if row["session_number"] <= last[row["instrument_code"], row["respondent_role"]]
    ]


def _line(row: Row, ok: bool, definition: tables.Table) -> dict[str, Any]:
    """Return a line of the open table: whole, or without its numbers."""
    line = {name: row.get(name) for name in definition.names}
    if not ok:
        line |= {name: None for name in definition.names if name in revision.NUMBERS}
    return {**line, "is_suppressed": int(not ok)}
