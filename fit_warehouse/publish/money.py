"""Disclosure control of money beyond gross amounts: which lines of the tables of cost are shown.

Who is in these lines is in lines that were judged before as well: among the early endings of
cost_effect, the closed episodes of the funnel, and the teams' reliably improved. What one leaves over
beside the other is a count too, and is judged as one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from fit_warehouse.publish.disclosure import TOTAL, Row, Rule

KIND = ("service_code", "procurement", "price_year", "vat_included")
IMPROVED = "share_reliably_improved"
STEPS = ("gross", "effect", "net")  # who is left out of one sum is left out of the next


def _kind(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KIND)


def net(rows: Sequence[Row], rule: Rule, effect: Sequence[Row], shown: Sequence[Row]) -> list[bool]:
    """Return which lines of cost_net are shown: the three scenarios of a line, or none.

    `effect` are the lines of cost_effect and `shown` those of them that are shown. An early ending
    without an effect is in them and not here, so the families without one are none or enough, and
    nothing is shown of a service whose gross amount is hidden. What has no gross amount is not in
    them, so its families can be told from the others and are none or enough as well.
    """
    hidden = {_kind(row) for row in effect if row["is_agreed"]} - _wholly(effect, shown)
    broken = {
        _kind(row)
        for row in rows
        if not (
            rule.cell(row)
            and rule.count(row["n_persons_rest"])
            and rule.count(row["n_persons_unpriced"])
            and rule.count(row["n_without_effect"])
        )
    }
    sizes: dict[tuple[Any, ...], set[tuple[int, int]]] = {}
    for row in rows:
        sizes.setdefault(_kind(row), set()).add((row["n_episodes"], row["n_persons"]))
    broken |= {kind for kind, different in sizes.items() if len(different) > 1}
    kept = [row for row in rows if _kind(row) not in hidden | broken]
    alike = _too_alike(kept, rule, "n_persons_unpriced")
    return [_kind(row) not in hidden | broken and row["service_code"] not in alike for row in rows]


def _too_alike(rows: Sequence[Row], rule: Rule, name: str) -> set[str]:
    """Return the services of which two lines differ in a count by a few families.

    What is of no line is counted in every line of its service: what is over in one is a count too.
    """
    counts: dict[str, set[int]] = {}
    for row in rows:
        counts.setdefault(row["service_code"], set()).add(row[name])
    return {
        service
        for service, found in counts.items()
        if not all(rule.count(more - less) for less, more in pairwise(sorted(found)))
    }


def _wholly(effect: Sequence[Row], shown: Sequence[Row]) -> set[tuple[Any, ...]]:
    """Return the kinds of which every line of agreed early endings is shown, whatever its unit."""
    counts: dict[tuple[Any, ...], int] = {}
    for sign, lines in ((1, effect), (-1, shown)):
        for row in lines:
            if row["is_agreed"]:
                counts[_kind(row)] = counts.get(_kind(row), 0) + sign
    return {kind for kind, left in counts.items() if left == 0}


def sensitivity(rows: Sequence[Row], shown: Sequence[Row]) -> list[bool]:
    """Return which lines of cost_sensitivity are shown: those of the shown lines of cost_net."""
    kinds = {_kind(row) for row in shown}
    return [_kind(row) in kinds for row in rows]


def probability(rows: Sequence[Row], shown: Sequence[Row]) -> list[bool]:
    """Return which lines of cost_probability are shown: those of the shown lines of cost_net.

    A line is made of the sums that these show and of assumptions that are open, so it tells no more.
    """
    return sensitivity(rows, shown)


def excluded(rows: Sequence[Row], rule: Rule) -> list[bool]:
    """Return which lines of cost_excluded are shown: a reason in every sum that it is left out of, or in none.

    How many are left out of a sum, and of a later one beyond an earlier one, may be known from other
    tables. So the reasons that are hidden of each are none, or several and enough.
    """
    first: dict[str, str] = {}
    for step in STEPS:
        for row in rows:
            if row["left_out_of"] == step:
                first.setdefault(row["exclusion_reason"], step)
    hidden = {row["exclusion_reason"] for row in rows if not rule.cell(row)}
    persons = {row["exclusion_reason"]: row["n_persons"] for row in rows}
    for step in STEPS:
        reasons = [reason for reason, begins in first.items() if begins == step]
        _hide_with_others(reasons, persons, rule, hidden)
    return [row["exclusion_reason"] not in hidden for row in rows]


def _hide_with_others(
    reasons: Iterable[str], persons: Mapping[str, int], rule: Rule, hidden: set[str]
) -> None:
    """Hide the smallest of the shown reasons until those hidden cannot be told from the sum."""
    shown = sorted(
        (reason for reason in reasons if reason not in hidden),
        key=lambda reason: (persons[reason], reason),
    )
    of_sum = [reason for reason in reasons if reason in hidden]
    while of_sum and shown:
        if len(of_sum) > 1 and sum(persons[reason] for reason in of_sum) >= rule.k_min:
            break
        of_sum.append(shown.pop(0))
    hidden.update(of_sum)


def outcome(
    rows: Sequence[Row], rule: Rule, shown: Mapping[str, Sequence[Row]], closed: Collection[int]
) -> list[bool]:
    """Return which lines of cost_outcome are shown: both indicators of a service, or none.

    `shown` are the lines of the tables before that are shown, `closed` the families at the steps of
    the funnel that hold all closed episodes. Those without a cost are told beside the others, so their
    families are none or enough, and what both leave over of all closed as well.
    """
    lines = {_kind(row): row for row in rows}
    ok = {
        kind: rule.estimate(row)
        and rule.count(row["n"] - row["n_in_change"])
        and rule.count(row["n_without_cost"])
        and rule.count(row["n_persons_without_cost"])
        and _beside_early(row, rule, shown["cost_effect"])
        and _beside_teams(row, rule, shown["team_outcome"])
        for kind, row in lines.items()
    }
    kept = [row for kind, row in lines.items() if ok[kind]]
    alike = _too_alike(kept, rule, "n_persons_without_cost")
    ok = {kind: is_ok and lines[kind]["service_code"] not in alike for kind, is_ok in ok.items()}
    steps = {row["step"]: row["n_persons"] for row in shown["city_funnel"]}
    totals = [("n_persons", persons) for persons in closed]
    if "improved" in steps:
        totals.append(("n_persons_numerator", steps["improved"]))
        if "in_denominator" in steps:
            rest = steps["in_denominator"] - steps["improved"]
            totals.append(("n_persons_rest", rest))
    # The smallest service goes until those that are shown leave nobody, or enough, of every total.
    for kind in sorted(lines, key=lambda kind: (lines[kind]["n_persons"], str(kind))):
        kept = [row for kind, row in lines.items() if ok[kind]]
        without = _without_cost(kept)
        if all(
            rule.count(max(n - taken, 0))
            for name, n in totals
            for counted in [sum(row[name] for row in kept)]
            for taken in ([counted, counted + without] if name == "n_persons" else [counted])
        ):
            break
        ok[kind] = False
    return [ok[_kind(row)] for row in rows]


def _without_cost(rows: Iterable[Row]) -> int:
    """Return the families without a cost: of a service once, whatever the lines that they are in."""
    most: dict[str, int] = {}
    for row in rows:
        service = row["service_code"]
        most[service] = max(most.get(service, 0), row["n_persons_without_cost"])
    return sum(most.values())


def _beside_early(row: Row, rule: Rule, effect: Sequence[Row]) -> bool:
    """Return whether those who ended early leave nobody, or enough, of a service's closed episodes."""
    early: dict[Any, int] = {}
    for line in effect:
        if _kind(line) == _kind(row) and line["service_code"] != TOTAL:
            way = line["is_agreed"]
            early[way] = early.get(way, 0) + line["n_persons"]
    taken = [*early.values(), sum(early.values())]
    return all(rule.count(max(row["n_persons"] - persons, 0)) for persons in taken)


def _beside_teams(row: Row, rule: Rule, teams: Sequence[Row]) -> bool:
    """Return whether the shown teams leave nobody, or enough, of a service's improved and the others."""
    of_service = [
        line
        for line in teams
        if line["service_code"] == row["service_code"] and line["indicator"] == IMPROVED
    ]
    return all(
        rule.count(max(row[name] - sum(line[name] or 0 for line in of_service), 0))
        for name in ("n_persons_numerator", "n_persons_rest")
    )


def confirmed(rows: Sequence[Row], rule: Rule) -> list[bool]:
    """Return which lines of cost_confirmed are shown: enough families ended early in their days."""
    return [rule.cell(row) for row in rows]
