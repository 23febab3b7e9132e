"""Disclosure control: which lines of a published table are hidden.

The unit is the family. A line is shown when

- no family, or at least `k_min`, stand behind each count of it, and at least `workers_min`
  professionals stand behind it;
- at least `n_min_estimate` families stand behind an estimate; and
- nothing hidden can be had by subtraction: from a step of the funnel to the next, from a total to
  its parts, from shares that add up to one.

Whole lines are hidden. A hidden line keeps its keys and loses every number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fit_warehouse.settings import Publish

Row = Mapping[str, Any]

CLASSES = frozenset({"share_recovered", "share_improved", "share_unchanged", "share_deteriorated"})
TOTAL = "_total"


@dataclass(frozen=True, slots=True)
class Rule:
    """The thresholds of a publication."""

    k_min: int
    n_min_estimate: int
    workers_min: int

    @classmethod
    def of(cls, settings: Publish) -> Rule:
        """Return the rule that the settings give."""
        return cls(settings.k_min, settings.n_min_estimate, settings.workers_min)

    def count(self, persons: int | None) -> bool:
        """Return whether a count of families may be shown: none at all, or enough."""
        return not persons or persons >= self.k_min

    def cell(self, row: Row) -> bool:
        """Return whether a line has enough families and professionals behind it."""
        return bool(row["n_persons"] >= self.k_min and row["n_workers"] >= self.workers_min)

    def estimate(self, row: Row) -> bool:
        """Return whether an estimate has enough families behind it, and its share on both sides."""
        return (
            self.cell(row)
            and row["n_persons"] >= self.n_min_estimate
            and self.count(row.get("n_persons_numerator"))
            and self.count(row.get("n_persons_rest"))
        )

    def remainder(self, total: Row, parts: Sequence[Row]) -> bool:
        """Return whether what a total leaves over beside its shown parts is nothing or enough."""
        left = {name: _left(name, total, parts) for name in COUNTS}
        return left["n_persons"] <= 0 or (
            left["n_persons"] >= self.n_min_estimate
            and self.count(left["n_persons_numerator"])
            and self.count(left["n_persons_rest"])
        )


COUNTS = ("n_persons", "n_persons_numerator", "n_persons_rest")


def _left(name: str, total: Row, parts: Sequence[Row]) -> int:
    """Return a count of the total less that of its parts; a family in two parts makes it no less."""
    return max(0, (total[name] or 0) - sum(part[name] or 0 for part in parts))


def _group(row: Row) -> tuple[Any, Any]:
    return row["instrument_code"], row["respondent_role"]


def _kind(row: Row) -> tuple[Any, ...]:
    """Return what a total has in common with the lines that it adds."""
    return row["is_agreed"], row["procurement"], row["price_year"], row.get("vat_included")


def city_outcome(rows: Sequence[Row], rule: Rule) -> list[bool]:
    """Return which lines of city_outcome are shown.

    The four classes of change add up to one, so one hidden class hides all four of its group.
    """
    shown = [rule.estimate(row) for row in rows]
    broken = {
        _group(row)
        for row, ok in zip(rows, shown, strict=True)
        if row["indicator"] in CLASSES and not ok
    }
    return [
        ok and not (row["indicator"] in CLASSES and _group(row) in broken)
        for row, ok in zip(rows, shown, strict=True)
    ]


def team_outcome(rows: Sequence[Row], rule: Rule, city: Sequence[Row]) -> list[bool]:
    """Return which lines of team_outcome are shown beside the city's lines that are.

    `city` are the shown lines of city_outcome. What the city's number leaves over beside the shown
    teams must be nothing or enough; else the smallest shown team is hidden as well. As a hidden
    class hides the other three of its team, this goes on until nothing more is hidden.
    """
    totals = {(*_group(row), row["indicator"]): row for row in city}
    shown = [(*_group(row), row["indicator"]) in totals for row in rows]
    before: list[bool] = []
    while shown != before:
        before = list(shown)
        shown = _team_classes(rows, rule, shown)
        for key, total in totals.items():
            _hide_smallest(rows, rule, shown, key, total)
    return shown


def _team_classes(rows: Sequence[Row], rule: Rule, shown: Sequence[bool]) -> list[bool]:
    """Return the rule of city_outcome, team by team; a line that is hidden already stays so."""
    result = [False] * len(rows)
    for cell in sorted({(row["team_code"], row["service_code"]) for row in rows}):
        of_team = [
            i for i, row in enumerate(rows) if (row["team_code"], row["service_code"]) == cell
        ]
        # A hidden line counts as one with nobody behind it, so that it breaks its group's classes.
        lines = [rows[i] if shown[i] else {**rows[i], "n_persons": 0} for i in of_team]
        for i, ok in zip(of_team, city_outcome(lines, rule), strict=True):
            result[i] = ok
    return result


def _hide_smallest(
    rows: Sequence[Row], rule: Rule, shown: list[bool], key: tuple[Any, ...], total: Row
) -> None:
    """Hide the smallest shown teams until the city's total gives none of the hidden ones away."""
    members = [
        i for i, row in enumerate(rows) if shown[i] and (*_group(row), row["indicator"]) == key
    ]
    members.sort(
        key=lambda i: (rows[i]["n_persons"], rows[i]["team_code"], rows[i]["service_code"])
    )
    while members and not rule.remainder(total, [rows[i] for i in members]):
        shown[members.pop(0)] = False


