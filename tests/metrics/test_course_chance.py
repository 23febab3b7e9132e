"""The chance of ending reliably improved: the model, what it may know, and how true it comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, special

from fit_metrics.course import ImprovementChance, improvement_chance
from fit_metrics.multilevel import cluster_robust_mean

Columns = dict[str, NDArray[Any]]
RULE: dict[str, Any] = {
    "reliable_change": 6,
    "reliable_change_inclusive": True,
    "score_step": 0.1,
}


def courses(n: int, seed: int, *, families: int | None = None) -> Columns:
    """Return courses that drift by persons, with forms missing and two persons in some families."""
    rng = np.random.default_rng(seed)
    length = rng.integers(1, 11, n)
    person = np.repeat(np.arange(n), length)
    session = np.concatenate([np.arange(1, size + 1) for size in length])
    drift = rng.normal(0.8, 1.2, n)[person]
    total = np.clip(np.round(20 + drift * session + rng.normal(0, 2.5, person.size), 1), 0, 40)
    first, last = np.cumsum(length) - length, np.cumsum(length) - 1
    improved = (np.round(total[last] - total[first], 1) >= 6)[person]
    total[rng.random(person.size) < 0.15] = np.nan
    return {
        "person": person,
        "session": session,
        "total": total,
        "improved": improved,
        "clusters": rng.integers(0, families or n, n)[person],
    }


def chances(columns: Columns, **other: Any) -> ImprovementChance:
    given_columns = dict(columns)
    clusters = given_columns.pop("clusters")
    return improvement_chance(**given_columns, clusters=clusters, **{**RULE, **other})


def by_hand(columns: Columns, fold: int, n_folds: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return chances and upper limits of a fold, row by row and by a general optimiser."""
    rows = []
    intake: dict[int, float] = {}
    latest: dict[int, float] = {}
    labels = np.unique(columns["clusters"]).tolist()
    for place, person in enumerate(columns["person"].tolist()):
        total = columns["total"][place]
        if not np.isnan(total):
            intake.setdefault(person, total)
            latest[person] = total
        if person in latest:
            change = round(latest[person] - intake[person], 1)
            d, r = min(max(change / 6, -2), 2), float(change >= 6)
            m = np.log(columns["session"][place])
            cluster = labels.index(columns["clusters"][place])
            known = [1.0, d, r, m, d * m, r * m]
            rows.append((place, cluster, known, float(columns["improved"][place])))
    design = np.array([row[2] for row in rows])
    group, ended = np.array([row[1] for row in rows]), np.array([row[3] for row in rows])
    own = group % n_folds == fold

    def loss(b: NDArray[Any]) -> float:
        logits = design[~own] @ b
        fit = -(ended[~own] * logits - np.logaddexp(0, logits)).sum()
        return float(fit + (b[1:] ** 2).sum() / 2)

    best = optimize.minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-8}).x
    shares = special.expit(design[~own] @ best)
    curvature = np.diag([0.0, 1, 1, 1, 1, 1])
    for row, share in zip(design[~own], shares, strict=True):
        curvature += share * (1 - share) * np.outer(row, row)
    others = np.unique(group[~own])
    meat = np.zeros((6, 6))
    for cluster in others:
        mine = group[~own] == cluster
        score = ((ended[~own] - shares)[mine, None] * design[~own][mine]).sum(axis=0)
        meat += np.outer(score, score)
    meat *= others.size / (others.size - 1)
    covariance = np.linalg.inv(curvature) @ meat @ np.linalg.inv(curvature)
    chance, high = np.full((2, columns["person"].size), np.nan)
    for (place, *_), row in zip(
        [row for row, o in zip(rows, own, strict=True) if o], design[own], strict=True
    ):
        logit = row @ best
        chance[place] = special.expit(logit)
        high[place] = special.expit(logit + 1.959963984540054 * np.sqrt(row @ covariance @ row))
    return chance, high


def test_each_part_rests_on_the_others_by_a_general_optimiser() -> None:
    columns = courses(120, 3, families=90)
    found = chances(columns, n_folds=3)
    for fold in range(3):
        chance, high = by_hand(columns, fold, 3)
        at = ~np.isnan(chance)
        assert at.sum() > 100
        np.testing.assert_allclose(found.chance[at], chance[at], atol=2e-6)
        np.testing.assert_allclose(found.ci_high[at], high[at], atol=2e-5)
    assert found.n_persons == np.unique(columns["person"][~np.isnan(found.change)]).size
    assert found.n_missing == 0


def test_session_after_the_fall_counts_while_it_stays() -> None:
    high = np.array([0.5, 0.09, 0.09, 0.1, 0.05, np.nan, 0.05, 0.05, 0.01, 0.01])
    found = ImprovementChance(
        chance=high,
        ci_high=high,
        change=high,
        # The last two are another person's, given in the other order.
        before=np.array([-1, 0, 1, 2, 3, 4, 5, 6, 9, -1]),
        n_persons=2,
        n_clusters=2,
        n_missing=0,
        ci_level=0.95,
        method="by hand",
    )
    # Fell at the second; the third counts; a limit of exactly 0.1 is not below; it begins anew.
    assert np.flatnonzero(found.without_benefit(0.1)).tolist() == [2, 7, 8]
    for wrong in (0.0, 1.0, -0.1):
        with pytest.raises(ValueError, match="least_chance"):
            found.without_benefit(wrong)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 79), st.integers(1, 10), st.integers(0, 2**32 - 1))
