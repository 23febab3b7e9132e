"""Disclosure control of cost_comparison: which lines are shown, and when a line may be shown anew.

A line compares two sides, and each is judged as a line of its own. The open total is that of all
services in shares of the plan: what it leaves over beside the shown services is judged too.

A line counts every opening up to a day, so two publications differ by the families that came in
between, whatever their periods. A line stays as it was last published until none or enough have come
on each side of it; so does the total, by all of its families and by those of services that are not
shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fit_warehouse.publish import revision
from fit_warehouse.publish.disclosure import TOTAL, Row, Rule

SIDES = ("fit", "comparison")
Key = tuple[Any, Any]
Lines = Mapping[Key, dict[str, Any]]


def shown(rows: Sequence[Row], rule: Rule) -> list[bool]:
    """Return which lines of cost_comparison are shown.

    On each side nobody, or enough families for an estimate and enough professionals. The openings that
    the total leaves out are a count of families as well.
    """
    services = [row for row in rows if row["service_code"] != TOTAL]
    ok = {_key(row): _both_sides(row, rule) for row in services}
    for total in rows:
        if total["service_code"] == TOTAL:
            hidden = [row for row in services if _is_in_total(row) and not ok[_key(row)]]
            kept = [row for row in services if _is_in_total(row) and ok[_key(row)]]
            ok[_key(total)] = (
                _both_sides(total, rule)
                and rule.count(total["n_persons_left_out"])
                and (not hidden or _cannot_be_told(total, kept, hidden, rule))
            )
    return [ok[_key(row)] for row in rows]


def _key(row: Row) -> Key:
    return row["service_code"], row["unit"]


def _is_in_total(row: Row) -> bool:
    """Return whether a service has an estimate: the total is over those that do."""
    return row["estimate"] is not None


def _both_sides(row: Row, rule: Rule) -> bool:
    """Return whether each side has nobody, or enough families and professionals, behind it."""
    return bool(row["n_workers"] >= rule.workers_min) and all(
        not row[f"n_persons_{side}"]
        or (
            row[f"n_persons_{side}"] >= rule.n_min_estimate
            and row[f"n_workers_{side}"] >= rule.workers_min
        )
        for side in SIDES
    )


def _cannot_be_told(total: Row, kept: Iterable[Row], hidden: Sequence[Row], rule: Rule) -> bool:
    """Return whether the hidden services are several, and enough families together on each side.

    A family may be in several services: behind the rest of a total are at least those that the total
    has beyond the sum of its shown services, and at least those of the largest hidden one.
    """
    names = [f"n_persons_{side}" for side in SIDES]
    least = [
        max(
            total[name] - sum(row[name] for row in kept),
            max(row[name] for row in hidden),
        )
        for name in names
    ]
    return len(hidden) > 1 and all(n == 0 or n >= rule.n_min_estimate for n in least)


def without_left_out(row: Row) -> Row:
    """Return a line as it is opened: what is left out of it is told of the total alone.

    By service it changes by a family or two from quarter to quarter, when a late episode closes.
    """
    return row if row["service_code"] == TOTAL else {**row, "n_left_out": None}


def settled(
    lines: Sequence[dict[str, Any]], published: Sequence[Sequence[dict[str, Any]]], rule: Rule
) -> list[dict[str, Any]]:
    """Return each line as it is, or as it was last published where too few families have come.

    Parameters
    ----------
    lines
        The open lines, those that are hidden among them.
    published
        The lines of earlier publications, the latest first.
    rule
        Its `k_min` is what a change has to reach.
    """
    earlier = [{_key(row): row for row in old if not row["is_suppressed"]} for old in published]
    last: dict[Key, dict[str, Any]] = {}
    for old in reversed(earlier):
        last |= old
    new = {_key(line): line for line in lines if not line["is_suppressed"]}
    stays = {
        key
        for key, line in new.items()
        if any(_came_too_few(old[key], line, rule) for old in earlier if key in old)
    }
    services = {key: line for key, line in new.items() if key[0] != TOTAL}
    moved = {key: line for key, line in services.items() if key not in stays}
    stayed = {key: last[key] for key in services if key in stays}
    for key in new.keys() - services.keys():
        before = [old for old in earlier if key in old]
        changes = (
            change
            for side in SIDES
            for change in (
                _beside(new[key], (moved | stayed).values(), side),
                *(_change_beside(old, new[key], moved, side) for old in before),
            )
        )
        if any(0 < abs(change) < rule.k_min for change in changes):
            stays.add(key)
    return [
        _as_before(line, last.get(_key(line))) if _key(line) in stays else line for line in lines
    ]


def _came_too_few(before: Row, after: Row, rule: Rule) -> bool:
    """Return whether a line changes, but by too few families on a side or of those left out."""
    counts = [f"n_persons_{side}" for side in SIDES] + ["n_left_out"]
    changes = [abs((after[name] or 0) - (before[name] or 0)) for name in counts]
    return revision.is_small(before, after, rule) or any(0 < n < rule.k_min for n in changes)


def _beside(total: Row, parts: Iterable[Row], side: str) -> int:
    """Return the episodes that a total has on a side beyond those of its services."""
    counted: int = sum(row[f"n_{side}"] for row in parts if _is_in_total(row))
    return int(total[f"n_{side}"]) - counted


def _change_beside(old: Lines, total: Row, moved: Lines, side: str) -> int:
    """Return by how much the rest of a total changes beside the services that both publications show."""
    then = [row for key, row in old.items() if key in moved]
    now = [row for key, row in moved.items() if key in old]
    return _beside(total, now, side) - _beside(old[_key(total)], then, side)


def _as_before(line: dict[str, Any], before: Row | None) -> dict[str, Any]:
    """Return a line as it was last published; hidden where it never was."""
    if before is not None:
        return {name: before.get(name) for name in line}
    return {**line, **dict.fromkeys(revision.NUMBERS.intersection(line)), "is_suppressed": 1}
