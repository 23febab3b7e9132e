"""Disclosure control: what is shown never gives away a group that is too small."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.measure import counts
from fit_warehouse.publish import disclosure
from fit_warehouse.publish.disclosure import CLASSES, TOTAL, Rule

RULE = Rule(k_min=5, n_min_estimate=20, workers_min=2)
CLASS_NAMES = sorted(CLASSES)


def share(indicator: str, numerator: int, n: int, **more: Any) -> dict[str, Any]:
    return {
        "instrument_code": "ORS",
        "respondent_role": "self",
        "indicator": indicator,
        "n_persons": n,
        "n_persons_numerator": numerator,
        "n_persons_rest": n - numerator,
        "n_workers": 3,
        **more,
    }


def mean(persons: int, **more: Any) -> dict[str, Any]:
    row = share("mean_change", 0, persons)
    nothing = {"n_persons_numerator": None, "n_persons_rest": None}
    return {**row, "n": persons, **nothing, **more}


@pytest.mark.parametrize(
    ("n", "workers", "shown"),
    [(20, 2, True), (19, 2, False), (20, 1, False), (0, 2, False), (200, 2, True)],
)
def test_an_estimate_needs_twenty_families_and_two_professionals(
    n: int, workers: int, shown: bool
) -> None:
    assert disclosure.city_outcome([mean(n, n_workers=workers)], RULE) == [shown]


@pytest.mark.parametrize(
    ("numerator", "shown"),
    [
        (0, True),
        (1, False),
        (4, False),
        (5, True),
        (95, True),
        (96, False),
        (99, False),
        (100, True),
    ],
)
def test_a_share_needs_none_or_five_on_either_side(numerator: int, shown: bool) -> None:
    row = share("share_intake_functional", numerator, 100)
    assert disclosure.city_outcome([row], RULE) == [shown]


def test_one_small_class_hides_all_four_of_its_group_but_not_of_another() -> None:
    counts = {"share_recovered": 40, "share_improved": 30, "share_unchanged": 26}
    rows = [share(name, number, 100) for name, number in counts.items()]
    rows.append(share("share_deteriorated", 4, 100))
    rows.append(share("share_reliably_improved", 70, 100))
    other = [{**row, "instrument_code": "CORS"} for row in rows[:3]]
    other.append(share("share_deteriorated", 0, 96, instrument_code="CORS"))
    assert disclosure.city_outcome(rows + other, RULE) == [False] * 4 + [True] * 5


@given(st.lists(st.integers(0, 60), min_size=4, max_size=4))
def test_the_four_classes_are_shown_together_or_not_at_all(counts: list[int]) -> None:
    n = sum(counts)
    rows = [share(name, number, n) for name, number in zip(CLASS_NAMES, counts, strict=True)]
    shown = disclosure.city_outcome(rows, RULE)
    assert len(set(shown)) == 1
    if shown[0]:
        assert all(number == 0 or number >= RULE.k_min for number in counts)


@st.composite
def teams(draw: st.DrawFn) -> list[list[int]]:
    """Return the four class counts of some teams."""
    counts = st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(any)
    return draw(st.lists(counts, min_size=1, max_size=6))


@given(teams())
def test_what_shown_teams_leave_of_the_city_is_nothing_or_enough(counts: list[list[int]]) -> None:
    rows = [
        share(name, number, sum(team), team_code=f"T{place}", service_code="S")
        for place, team in enumerate(counts)
        for name, number in zip(CLASS_NAMES, team, strict=True)
    ]
    whole = [sum(column) for column in zip(*counts, strict=True)]
    city = [share(name, n, sum(whole)) for name, n in zip(CLASS_NAMES, whole, strict=True)]
    shown = disclosure.team_outcome(rows, RULE, city)
    for place in range(len(counts)):
        assert len(set(shown[4 * place : 4 * place + 4])) == 1, "classes of a team go together"
    for total in city:
        kept = [
            row
            for row, ok in zip(rows, shown, strict=True)
            if ok and row["indicator"] == total["indicator"]
        ]
        left = {name: total[name] - sum(row[name] for row in kept) for name in disclosure.COUNTS}
        if not kept or not left["n_persons"]:
            continue
        assert left["n_persons"] >= RULE.n_min_estimate
        for name in ("n_persons_numerator", "n_persons_rest"):
            assert left[name] == 0 or left[name] >= RULE.k_min


def test_teams_that_give_nothing_away_are_shown() -> None:
    rows = [mean(n, team_code=team, service_code="S") for team, n in (("A", 30), ("B", 25))]
    assert disclosure.team_outcome(rows, RULE, [mean(55)]) == [True, True]
    assert disclosure.team_outcome(rows, RULE, [mean(80)]) == [True, True]
    # Ten families are left over: the smaller team goes with them.
    assert disclosure.team_outcome(rows, RULE, [mean(65)]) == [True, False]


def test_teams_stay_hidden_where_the_city_is() -> None:
    rows = [mean(50, team_code="T1", service_code="S")]
    assert disclosure.team_outcome(rows, RULE, []) == [False]


def whole(n: int, n_episodes: int | None = None) -> dict[str, Any]:
    """Return the group's own line of city_outcome."""
    return mean(n, indicator="mean_intake", n=n_episodes or n)


