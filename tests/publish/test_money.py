"""Disclosure control of money: no line, and no two lines together, give a few families away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.publish import money
from fit_warehouse.publish.disclosure import TOTAL, Rule

RULE = Rule(k_min=5, n_min_estimate=20, workers_min=2)
SCENARIOS = ("low", "base", "high")
Row = dict[str, Any]


def kind(service: str, **more: Any) -> Row:
    return {
        "service_code": service,
        "procurement": "purchased",
        "price_year": 2025,
        "vat_included": 0,
        "n_workers": 2,
        **more,
    }


def early(service: str, n: int, agreed: int = 1, **more: Any) -> Row:
    return kind(service, n_persons=n, n_episodes=n, is_agreed=agreed, **more)


def net_lines(service: str, n: int, without: int = 0, unpriced: int = 0, **more: Any) -> list[Row]:
    counts = {"n_persons": n, "n_episodes": n, "n_persons_rest": without}
    counts |= {"n_persons_unpriced": unpriced, "n_without_effect": without + unpriced}
    return [kind(service, scenario=scenario, **counts, **more) for scenario in SCENARIOS]


sizes = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8)), min_size=1, max_size=6)


@given(sizes)
def test_families_with_and_without_an_effect_are_none_or_enough(
    services: list[tuple[int, int]],
) -> None:
    rows, effect = [], []
    for number, (n, without) in enumerate(services):
        rows += net_lines(f"S{number}", n, without)
        effect.append(early(f"S{number}", n + without))
    gross = [row for row in effect if RULE.cell(row)]
    shown = money.net(rows, RULE, effect, gross)
    for place, (n, without) in enumerate(services):
        line = shown[3 * place : 3 * place + 3]
        assert line == [n >= 5 and (without == 0 or without >= 5)] * 3


@given(sizes)
def test_families_without_a_gross_amount_are_none_or_enough(
    services: list[tuple[int, int]],
) -> None:
    """They are in no line of cost_effect: together with others they would be told from these."""
    rows, effect = [], []
    for number, (n, unpriced) in enumerate(services):
        rows += net_lines(f"S{number}", n, without=6, unpriced=unpriced)
        effect.append(early(f"S{number}", n + 6))
    shown = money.net(rows, RULE, effect, effect)
    for place, (n, unpriced) in enumerate(services):
        line = shown[3 * place : 3 * place + 3]
        assert line == [n >= 5 and (unpriced == 0 or unpriced >= 5)] * 3


@pytest.mark.parametrize(
    ("later", "shown"), [(9, True), (10, False), (13, False), (14, True), (2, True)]
)
def test_two_lines_of_a_service_leave_none_or_enough_of_what_is_of_no_line(
    later: int, shown: bool
) -> None:
    rows = [*net_lines("S", 9, unpriced=9), *net_lines("S", 9, unpriced=later, price_year=2026)]
    effect = [early("S", 9), early("S", 9, price_year=2026)]
    found = money.net(rows, RULE, effect, effect)
    # A hidden line has nothing to be compared with.
    assert found == [shown] * 3 + [shown and later != 2] * 3


def test_nothing_is_shown_of_a_service_whose_gross_amount_is_hidden() -> None:
    rows = net_lines("S", 9)
    months, days = early("S", 9, unit="month"), early("S", 6, unit="day")
    assert money.net(rows, RULE, [months, days], [months, days]) == [True] * 3
    assert money.net(rows, RULE, [months, days], [months]) == [False] * 3
    alone = early("S", 3, agreed=0)
    assert money.net(rows, RULE, [months, alone], [months]) == [True] * 3


def test_scenarios_of_different_families_are_hidden_together() -> None:
    rows = net_lines("S", 9)
    rows[0] = {**rows[0], "n_persons": 8, "n_episodes": 8}
    effect = [early("S", 9)]
    assert money.net(rows, RULE, effect, effect) == [False] * 3


def test_sensitivity_is_shown_where_the_net_amount_is() -> None:
    rows = [kind("A", factor="attribution_share"), kind("B", factor="attribution_share")]
    assert money.sensitivity(rows, net_lines("B", 9)) == [False, True]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(2024, 2026)), unique=True))
def test_probability_is_shown_exactly_where_the_net_amount_is(
    known: list[tuple[str, int]],
) -> None:
    rows = [kind(service, price_year=year) for service in "ABC" for year in (2024, 2025, 2026)]
    shown = [line for service, year in known for line in net_lines(service, 9, price_year=year)]
    found = [
        (row["service_code"], row["price_year"])
        for row, ok in zip(rows, money.probability(rows, shown), strict=True)
        if ok
    ]
    assert sorted(found) == sorted(known)


def reason(name: str, step: str, n: int, **more: Any) -> Row:
    return {
        "exclusion_reason": name,
        "left_out_of": step,
        "n_persons": n,
        "n_workers": 2,
        **more,
    }


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=4), st.lists(st.integers(1, 12), max_size=4)
)
def test_hidden_reasons_of_a_sum_are_none_or_several_and_enough(
    gross: list[int], effect: list[int]
) -> None:
    """Reasons of the first sum are left out of the next as well, and are hidden in both or in none."""
    rows = [
        reason(f"{name}{place}", step, n)
        for name, counts, steps in (("g", gross, money.STEPS), ("e", effect, money.STEPS[1:]))
        for step in steps
        for place, n in enumerate(counts)
    ]
    shown = money.excluded(rows, RULE)
    by_reason: dict[str, set[bool]] = {}
    for row, ok in zip(rows, shown, strict=True):
        by_reason.setdefault(row["exclusion_reason"], set()).add(ok)
        assert not ok or row["n_persons"] >= RULE.k_min
    assert all(len(found) == 1 for found in by_reason.values())
    for name, counts in (("g", gross), ("e", effect)):
        hidden = [n for place, n in enumerate(counts) if by_reason[f"{name}{place}"] == {False}]
        if hidden and len(hidden) < len(counts):
            assert len(hidden) > 1
            assert sum(hidden) >= RULE.k_min


def outcomes(
    service: str, n: int, improved: int, measured: int, without: int = 0, **more: Any
) -> list[Row]:
    counts = {"n": n, "n_persons": n, "n_in_change": measured}
    counts |= {"n_without_cost": without, "n_persons_without_cost": without}
    counts |= {"n_persons_numerator": improved, "n_persons_rest": measured - improved}
    return [
        kind(service, indicator=name, **counts, **more) for name in ("per_episode", "per_improved")
    ]


def nothing_else(**more: list[Row]) -> dict[str, list[Row]]:
    return {"cost_effect": [], "team_outcome": [], "city_funnel": [], **more}


@pytest.mark.parametrize(
    ("n", "improved", "measured", "shown"),
    [
        (40, 15, 30, True),
        (19, 5, 12, False),
        (40, 4, 30, False),
        (40, 27, 30, False),
        (40, 15, 37, False),
        (40, 15, 40, True),
        (40, 0, 30, True),
    ],
)
def test_improved_others_and_unmeasured_are_none_or_enough(
    n: int, improved: int, measured: int, shown: bool
) -> None:
    rows = outcomes("S", n, improved, measured)
    assert money.outcome(rows, RULE, nothing_else(), []) == [shown, shown]


@pytest.mark.parametrize(("without", "shown"), [(0, True), (1, False), (4, False), (5, True)])
def test_families_without_a_cost_are_none_or_enough(without: int, shown: bool) -> None:
    rows = outcomes("S", 40, 15, 30, without)
    assert money.outcome(rows, RULE, nothing_else(), []) == [shown, shown]
    no_family = [row | {"n_persons_without_cost": 0} for row in rows]
    assert money.outcome(no_family, RULE, nothing_else(), []) == [shown, shown]


@pytest.mark.parametrize(("later", "shown"), [(9, True), (10, False), (14, True)])
def test_two_lines_of_a_service_differ_by_none_or_enough_without_a_cost(
    later: int, shown: bool
) -> None:
    rows = outcomes("S", 40, 15, 30, 9) + outcomes("S", 40, 15, 30, later, price_year=2026)
    assert money.outcome(rows, RULE, nothing_else(), []) == [shown] * 4


@pytest.mark.parametrize(("closed", "shown"), [(46, True), (50, False), (51, True), (43, False)])
def test_with_and_without_a_cost_leave_none_or_enough_of_all_closed(
    closed: int, shown: bool
) -> None:
    rows = outcomes("S", 40, 15, 30, 6)
    assert money.outcome(rows, RULE, nothing_else(), [closed]) == [shown] * 2


@pytest.mark.parametrize(("left", "shown"), [(0, True), (3, False), (5, True)])
def test_early_endings_leave_none_or_enough_of_the_closed(left: int, shown: bool) -> None:
    rows = outcomes("S", 40, 15, 30)
    effect = [early("S", 20), early("S", 20 - left, agreed=0), early(TOTAL, 90)]
    found = money.outcome(rows, RULE, nothing_else(cost_effect=effect), [])
    assert found == [shown, shown]


@pytest.mark.parametrize(("improved", "shown"), [(15, True), (12, False), (10, True)])
def test_shown_teams_leave_none_or_enough_of_a_service(improved: int, shown: bool) -> None:
    team = {"service_code": "S", "indicator": money.IMPROVED}
    team |= {"n_persons_numerator": improved, "n_persons_rest": 15}
    rows = outcomes("S", 40, 15, 30)
    assert money.outcome(rows, RULE, nothing_else(team_outcome=[team]), []) == [shown, shown]


@given(st.lists(st.integers(20, 60), min_size=1, max_size=5), st.integers(0, 30))
def test_shown_services_leave_none_or_enough_of_all_closed(counts: list[int], more: int) -> None:
    rows = [row for place, n in enumerate(counts) for row in outcomes(f"S{place}", n, 0, n)]
    closed = sum(counts) + more
    shown = money.outcome(rows, RULE, nothing_else(), [closed])
    kept = sum(row["n_persons"] for row, ok in zip(rows, shown, strict=True) if ok) // 2
    assert kept == 0 or closed - kept == 0 or closed - kept >= RULE.k_min
    if more == 0 or more >= RULE.k_min:
        assert all(shown)


def test_improved_of_shown_services_leave_none_or_enough_of_the_funnel() -> None:
    rows = [*outcomes("A", 60, 20, 50), *outcomes("B", 40, 10, 30)]
    for improved, shown in ((30, [True] * 4), (33, [True, True, False, False])):
        funnel = [
            {"step": "in_denominator", "n_persons": 80 + improved - 30},
            {"step": "improved", "n_persons": improved},
        ]
        assert money.outcome(rows, RULE, nothing_else(city_funnel=funnel), []) == shown


@pytest.mark.parametrize(("n", "workers", "shown"), [(5, 2, True), (4, 2, False), (9, 1, False)])
def test_a_confirmed_saving_needs_families_behind_it(n: int, workers: int, shown: bool) -> None:
    assert money.confirmed([{"n_persons": n, "n_workers": workers}], RULE) == [shown]
