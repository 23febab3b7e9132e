"""The page of simulated coverage is the one its cases and results give, and no promise is broken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import coverage_table
from benchmarks.coverage_case import Case, seed_of, trials
from benchmarks.coverage_page import HOLDS, OUTSIDE, TOO_LITTLE, TOO_MUCH, mark, page
from benchmarks.coverage_table import ENUMERATED, REPLICATIONS, Result
from fit_metrics.results import Estimate

CASES = coverage_table.all_cases()
RESULTS = coverage_table.read_results()


def never(rng: np.random.Generator, replications: int) -> tuple[int, int]:
    return 0, replications


def case(nominal: str, run: Callable[..., tuple[int, int]] = never, **more: object) -> Case:
    return Case("a", "rates.wilson", "n = 20", nominal, run, **more)  # type: ignore[arg-type]


def result(covered: int, replications: int = 10_000) -> Result:
    return Result("rates", "rates.wilson", "a", 1, replications, covered, replications)


def test_page_is_the_one_that_the_results_give() -> None:
    assert coverage_table.PAGE.read_text(encoding="utf-8") == page(CASES, RESULTS)


def test_every_case_has_a_result_and_every_result_a_case() -> None:
    assert sorted(RESULTS) == sorted(CASES)


def test_seeds_are_those_of_the_cases_and_all_differ() -> None:
    seeds = {key: seed_of(key[0], case) for key, case in CASES.items()}
    assert {key: row.seed for key, row in RESULTS.items()} == seeds
    assert len(set(seeds.values())) == len(seeds)


def test_replications_are_those_of_the_table_or_stated_by_the_case() -> None:
    for key, row in RESULTS.items():
        stated = CASES[key].replications
        least = (
            ENUMERATED if CASES[key].is_enumerated else min(stated or REPLICATIONS, REPLICATIONS)
        )
        assert row.replications >= least, key


def test_every_promise_holds() -> None:
    marks = {key: mark(CASES[key], row) for key, row in RESULTS.items()}
    assert {key: word for key, word in marks.items() if word not in (HOLDS, OUTSIDE)} == {}


def test_where_nothing_is_promised_the_page_says_what_to_use() -> None:
    assert [key for key, case in CASES.items() if case.bounds() is None and not case.instead] == []


@pytest.mark.parametrize(
    ("nominal", "bounds"),
    [
        ("93 to 97 %", (0.93, 0.97)),
        ("93-97 % on average over units", (0.93, 0.97)),
        ("at least 99.8 %", (0.998, 1.0)),
        ("95 %, exact", (0.95, 0.95)),
        ("95 % on average over teams", (0.93, 0.97)),
        ("none", None),
        ("shown beside it", None),
    ],
)
def test_promises_are_read_as_written(nominal: str, bounds: tuple[float, float] | None) -> None:
    assert case(nominal).bounds() == (bounds if bounds is None else pytest.approx(bounds))


def test_promise_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="nominal is 'about right' in 'a'"):
        case("about right").bounds()


@pytest.mark.parametrize(
    ("nominal", "covered", "word"),
    [
        ("93 to 97 %", 9_300, HOLDS),
        ("93 to 97 %", 9_299, TOO_LITTLE),
        ("93 to 97 %", 9_701, TOO_MUCH),
        ("95 %, exact", 9_460, HOLDS),
        ("95 %, exact", 9_420, TOO_LITTLE),
        ("95 %, exact", 9_570, TOO_MUCH),
        ("at least 95 %", 9_460, HOLDS),
        ("at least 95 %", 9_420, TOO_LITTLE),
        ("at least 95 %", 10_000, HOLDS),
        ("none", 5_000, OUTSIDE),
    ],
)
def test_marks(nominal: str, covered: int, word: str) -> None:
    assert mark(case(nominal), result(covered)) == word


def test_sums_of_probabilities_have_no_simulation_error() -> None:
    summed = case("at least 95 %", is_enumerated=True)
    assert mark(summed, result(949_999, 1_000_000)) == TOO_LITTLE
    assert mark(summed, result(950_000, 1_000_000)) == HOLDS


def test_page_names_what_fails_and_what_has_not_run() -> None:
    failing = case("93 to 97 %", instead="Use another.")
    cases = {("rates", "rates.wilson", "a"): failing, ("rates", "rates.wilson", "b"): failing}
    text = page(cases, {("rates", "rates.wilson", "a"): result(9_000)})
    assert "| 10 000 | 90.0 % | 89.2–90.7 % | **does not hold: covers too little**. Use" in text
    assert text.count("| not run |") == 1


def test_a_case_is_the_same_in_every_run() -> None:
    key = ("rates", "rates.wilson", "wilson_20")
    first, second = (coverage_table.run(key, 200)[0] for _ in range(2))
    assert first == second
    assert 150 < first.covered < first.intervals == first.replications == 200


def test_trials_count_the_intervals_that_hold_the_truth() -> None:
    def interval(rng: np.random.Generator) -> Estimate:
        low = float(rng.random())
        return Estimate(
            estimate=low,
            ci_low=low,
            ci_high=1.0,
            ci_level=0.5,
            n=1,
            n_missing=0,
            method="uniform",
        )

    covered, all_of_them = trials(interval, 0.5)(np.random.default_rng(1), 2_000)
    drawn = np.random.default_rng(1).random(2_000)
    assert (covered, all_of_them) == (int((drawn <= 0.5).sum()), 2_000)