pairs = st.tuples(st.integers(0, 80), st.integers(0, 4)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(pairs, min_size=1, max_size=12), pairs)
def test_between_shown_means_of_a_course_none_or_five_families_differ(
    sizes: list[tuple[int, int]], group: tuple[int, int]
) -> None:
    rows = [
        mean(persons, session_number=number, n=episodes)
        for number, (persons, episodes) in enumerate(sizes)
    ]
    shown = disclosure.course(rows, RULE, [whole(*group)])
    kept = [size for size, ok in zip(sizes, shown, strict=True) if ok]
    assert all(persons >= RULE.n_min_estimate for persons, _ in kept)
    for one, other in [*itertools.pairwise(kept), *((size, group) for size in kept)]:
        persons, episodes = abs(one[0] - other[0]), abs(one[1] - other[1])
        assert persons == episodes == 0 or min(persons, episodes) >= RULE.k_min


def test_a_first_meeting_one_client_short_of_the_group_is_hidden() -> None:
    rows = [mean(38, session_number=1, n=38)]
    assert disclosure.course(rows, RULE, [whole(39)]) == [False]
    assert disclosure.course(rows, RULE, [whole(38)]) == [True]
    assert disclosure.course(rows, RULE, [whole(43)]) == [True]
    assert disclosure.course(rows, RULE, []) == [False]