def _difference(rule: Rule, one: Row, other: Row, counts: Sequence[str]) -> bool:
    """Return whether the difference of two shown lines is nothing, or enough in every count."""
    differences = {abs(int(one[name]) - int(other[name])) for name in counts}
    return differences == {0} or min(differences) >= rule.k_min


def course(rows: Sequence[Row], rule: Rule, city: Sequence[Row]) -> list[bool]:
    """Return which lines of course are shown.

    Each is judged beside the line shown before it and beside the group's own line of city_outcome,
    whose mean at intake is nearly that of the first meeting.
    """
    shown = []
    last = {_group(row): row for row in city if row["indicator"] == "mean_intake"}
    whole = dict(last)
    for row in rows:
        group = _group(row)
        ok = (
            group in whole
            and rule.estimate(row)
            and _difference(rule, row, whole[group], ("n", "n_persons"))
            and _difference(rule, row, last[group], ("n", "n_persons"))
        )
        shown.append(ok)
        if ok:
            last[group] = row
    return shown


@dataclass(frozen=True, slots=True)
class Groups:
    """Families in the shown groups of city_outcome: in change, reliably improved, and the others."""

    in_change: int
    improved: int
    not_improved: int


def city_funnel(rows: Sequence[Row], rule: Rule, groups: Groups) -> list[bool]:
    """Return which steps are shown: each count, and each difference to the step shown before it.

    What the last steps leave over beside the shown groups of city_outcome are counts as well: of the
    denominator, of the improved in it, and of those who did not improve.
    """
    shown = []
    before: Row | None = None
    for row in rows:
        persons = int(row["n_persons"])
        ok = rule.count(persons) and (not persons or row["n_workers"] >= rule.workers_min)
        ok = ok and (before is None or _difference(rule, before, row, ("n_episodes", "n_persons")))
        left_over = []
        if row["step"] == "in_denominator":
            left_over = [persons - groups.in_change]
        elif row["step"] == "improved":
            left_over = [persons - groups.improved]
            if before is not None and before["step"] == "in_denominator":
                left_over.append(int(before["n_persons"]) - persons - groups.not_improved)
        shown.append(ok and all(rule.count(max(left, 0)) for left in left_over))
        if shown[-1]:
            before = row
    return shown


def city_use(rows: Sequence[Row], rule: Rule) -> list[bool]:
    """Return which lines of city_use are shown."""
    return [
        rule.cell(row)
        and rule.count(row["n_persons_numerator"])
        and rule.count(row["n_persons_rest"])
        for row in rows
    ]


def cost_effect(rows: Sequence[Row], rule: Rule, closed: Collection[int]) -> list[bool]:
    """Return which lines of cost_effect are shown.

    A total is shown only when it gives no hidden line away. `closed` are the families at the steps
    of the funnel that hold all who ended early and are shown: those who ended early are counted off
    each, and the rest is a count as well.
    """
    shown = [rule.cell(row) for row in rows]
    lines = [i for i, row in enumerate(rows) if row["service_code"] != TOTAL]
    while True:
        early = sum(rows[i]["n_persons"] for i in lines if shown[i])
        if not early or all(rule.count(max(persons - early, 0)) for persons in closed):
            break
        shown[min((i for i in lines if shown[i]), key=lambda i: rows[i]["n_persons"])] = False
    for index, row in enumerate(rows):
        if row["service_code"] != TOTAL or not shown[index]:
            continue
        hidden = [
            rows[i]["n_persons"] for i in lines if _kind(rows[i]) == _kind(row) and not shown[i]
        ]
        # A single hidden line would be the difference, however many families are behind it.
        shown[index] = not hidden or (len(hidden) > 1 and sum(hidden) >= rule.k_min)
    return shown
