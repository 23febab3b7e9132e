from __future__ import annotations

import json
import math
import time as clock
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics import course, rates
from fit_metrics.course import (
    dose_response,
    first_reliable_improvement,
    mean_course,
    time_to_reliable_improvement,
)
from fit_metrics.survival import aalen_johansen, kaplan_meier

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "survival" / "course.json").read_text(encoding="utf-8")
)
COLUMNS = {
    "mean_course": {"person": "person", "session": "session", "score": "total"},
    "first_reliable_improvement": {"person": "person", "session": "session", "total": "total"},
    "time_to_reliable_improvement": {
        **{"person": "person", "session": "session", "total": "total"},
        **{"ending": "ending"},
    },
    "dose_response": {},
}
RULE: dict[str, Any] = {
    "reliable_change": 6,
    "reliable_change_inclusive": True,
    "score_step": 0.1,
}
quick = settings(deadline=None, max_examples=60)


def numbers(values: Any) -> np.ndarray:
    if isinstance(values, list):
        return np.array([numbers(value) for value in values])
    return np.array(math.nan if values is None else values, dtype=float)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in REFERENCE["cases"]])
def test_matches_reference(case: dict[str, Any]) -> None:
    names = COLUMNS[case["function"]]
    rows = {name: REFERENCE["set"][column] for name, column in names.items()}
    result = getattr(course, case["function"])(**rows, **case.get("inputs", {}), **case["options"])
    for name, value in case["expected"].items():
        given = np.asarray(getattr(result, name), dtype=float)
        np.testing.assert_allclose(given, numbers(value), rtol=1e-8, atol=1e-14, err_msg=name)


@st.composite
def courses(draw: st.DrawFn) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    stays = rng.integers(1, 8, draw(st.integers(1, 12)))
    person = np.repeat(np.arange(stays.size), stays)
    session = np.concatenate([np.arange(1, k + 1) for k in stays])
    score = rng.integers(0, 401, person.size) / 10
    score[rng.random(person.size) < 0.15] = np.nan
    ending = np.array(["agreed", "left", "open"])[rng.integers(0, 3, stays.size)][person]
    return {"person": person, "session": session, "score": score, "ending": ending}


# --- mean course --------------------------------------------------------------------------------------


@quick
@given(courses(), st.sampled_from(["present", "stayers"]))
def test_bands_are_disjoint_and_hold_everyone(rows: Any, cohort: Any) -> None:
    columns = rows["person"], rows["session"], rows["score"]
    options: Any = {"last_session": 5, "cohort": cohort, "missing": "omit"}
    whole = mean_course(*columns, **options)
    parted = mean_course(*columns, band_edges=[12.5, 25], score_step=0.1, **options)
    assert (parted.n.sum(axis=0) == whole.n[0]).all()
    assert (parted.n_leaving.sum(axis=0) == whole.n_leaving[0]).all()
    total = np.nansum(parted.n * parted.estimate, axis=0)
    assert total == pytest.approx(np.nan_to_num(whole.n[0] * whole.estimate[0]))
    assert parted.n_persons.sum() == whole.n_persons[0]
    known = ~np.isnan(parted.ci_low)
    assert (known == (parted.n >= 2)).all()
    assert (parted.ci_low[known] <= parted.estimate[known]).all()
    assert (parted.estimate[known] <= parted.ci_high[known]).all()
    # Those who leave and those who stay are all there are.
    both = np.nan_to_num(parted.mean_leaving) * parted.n_leaving
    both += np.nan_to_num(parted.mean_staying) * (parted.n - parted.n_leaving)
    assert both == pytest.approx(np.nan_to_num(parted.n * parted.estimate))


