"""Disclosure control of waiting: a line gives nobody away, alone or beside the tables of money."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.publish import flow, open_tables
from fit_warehouse.publish.disclosure import Rule

RULE = Rule(k_min=5, n_min_estimate=20, workers_min=2)
SCENARIOS = ("base", "high", "low")
Row = dict[str, Any]


def service(name: str, n: int, **more: Any) -> list[Row]:
    counts = {"n_episodes": n, "n_persons": n, "n_workers": 2, **dict.fromkeys(flow.ESTIMATED, 20)}
    return [
        {"service_code": name, "scenario": scenario, **counts, **more} for scenario in SCENARIOS
    ]


def early(name: str, n: int, **more: Any) -> Row:
    return {"service_code": name, "n_episodes": n, "n_persons": n, **more}


def test_enough_of_everything_is_shown() -> None:
    lines = [early("A", 9)]
    assert flow.effect(service("A", 9), RULE, [(lines, lines), (lines, lines)]) == [True] * 3


@pytest.mark.parametrize(
    "few",
    [{"n_persons": 4}, {"n_workers": 1}, *({name: 19} for name in flow.ESTIMATED)],
)
def test_too_few_behind_a_number_hide_the_service(few: Row) -> None:
    assert flow.effect(service("A", 9, **few), RULE, []) == [False] * 3


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("change", [{"n_persons": 8, "n_episodes": 8}, {"n_episodes": 10}])
def test_scenarios_of_different_families_are_hidden_together(place: int, change: Row) -> None:
    rows = service("A", 9)
    rows[place] = {**rows[place], **change}
    assert flow.effect(rows, RULE, []) == [False] * 3


def test_nothing_is_shown_of_a_service_that_is_hidden_before() -> None:
    rows = [*service("A", 9), *service("B", 9)]
    own, other = early("A", 9), early("B", 9)
    shown = ([own, other], [own, other])
    assert flow.effect(rows, RULE, [shown, shown]) == [True] * 6
    hidden = ([own, other], [other])
    for before in ([hidden, shown], [shown, hidden]):
        assert flow.effect(rows, RULE, before) == [False] * 3 + [True] * 3
    # One price year of two is hidden: the rest would be told by the other.
    part = early("A", 4)
    assert flow.effect(rows[:3], RULE, [([early("A", 5), part], [early("A", 5)])]) == [False] * 3


@given(
    st.lists(st.tuples(st.integers(0, 14), st.integers(-9, 9)), min_size=1, max_size=6),
    st.integers(0, 1),
)
def test_what_it_counts_beside_another_table_is_nobody_or_enough(
    services: list[tuple[int, int]], table: int
) -> None:
    rows = [row for place, (n, _) in enumerate(services) for row in service(f"S{place}", n)]
    same = [early(f"S{place}", n) for place, (n, _) in enumerate(services)]
    others = [early(f"S{place}", max(n + more, 0)) for place, (n, more) in enumerate(services)]
    before = [(same, same), (same, same)]
    before[table] = (others, others)
    shown = flow.effect(rows, RULE, before)
    for place, (n, more) in enumerate(services):
        left = abs(n - max(n + more, 0))
        assert shown[3 * place : 3 * place + 3] == [n >= 5 and (left == 0 or left >= 5)] * 3


def test_a_second_episode_of_a_family_is_a_count_too() -> None:
    lines = [early("A", 9, n_episodes=10)]
    assert flow.effect(service("A", 9), RULE, [(lines, lines)]) == [False] * 3


@pytest.mark.parametrize("hidden", [None, *(f"cost_{name}" for name in ("effect", "net"))])
def test_it_is_judged_beside_the_tables_of_money(hidden: str | None) -> None:
    alone = early("A", 2, is_agreed=0)
    shown: dict[str, list[Row]] = {
        "cost_effect": [early("A", 9, is_agreed=1)],
        "cost_net": [early("A", 9, scenario=scenario) for scenario in SCENARIOS],
    }
    shown |= {key: [*shown[name]] for name, key in open_tables.ALL.items()}
    # Who ends alone is in no line of flow_effect.
    shown[open_tables.ALL["cost_effect"]].append(alone)
    if hidden is not None:
        shown[hidden] = []
    found = open_tables.DISCLOSURE["flow_effect"](service("A", 9), RULE, shown)
    assert found == [hidden is None] * 3