def test_only_what_was_known_counts(who: int, until: int, seed: int) -> None:
    columns = courses(80, 5)
    rng = np.random.default_rng(seed)
    own = columns["person"] == who
    later = own & (columns["session"] > until)
    other = {name: column.copy() for name, column in columns.items()}
    other["total"][later] = rng.integers(0, 401, later.sum()) / 10
    # How it ended is not known at the session either.
    other["improved"] = np.where(own, rng.random() < 0.5, columns["improved"])
    before, after = chances(columns), chances(other)
    known = own & ~later
    # Sums of the same numbers in another order.
    np.testing.assert_allclose(before.chance[known], after.chance[known], rtol=1e-9)
    np.testing.assert_allclose(before.ci_high[known], after.ci_high[known], rtol=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False))
def test_order_and_direction_are_irrelevant(random: Any) -> None:
    columns = courses(80, 6, families=70)
    order = list(range(columns["person"].size))
    random.shuffle(order)
    found = chances(columns)
    moved = chances({name: column[order] for name, column in columns.items()})
    np.testing.assert_allclose(moved.chance, found.chance[order], rtol=1e-9)
    assert (moved.without_benefit(0.3) == found.without_benefit(0.3)[order]).all()
    turned = chances(
        {**columns, "total": np.round(40 - columns["total"], 1)}, direction="lower_is_better"
    )
    np.testing.assert_allclose(turned.chance, found.chance, rtol=1e-9)
    np.testing.assert_allclose(turned.change, found.change, atol=1e-12)


def test_before_the_first_form_and_without_an_outcome_there_is_no_chance() -> None:
    columns = courses(80, 7)
    columns["improved"] = columns["improved"].astype(np.float64)
    columns["improved"][columns["person"] == 3] = np.nan
    lengths = np.bincount(columns["person"])
    who = int(np.flatnonzero((lengths > 3) & (np.arange(80) != 3))[0])
    columns["total"][(columns["person"] == who) & (columns["session"] <= 2)] = np.nan
    columns["total"][(columns["person"] == who) & (columns["session"] == 3)] = 20.0
    found = chances(columns)
    of_who = found.chance[columns["person"] == who]
    assert np.isnan(of_who[:2]).all()
    assert not np.isnan(of_who[2:]).any()
    assert found.change[columns["person"] == who][2] == 0.0
    assert np.isnan(found.chance[columns["person"] == 3]).all()
    assert found.n_missing == lengths[3]


@pytest.mark.parametrize(("n", "is_enough"), [(31, False), (34, True)])
def test_too_few_others_give_no_chance(n: int, is_enough: bool) -> None:
    # Every fifth is taken out of the others: of 31 there are 24 or 25 left.
    person = np.repeat(np.arange(n), 2)
    total = np.where(person % 2 == 1, 27.0, 20.0)
    total[::2] = 20.0
    found = improvement_chance(person, np.tile([1, 2], n), total, person % 2 == 1, **RULE)
    assert (not np.isnan(found.chance).any()) is is_enough
    # All ended alike: nothing to learn from.
    alike = improvement_chance(person, np.tile([1, 2], n), total, person < 4, **RULE)
    assert np.isnan(alike.chance).all()


def test_no_rows() -> None:
    found = improvement_chance([], [], [], [], **RULE)
    assert (found.chance.size, found.n_persons, found.without_benefit(0.1).size) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"session": [0, 1, 1]}, "below 1"),
        ({"session": [1, 1, 1]}, "session is 1"),
        ({"improved": [1, 0, 0]}, "improved has two outcomes"),
        ({"clusters": ["f", "g", "g"]}, "clusters has two clusters"),
        ({"reliable_change": 0}, "above 0"),
        ({"n_folds": 1}, "n_folds"),
        ({"level": 1.0}, "level"),
        ({"improved": [1, 1]}, "improved"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    columns = {
        "person": ["a", "a", "b"],
        "session": [1, 2, 1],
        "total": [20.0, 27.0, 20.0],
        "improved": [1, 1, 0],
        "clusters": ["f", "f", "g"],
    }
    with pytest.raises(ValueError, match=message):
        improvement_chance(**{**columns, **RULE, **change})


@pytest.mark.parametrize("seed", [11, 12])
def test_chances_come_true(seed: int) -> None:
    """Courses that the model was not made for: low chances hold; near 1 they are a little low."""
    columns = courses(4000, seed)
    found = chances(columns)
    at = ~np.isnan(found.chance)
    bins = np.digitize(found.chance, [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95])
    for each in range(8):
        rows = at & (bins == each)
        assert rows.sum() > 500
        error = cluster_robust_mean(
            columns["improved"][rows] - found.chance[rows], columns["person"][rows]
        )
        allowed = 0.025 if each == 7 else 3.5 * error.standard_error
        assert abs(error.estimate) < allowed
    visits = found.without_benefit(0.1)
    first = np.unique(columns["person"], return_index=True)[1]
    ever = first[np.unique(columns["person"][visits])]
    assert ever.size > 400
    assert columns["improved"][ever].mean() < 0.06