@quick
@given(courses(), st.integers(0, 2**16))
def test_course_mirrors_moves_and_does_not_know_the_order(rows: Any, seed: int) -> None:
    columns = rows["person"], rows["session"], rows["score"]
    options: Any = {"last_session": 6, "missing": "omit"}
    result = mean_course(*columns, **options)
    order = np.random.default_rng(seed).permutation(rows["person"].size)
    mixed = mean_course(*(column[order] for column in columns), **options)
    mirrored = mean_course(rows["person"], rows["session"], 40 - 2 * rows["score"], **options)
    for name in ("estimate", "ci_low", "ci_high", "sd"):
        np.testing.assert_allclose(getattr(mixed, name), getattr(result, name), rtol=1e-12)
    np.testing.assert_allclose(mirrored.estimate, 40 - 2 * result.estimate, atol=1e-9)
    np.testing.assert_allclose(mirrored.ci_low, 40 - 2 * result.ci_high, atol=1e-9)


@quick
@given(courses())
def test_stayers_are_the_same_persons_at_every_session(rows: Any) -> None:
    complete = {**rows, "score": np.nan_to_num(rows["score"])}
    columns = complete["person"], complete["session"], complete["score"]
    result = mean_course(*columns, last_session=4, cohort="stayers")
    assert (result.n == result.n_persons[:, None]).all()
    assert (result.n_leaving[:, :-1] == 0).all()
    stays = np.bincount(complete["person"]) >= 4
    only = stays[complete["person"]]
    own = mean_course(*(column[only] for column in columns), last_session=4)
    np.testing.assert_array_equal(own.estimate, result.estimate)


def test_leaving_when_well_bends_the_line_though_nobody_changes() -> None:
    # Two persons, each always at the same score; the one who is well leaves after one session.
    result = mean_course(["a", "b", "b"], [1, 1, 2], [32.0, 18.0, 18.0], last_session=2)
    assert result.estimate.tolist() == [[25.0, 18.0]]
    assert (result.mean_leaving[0, 0], result.mean_staying[0, 0]) == (32.0, 18.0)
    stayers = mean_course(
        ["a", "b", "b"], [1, 1, 2], [32.0, 18.0, 18.0], last_session=2, cohort="stayers"
    )
    assert stayers.estimate.tolist() == [[18.0, 18.0]]


def test_an_intake_at_an_edge_belongs_above_it_in_tenths_and_float32() -> None:
    for scores in ([25.1, 25.0], np.array([25.1, 25.0], dtype=np.float32)):
        result = mean_course(
            [1, 2], [1, 1], scores, last_session=1, band_edges=[25.1], score_step=0.1
        )
        assert result.n.tolist() == [[1], [1]]
        assert result.n_persons.tolist() == [1, 1]


def test_course_of_nobody_of_one_and_of_two() -> None:
    empty = mean_course([], [], [], last_session=2)
    assert (empty.n.tolist(), np.isnan(empty.estimate).all()) == ([[0, 0]], True)
    missing = mean_course([1, 2], [1, 1], [None, None], last_session=1, missing="omit")
    assert (missing.n.tolist(), missing.n_missing) == ([[0]], 2)
    one = mean_course([1], [1], [20], last_session=1)
    assert one.estimate.tolist() == [[20.0]]
    assert np.isnan([one.ci_low, one.ci_high, one.sd]).all()
    same = mean_course([1, 2], [1, 1], [20.1, 20.1], last_session=1)
    assert (same.sd.tolist(), same.ci_low.tolist(), same.ci_high.tolist()) == (
        [[0.0]],
        [[20.1]],
        [[20.1]],
    )


# --- dose and response --------------------------------------------------------------------------------


@quick
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=40))
def test_doses_add_up_to_all(rows: list[Any]) -> None:
    sessions, improved = [s for s, _ in rows], [flag for _, flag in rows]
    level = dose_response(sessions, improved)
    total = dose_response(sessions, improved, view="cumulative")
    assert level.n.sum() == level.n_persons == len(rows)
    assert (np.cumsum(level.improved) == total.improved).all()
    assert (np.diff(total.estimate) >= 0).all()
    if rows:
        share = rates.wilson(sum(improved), len(rows))
        assert (total.estimate[-1], total.ci_low[-1], total.ci_high[-1]) == pytest.approx(
            (share.estimate, share.ci_low, share.ci_high)
        )


