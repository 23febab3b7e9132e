"""Disclosure control of cost_comparison: neither one publication nor several tell a few families."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.publish import comparison
from fit_warehouse.publish.comparison import SIDES
from fit_warehouse.publish.disclosure import TOTAL, Rule
from fit_warehouse.publish.revision import NUMBERS

RULE = Rule(k_min=5, n_min_estimate=20, workers_min=2)
Row = dict[str, Any]
Sizes = tuple[int, int]


def line(service: str, fit: int, before: int, **more: Any) -> Row:
    """Return a line, each family of which has one episode."""
    counts = {"n_fit": fit, "n_persons_fit": fit, "n_comparison": before}
    counts |= {"n_persons_comparison": before, "n": fit + before, "n_persons": fit + before}
    return {
        "service_code": service,
        "unit": "plan" if service == TOTAL else "session",
        "opened_to": 0,
        **counts,
        "n_workers": 4,
        "n_workers_fit": 2 if fit else 0,
        "n_workers_comparison": 2 if before else 0,
        "n_left_out": 0,
        "n_persons_left_out": 0,
        # Another family, another estimate; without two sides there is none.
        "estimate": fit + before / 1000 if fit and before else None,
        "is_suppressed": 0,
        **more,
    }


def table(sizes: list[Sizes]) -> list[Row]:
    """Return the lines of services of these sizes, and their total."""
    rows = [line(f"S{place}", *size) for place, size in enumerate(sizes)]
    inside = [row for row in rows if row["estimate"] is not None]
    if len(inside) > 1:
        rows.append(line(TOTAL, *(sum(row[f"n_{side}"] for row in inside) for side in SIDES)))
    return rows


def opened(rows: list[Row], published: list[list[Row]]) -> list[Row]:
    """Return the lines as a publication after earlier ones has them."""
    lines = [
        row if ok else {**row, **dict.fromkeys(NUMBERS & row.keys()), "is_suppressed": 1}
        for row, ok in zip(rows, comparison.shown(rows, RULE), strict=True)
    ]
    return comparison.settled(lines, published, RULE)


@pytest.mark.parametrize(
    ("row", "is_shown"),
    [
        (line("S", 20, 20), True),
        (line("S", 19, 40), False),
        (line("S", 40, 19), False),
        (line("S", 40, 0), True),
        (line("S", 40, 40, n_workers_fit=1), False),
        (line("S", 40, 40, n_workers_comparison=1), False),
        (line("S", 40, 40, n_workers=0), False),
    ],
)
def test_each_side_has_nobody_or_enough_behind_it(row: Row, is_shown: bool) -> None:
    assert comparison.shown([row], RULE) == [is_shown]


@pytest.mark.parametrize(
    ("hidden", "is_shown"),
    [
        ([], True),
        ([(30, 10)], False),
        ([(10, 10), (10, 10)], True),
        ([(9, 10), (10, 10)], False),
        ([(10, 10), (10, 9)], False),
        # Without an estimate a service is in no total.
        ([(9, 0)], True),
    ],
)
def test_a_total_is_shown_when_what_it_leaves_over_is_several_and_enough(
    hidden: list[Sizes], is_shown: bool
) -> None:
    rows = table([(50, 40), (60, 30), *hidden])
    assert comparison.shown(rows, RULE) == [True, True, *[False] * len(hidden), is_shown]


def test_families_of_several_hidden_services_are_counted_once() -> None:
    rows = table([(50, 40), (60, 30), (15, 15), (15, 15)])
    alike = [*rows[:-1], rows[-1] | {"n_persons_fit": 125, "n_persons_comparison": 90}]
    assert comparison.shown(rows, RULE)[-1]
    assert not comparison.shown(alike, RULE)[-1]


def test_families_of_hidden_services_may_all_be_in_shown_ones_too() -> None:
    *services, total = table([(50, 40), (60, 30), (12, 15), (12, 15)])
    few = total | {"n_persons_fit": 110}
    assert not comparison.shown([*services, few], RULE)[-1]


def test_a_single_hidden_service_would_be_the_rest_of_the_total() -> None:
    rows = table([(50, 40), (60, 30), (90, 90)])
    rows[2] |= {"n_workers_fit": 1}
    assert comparison.shown(rows, RULE) == [True, True, False, False]


@pytest.mark.parametrize(("left_out", "is_shown"), [(0, True), (4, False), (5, True)])
def test_the_openings_left_out_of_the_total_are_none_or_enough(
    left_out: int, is_shown: bool
) -> None:
    *services, total = table([(50, 40), (60, 30)])
    rows = [*services, total | {"n_persons_left_out": left_out}]
    assert comparison.shown(rows, RULE) == [True, True, is_shown]
    assert comparison.without_left_out(services[0])["n_left_out"] is None
    assert comparison.without_left_out(total) == total


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        ((0, 0), True),
        ((1, 0), False),
        ((4, 0), False),
        ((5, 0), True),
        ((9, 1), False),
        ((5, 5), True),
        ((-3, 0), False),
        ((8, -8), False),
        ((-6, 0), True),
    ],
)
def test_a_line_moves_on_when_none_or_enough_came_on_each_side(change: Sizes, is_new: bool) -> None:
    before = [line("S", 40, 30)]
    (after,) = opened([line("S", 40 + change[0], 30 + change[1], opened_to=1)], [before])
    assert after["opened_to"] == int(is_new)
    assert after["n_fit"] == (40 + change[0] if is_new else 40)


def test_another_number_of_the_same_families_waits() -> None:
    before = [line("S", 40, 30)]
    (after,) = opened([line("S", 40, 30, estimate=0.5)], [before])
    assert after == before[0]


def test_a_line_is_held_to_every_publication_and_stays_as_in_the_latest() -> None:
    first, second = [line("S", 40, 30)], [line("S", 50, 30)]
    assert opened([line("S", 42, 30)], [second, first]) == second
    assert opened([line("S", 45, 30)], [second, first])[0]["n_fit"] == 45


def test_a_total_waits_for_a_service_that_stays() -> None:
    before = opened(table([(50, 40), (60, 30)]), [])
    after = opened(table([(52, 40), (70, 30)]), [before])
    assert [row["n_fit"] for row in after] == [50, 70, 110]
    later = opened(table([(55, 40), (70, 30)]), [after, before])
    assert [row["n_fit"] for row in later] == [55, 70, 125]


def test_a_total_that_was_never_shown_is_hidden_where_it_would_tell() -> None:
    before = opened([line("S0", 50, 40)], [])
    *services, total = opened(table([(52, 40), (60, 30)]), [before])
    assert [row["n_fit"] for row in services] == [50, 60]
    assert (total["n_fit"], total["estimate"], total["is_suppressed"]) == (None, None, 1)


def test_a_total_waits_for_the_rest_of_it() -> None:
    hidden = [(15, 15), (15, 15)]
    before = opened(table([(50, 40), (60, 30), *hidden]), [])
    assert before[-1]["n_fit"] == 140
    more = [(15, 15), (18, 15)]
    after = opened(table([(70, 40), (60, 30), *more]), [before])
    assert [row["n_fit"] for row in after] == [70, 60, None, None, 140]


def test_left_out_of_the_total_changes_by_none_or_enough() -> None:
    rows = table([(50, 40), (60, 30)])
    before = opened([*rows[:-1], rows[-1] | {"n_left_out": 30, "n_persons_left_out": 30}], [])
    rows = table([(70, 40), (60, 30)])
    for left_out, expected in ((31, 110), (35, 130)):
        after = opened([*rows[:-1], rows[-1] | {"n_left_out": left_out}], [before])
        assert [row["n_fit"] for row in after] == [70, 60, expected]


sizes = st.tuples(st.sampled_from([0, 3, 12, 21, 25, 40]), st.sampled_from([0, 3, 12, 21, 25, 40]))
growth = st.tuples(*[st.sampled_from([0, 0, 1, 2, 5, 7, 20, -2])] * 2)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Sizes]]:
    """Return the sizes of services at some publications, one after the other."""
    n = draw(st.integers(2, 4))
    history = [draw(st.lists(sizes, min_size=n, max_size=n))]
    for _ in range(draw(st.integers(0, 2))):
        history.append(
            [
                (max(one[0] + more[0], 0), max(one[1] + more[1], 0))
                for one in history[-1]
                for more in [draw(growth)]
            ]
        )
    return history


@given(histories())
def test_no_few_families_follow_from_all_that_was_published(history: list[list[Sizes]]) -> None:
    """What is published are sums over services; whatever follows from them by subtraction is enough."""
    published: list[list[Row]] = []
    n = len(history[0])
    told: list[np.ndarray] = []
    for version, services in enumerate(history):
        rows = [row | {"opened_to": version} for row in table(services)]
        published.insert(0, opened(rows, published))
        for row in published[0]:
            if row["is_suppressed"]:
                continue
            known = np.zeros((len(history), n))
            at = row["opened_to"]
            if row["service_code"] == TOTAL:
                known[at] = [fit > 0 < before for fit, before in history[at]]
            else:
                known[at, int(row["service_code"][1:])] = 1
            told.append(known.ravel())
    space = np.array(told).reshape(-1, len(history) * n)
    rank = np.linalg.matrix_rank(space)

    def follows(wanted: np.ndarray) -> bool:
        return bool(np.linalg.matrix_rank(np.vstack([space, wanted.ravel()])) == rank)

    for service in range(n):
        for version in range(len(history)):
            one = np.zeros((len(history), n))
            one[version, service] = 1
            if follows(one):
                assert all(size == 0 or size >= 20 for size in history[version][service])
        for first, second in combinations(range(len(history)), 2):
            change = np.zeros((len(history), n))
            change[first, service], change[second, service] = -1, 1
            if follows(change):
                pairs = zip(history[first][service], history[second][service], strict=True)
                assert all(before == after or abs(after - before) >= 5 for before, after in pairs)
