"""Disclosure control of waiting: which lines of flow_effect are shown.

Who ended early is in the lines of cost_effect and cost_net as well, so nothing is shown of a service of
which either hides anything, and what one counts beside the other is a count too. Who waited, and whose
lengths the model draws from, stand behind estimates.
"""

from __future__ import annotations

from collections.abc import Sequence

from fit_warehouse.publish.disclosure import Row, Rule

COUNTS = ("n_episodes", "n_persons")
ESTIMATED = ("n_persons_started", "n_persons_waited", "n_persons_referred", "n_persons_lengths")


def effect(
    rows: Sequence[Row], rule: Rule, before: Sequence[tuple[Sequence[Row], Sequence[Row]]]
) -> list[bool]:
    """Return which lines of flow_effect are shown: the three scenarios of a service, or none.

    `before` are the tables judged earlier that count a service's early endings by agreement in one
    scenario: the lines of each, and those of them that are shown.
    """
    by_service: dict[str, list[Row]] = {}
    for row in rows:
        by_service.setdefault(row["service_code"], []).append(row)
    shown = {
        service: _is_open(lines, rule)
        and all(_is_beside(lines[0], rule, every, open_) for every, open_ in before)
        for service, lines in by_service.items()
    }
    return [shown[row["service_code"]] for row in rows]


def _is_open(lines: Sequence[Row], rule: Rule) -> bool:
    """Return whether enough stand behind the lines of a service, the same ones behind each."""
    return len({tuple(line[name] for name in COUNTS) for line in lines}) == 1 and all(
        rule.cell(line) and all(line[name] >= rule.n_min_estimate for name in ESTIMATED)
        for line in lines
    )


def _is_beside(line: Row, rule: Rule, every: Sequence[Row], shown: Sequence[Row]) -> bool:
    """Return whether all lines of a table about the service are shown and leave nobody, or enough."""
    of_service, open_ = (
        [row for row in rows if row["service_code"] == line["service_code"]]
        for rows in (every, shown)
    )
    if len(of_service) != len(open_):
        return False
    left = {abs(line[name] - sum(row[name] for row in open_)) for name in COUNTS}
    return left == {0} or min(left) >= rule.k_min