def test_doses_of_the_missing() -> None:
    result = dose_response([3, None, 2], [1, 1, None], missing="omit")
    assert (result.n.tolist(), result.n_missing) == ([0, 0, 1], 2)
    assert dose_response([], []).sessions.size == 0


# --- first reliable improvement -----------------------------------------------------------------------


@quick
@given(courses(), st.sampled_from(["higher_is_better", "lower_is_better"]), st.integers(0, 2**16))
def test_improvement_mirrors_and_does_not_know_the_order(
    rows: Any, direction: Any, seed: int
) -> None:
    columns = rows["person"], rows["session"], rows["score"], rows["ending"]
    order = np.random.default_rng(seed).permutation(rows["person"].size)
    other = "lower_is_better" if direction == "higher_is_better" else "higher_is_better"
    first = first_reliable_improvement(*columns[:3], direction=direction, **RULE)
    mixed = first_reliable_improvement(
        *(column[order] for column in columns[:3]), direction=direction, **RULE
    )
    mirrored = first_reliable_improvement(*columns[:2], 40 - columns[2], direction=other, **RULE)
    for record in (mixed, mirrored):
        np.testing.assert_array_equal(record.session, first.session)
        np.testing.assert_array_equal(record.last_session, first.last_session)
    later = ~np.isnan(first.session)
    assert (first.session[later] > first.intake_session[later]).all()
    assert (first.session[later] <= first.last_session[later]).all()
    curve = time_to_reliable_improvement(*columns, censored="open", direction=direction, **RULE)
    ended = dict(zip(rows["person"].tolist(), rows["ending"].tolist(), strict=True))
    by_hand = aalen_johansen(
        np.where(later, first.session, first.last_session) - first.intake_session + 1,
        [
            "improved" if better else ended[p]
            for p, better in zip(first.person.tolist(), later, strict=True)
        ],
        censored="open",
    )
    np.testing.assert_array_equal(curve.estimate, by_hand.estimate)
    assert curve.n + curve.n_missing == ended.keys().__len__()


def test_exact_thresholds_in_tenths_and_a_threshold_of_each_person() -> None:
    # 28.3 - 22.3 is below 6 in binary.
    person, session = ["a", "a", "b", "b"], [1, 2, 1, 2]
    for kind in (np.float64, np.float32):
        total = np.array([22.3, 28.3, 22.3, 28.2], dtype=kind)
        first = first_reliable_improvement(person, session, total, **RULE)
        assert first.session.tolist() == pytest.approx([2.0, math.nan], nan_ok=True)
    strict = {**RULE, "reliable_change_inclusive": False}
    assert np.isnan(first_reliable_improvement(person, session, total, **strict).session).all()
    own = {**RULE, "reliable_change": [6, 6, 5, 5]}
    assert first_reliable_improvement(person, session, total, **own).session.tolist() == [2, 2]


def test_improvement_counts_sessions_from_the_first_form() -> None:
    rows: tuple[Any, ...] = (["a", "a", "a"], [1, 2, 4], [None, 20, 27])
    first = first_reliable_improvement(*rows, **RULE)
    assert (first.intake_session.tolist(), first.session.tolist()) == ([2.0], [4.0])
    curve = time_to_reliable_improvement(*rows, ["open"] * 3, censored="open", **RULE)
    assert (curve.time.tolist(), curve.estimate.tolist()) == ([3.0], [[1.0]])


def test_leavers_never_improve_and_are_not_taken_for_those_who_do() -> None:
    person = np.repeat(np.arange(4), 2)
    session = np.tile([1, 2], 4)
    total = np.array([10, 10, 10, 10, 10, 10, 10, 20])
    # Two left after the first session, one stayed without change, one improved.
    kept = ~((person < 2) & (session == 2))
    ending = np.where(person < 2, "left", "agreed")
    rows = [column[kept] for column in (person, session, total, ending)]
    curve = time_to_reliable_improvement(*rows, censored="open", **RULE)
    assert curve.at("improved", [2]).estimate.tolist() == [0.25]
    censored = kaplan_meier([1, 1, 2, 2], [0, 0, 0, 1])
    assert (1 - censored.at([2]).estimate).tolist() == [0.5]