def funnel_of(sizes: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return the lines of a funnel with so many families and episodes at each step."""
    return [
        {"step": step, "n_persons": persons, "n_episodes": episodes, "n_workers": 2}
        for step, (persons, episodes) in zip(counts.FUNNEL, sizes, strict=True)
    ]


STEPS = len(counts.FUNNEL)


@given(st.lists(pairs, min_size=STEPS, max_size=STEPS), *[st.integers(0, 60)] * 3)
def test_funnel_steps_and_their_differences_are_nothing_or_enough(
    drops: list[tuple[int, int]], in_change: int, improved: int, not_improved: int
) -> None:
    sums = itertools.accumulate(reversed(drops), lambda a, b: (a[0] + b[0], a[1] + b[1]))
    sizes = list(sums)[::-1]
    groups = disclosure.Groups(in_change, improved, not_improved)
    shown = disclosure.city_funnel(funnel_of(sizes), RULE, groups)
    kept = [size for size, ok in zip(sizes, shown, strict=True) if ok]
    assert all(persons == 0 or persons >= RULE.k_min for persons, _ in kept)
    for one, other in itertools.pairwise(kept):
        persons, episodes = one[0] - other[0], one[1] - other[1]
        assert persons == episodes == 0 or min(persons, episodes) >= RULE.k_min
    left_over = []
    if shown[-2]:
        left_over.append(sizes[-2][0] - in_change)
    if shown[-1]:
        left_over.append(sizes[-1][0] - improved)
    if shown[-2] and shown[-1]:
        left_over.append(sizes[-2][0] - sizes[-1][0] - not_improved)
    assert [left for left in left_over if 0 < left < RULE.k_min] == []


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (disclosure.Groups(100, 40, 60), [True, True]),
        # A hidden group of six families, of whom five improved, would give the sixth away.
        (disclosure.Groups(94, 35, 59), [True, False]),
        (disclosure.Groups(94, 39, 55), [True, False]),
        (disclosure.Groups(90, 35, 55), [True, True]),
        # Where the denominator is hidden, those who did not improve cannot be counted off it.
        (disclosure.Groups(97, 40, 57), [False, True]),
    ],
)
def test_improved_of_hidden_groups_cannot_be_counted_off(
    groups: disclosure.Groups, expected: list[bool]
) -> None:
    sizes = [(500, 510), (490, 500), (400, 410), (300, 310), (200, 210), (100, 105), (40, 42)]
    assert disclosure.city_funnel(funnel_of(sizes), RULE, groups)[-2:] == expected


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        # Nobody was left at the door: referred and opened are the same people.
        ([(60, 61), (60, 61)], [True, True]),
        ([(60, 66), (55, 61)], [True, True]),
        ([(60, 61), (57, 58)], [True, False]),
        ([(4, 4), (0, 0)], [False, True]),
    ],
)
def test_the_step_from_referral_to_opening(
    sizes: list[tuple[int, int]], expected: list[bool]
) -> None:
    rows = funnel_of([*sizes, *[(0, 0)] * (STEPS - 2)])
    assert disclosure.city_funnel(rows, RULE, disclosure.Groups(0, 0, 0))[:2] == expected


def cost(service: str, n: int, **more: Any) -> dict[str, Any]:
    return {
        "service_code": service,
        "is_agreed": 1,
        "procurement": "purchased",
        "price_year": 2025,
        "n_persons": n,
        "n_workers": 2,
        **more,
    }


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_a_total_gives_no_hidden_service_away(sizes: list[int]) -> None:
    rows = [cost(f"S{number}", size) for number, size in enumerate(sizes)]
    rows.append(cost(TOTAL, sum(sizes)))
    *services, total = disclosure.cost_effect(rows, RULE, [])
    assert services == [size >= RULE.k_min for size in sizes]
    hidden = [size for size in sizes if size < RULE.k_min]
    if total:
        assert not hidden or (len(hidden) > 1 and sum(hidden) >= RULE.k_min)


@given(
    st.lists(st.integers(5, 30), min_size=1, max_size=5),
    st.lists(st.integers(0, 40), min_size=1, max_size=2),
)
def test_early_endings_do_not_leave_a_few_of_the_closed_episodes(
    sizes: list[int], others: list[int]
) -> None:
    rows = [cost(f"S{number}", size) for number, size in enumerate(sizes)]
    shown = disclosure.cost_effect(rows, RULE, [sum(sizes) + more for more in others])
    early = sum(size for size, ok in zip(sizes, shown, strict=True) if ok)
    left_over = [sum(sizes) + more - early for more in others]
    assert not any(shown) or all(left == 0 or left >= RULE.k_min for left in left_over)
    if all(more == 0 or more >= RULE.k_min for more in others):
        assert all(shown)


def test_totals_of_another_kind_are_judged_apart() -> None:
    rows = [
        cost("A", 4),
        cost("B", 9),
        cost(TOTAL, 13),
        cost("A", 9, procurement="own"),
        cost(TOTAL, 9, procurement="own"),
    ]
    assert disclosure.cost_effect(rows, RULE, []) == [False, True, False, True, True]


@pytest.mark.parametrize(
    ("numerator", "shown"), [(0, True), (4, False), (5, True), (46, False), (50, True)]
)
def test_use_is_shown_from_five_families_on_either_side(numerator: int, shown: bool) -> None:
    assert disclosure.city_use([share("share_sessions_with_prom", numerator, 50)], RULE) == [shown]