def test_improvement_of_nobody() -> None:
    empty = first_reliable_improvement([], [], [], **RULE)
    assert (empty.n, empty.session.size) == (0, 0)
    none = first_reliable_improvement([1, 1], [1, 2], [None, None], **RULE)
    assert (none.n, none.n_without_score, none.n_missing) == (0, 1, 2)
    curve = time_to_reliable_improvement([], [], [], [], censored="open", **RULE)
    assert (curve.n, curve.time.size) == (0, 0)


# --- bad input and size -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_course([1], [1], [2], last_session=0), "last_session is 0"),
        (lambda: mean_course([1], [0], [2], last_session=1), "session is 0 at least once"),
        (lambda: mean_course([1], [1], [2], last_session=1, band_edges=[2]), "score_step is None"),
        (
            lambda: mean_course([1], [1], [2], last_session=1, band_edges=[2, 1], score_step=1),
            "band_edges must rise",
        ),
        (
            lambda: mean_course([1], [1], [2], last_session=1, cohort="own"),  # type: ignore[arg-type]
            "cohort is 'own'",
        ),
        (lambda: mean_course([1, 1], [3, 3], [1, 2], last_session=1), "session is 3 in 2"),
        (lambda: mean_course([1], [1], [None], last_session=1), "1 of 1 rows have a missing"),
        (lambda: mean_course([1], [1, 2], [2], last_session=1), "person has 1 values"),
        (lambda: dose_response([0], [1]), "sessions has the value 0"),
        (lambda: dose_response([1], [2]), "improved has the value 2"),
        (lambda: dose_response([1], [1], view="dose"), "view is 'dose'"),  # type: ignore[arg-type]
        (
            lambda: first_reliable_improvement([1], [1], [1], **{**RULE, "reliable_change": 0}),
            "reliable_change is 0",
        ),
        (
            lambda: first_reliable_improvement([1], [1], [1], **{**RULE, "score_step": 0}),
            "score_step is 0",
        ),
        (
            lambda: first_reliable_improvement(
                [1], [1], [1], **{**RULE, "reliable_change": [None]}
            ),
            "missing at the first score",
        ),
        (
            lambda: time_to_reliable_improvement(
                [1, 1], [1, 2], [5, 6], ["left", "agreed"], censored="open", **RULE
            ),
            "differs between the rows of one person, for 1 persons",
        ),
        (
            lambda: time_to_reliable_improvement(
                [1], [1], [5], ["improved"], censored="open", **RULE
            ),
            "that word is for the improvement itself",
        ),
        (
            lambda: time_to_reliable_improvement([1], [1], [5], [None], censored="open", **RULE),
            "ending is missing in 1 rows",
        ),
        (
            lambda: time_to_reliable_improvement([1], [1], [5], [1], censored="open", **RULE),
            "they must be text",
        ),
    ],
)
def test_bad_input_is_named(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_a_million_rows() -> None:
    rng = np.random.default_rng(3)
    person, session = np.repeat(np.arange(100_000), 10), np.tile(np.arange(1, 11), 100_000)
    score = rng.integers(0, 401, person.size) / 10
    ending = np.array(["agreed", "left", "open"])[rng.integers(0, 3, 100_000)][person]
    begin = clock.perf_counter()
    whole = mean_course(
        person, session, score, last_session=10, band_edges=[10, 20, 30], score_step=0.1
    )
    curve = time_to_reliable_improvement(person, session, score, ending, censored="open", **RULE)
    assert clock.perf_counter() - begin < 30
    assert whole.n.sum() == 1_000_000
    assert curve.n == 100_000
