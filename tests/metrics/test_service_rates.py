from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics import effect_size, rates

quick = settings(deadline=None, max_examples=60)
flag = st.booleans()


@st.composite
def pathways(draw: Any) -> dict[str, list[Any]]:
    rows = draw(
        st.lists(st.tuples(flag, flag, flag, st.sampled_from([-1, 0, 1]), st.integers(0, 200)))
    )
    return {
        "completed": [r[0] for r in rows],
        "caseness": [r[1] for r in rows],
        "recovered": [r[1] and r[2] for r in rows],
        "improved": [r[3] == 1 for r in rows],
        "deteriorated": [r[3] == -1 for r in rows],
        "wait_days": [r[4] for r in rows],
    }


@quick
@given(pathways())
def test_talking_therapies_count_by_their_definitions(columns: dict[str, list[Any]]) -> None:
    result = rates.talking_therapies(**columns)
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    done = [r for r in rows if r["completed"]]
    cases = [r for r in done if r["caseness"]]
    expected = {
        "recovery": (sum(r["recovered"] for r in cases), len(cases)),
        "reliable_recovery": (sum(r["recovered"] and r["improved"] for r in cases), len(cases)),
        "reliable_improvement": (sum(r["improved"] for r in done), len(done)),
        "reliable_deterioration": (sum(r["deteriorated"] for r in done), len(done)),
        "first_treatment_42_days": (sum(r["wait_days"] <= 42 for r in done), len(done)),
        "first_treatment_126_days": (sum(r["wait_days"] <= 126 for r in done), len(done)),
    }
    for name, counts in expected.items():
        share = getattr(result, name)
        assert (share.successes, share.n) == counts, name
        assert share.n_missing == 0
    assert result.n_not_at_caseness == result.n_completed - result.recovery.n
    assert result.recovery.denominator == "completed_treatment_at_caseness"
    assert result.reliable_improvement.denominator == "completed_treatment"


def test_missing_values_leave_only_the_metric_that_needs_them() -> None:
    columns: dict[str, Any] = {
        "completed": [True, True, True, None, False],
        "caseness": [True, None, False, True, None],
        "recovered": [None, True, None, True, None],
        "improved": [True, False, True, True, None],
        "deteriorated": [False, False, False, False, None],
        "wait_days": [10, 20, None, 30, None],
    }
    with pytest.raises(ValueError, match="3 of 5 rows have a missing value"):
        rates.talking_therapies(**columns)
    result = rates.talking_therapies(**columns, missing="omit")
    assert (result.recovery.n, result.recovery.n_missing) == (0, 3)
    assert (result.reliable_improvement.n, result.reliable_improvement.n_missing) == (3, 1)
    wait = result.first_treatment_42_days
    assert (wait.successes, wait.n, wait.n_missing) == (2, 2, 2)


def test_waits_at_exactly_the_limit_count() -> None:
    result = rates.talking_therapies(*[[1] * 4] * 4, [0] * 4, [42, 43, 126, 127])
    assert result.first_treatment_42_days.successes == 1
    assert result.first_treatment_126_days.successes == 3


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1], [0], [1], [0], [0], [9]), "recovered is True in 1 rows whose caseness is False"),
        (([1], [1], [1], [1], [1], [9]), "improved and deteriorated are both True in 1 rows"),
        (([1], [1], [1], [1], [0], [-9]), "wait_days has the value -9: it must be 0 or more"),
        (([2], [1], [1], [1], [0], [9]), "completed has the value 2: flags are True, False"),
        (([1], [1], ["yes"], [1], [0], [9]), "recovered has values of type"),
        (([1], [1], [1], [1, 0], [0], [9]), "completed has 1 values and improved has 2"),
        (([[1]], [1], [1], [1], [0], [9]), "completed has 2 dimensions"),
    ],
)
def test_bad_pathways_are_named(columns: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rates.talking_therapies(*columns)


def test_no_pathways_have_no_shares() -> None:
    result = rates.talking_therapies([], [], [], [], [], [])
    assert result.n_pathways == 0
    assert math.isnan(result.recovery.estimate)


episodes = st.lists(
    st.tuples(flag, flag, st.sampled_from([None, False, True]), st.integers(0, 5)), max_size=60
)


@quick
@given(episodes, st.randoms())
def test_dropout_classes_add_up_in_every_denominator(rows: Any, random: Any) -> None:
    def split(rows: Any) -> Any:
        return rates.dropout(*([list(c) for c in zip(*rows, strict=True)] or [[]] * 4))

    result = split(rows)
    sizes = []
    for shares in (result.of_all, result.of_closed, result.of_measured):
        parts = (shares.with_effect, shares.without_effect, shares.effect_unknown)
        assert sum(part.successes for part in parts) == shares.unilateral.successes
        assert len({part.n for part in (*parts, shares.unilateral)}) == 1
        sizes.append(shares.unilateral.n)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[:2] == [len(rows), sum(r[0] for r in rows)]
    assert result.of_all.unilateral.successes == result.of_closed.unilateral.successes
    random.shuffle(rows)
    assert split(rows).of_measured.without_effect.successes == (
        result.of_measured.without_effect.successes
    )


def test_one_score_shows_no_effect() -> None:
    result = rates.dropout([1, 1], [1, 1], [True, False], [1, 2])
    assert result.of_closed.effect_unknown.successes == 1
    assert result.of_closed.with_effect.successes == 0
    assert result.of_measured.without_effect.estimate == 1.0


def test_dropout_without_known_ending_is_refused_or_counted() -> None:
    columns: Any = ([1, 1, 0, None], [None, 1, None, 1], [1, 0, None, 1], [3, 3, None, 3])
    with pytest.raises(ValueError, match="closed, unilateral and n_scores: 3 of 4 rows"):
        rates.dropout(*columns)
    result = rates.dropout(*columns, missing="omit")
    assert (result.of_all.unilateral.n, result.of_all.unilateral.n_missing) == (1, 3)
    with pytest.raises(
        ValueError, match=r"n_scores has the value 1.5: it must be a whole number, 0 or more"
    ):
        rates.dropout([1], [1], [1], [1.5])


def city(n: int = 200) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    intake = rng.integers(50, 300, n) / 10
    closed = rng.random(n) < 0.8
    return {
        "client": rng.integers(0, n // 2, n),
        "age_group": rng.choice(["adult", "child", "youth"], n),
        "intake": intake,
        "last": np.clip(intake + rng.integers(-50, 120, n) / 10, 0, 40),
        "intake_srs": rng.integers(200, 401, n) / 10,
        "sessions": rng.integers(1, 20, n),
        "days": rng.integers(0, 400, n),
        "collateral_raters": rng.integers(0, 3, n),
        "n_scores": rng.integers(1, 9, n),
        "in_green": rng.random(n) < 0.6,
        "closed": closed,
        "unilateral": closed & (rng.random(n) < 0.3),
        "reference_effect_size": 0.8,
    }


def test_icce_indices_are_the_named_functions() -> None:
    data = city()
    indices = {(i.name, i.group): i for i in rates.icce_indices(**data)}
    ages = sorted(set(data["age_group"]))
    assert indices["clients", "all"].estimate == len(set(data["client"]))
    for age in ages:
        chosen = data["age_group"] == age
        assert indices["clients", age].estimate == len(set(data["client"][chosen]))
        mean = rates.mean_interval(data["intake"][chosen])
        assert indices["mean_intake", age].ci_low == mean.ci_low
    assert indices["episodes", "all"].estimate == 200
    assert indices["collateral_raters", "all"].estimate == data["collateral_raters"].sum()
    measured = data["n_scores"] >= 2
    effect = effect_size.pre_post_d(data["intake"][measured], data["last"][measured])
    assert indices["effect_size", "all"].estimate == effect.estimate
    relative = indices["relative_effect_size", "all"]
    assert relative.estimate == pytest.approx(effect.estimate - 0.8)
    assert relative.ci_high == pytest.approx(effect.ci_high - 0.8)
    ended = measured & data["closed"]
    reached = indices["reached_target", "all"]
    assert (reached.estimate, reached.n) == (data["in_green"][ended].mean(), ended.sum())
    left = ended & data["unilateral"]
    kinds = [indices[f"dropout_{kind}_effect", "all"] for kind in ("with", "without")]
    assert kinds[0].estimate == pytest.approx((left & data["in_green"]).sum() / ended.sum())
    assert kinds[1].estimate == pytest.approx((left & ~data["in_green"]).sum() / ended.sum())
    assert len(indices) == 10 + 2 * (1 + len(ages))


def test_icce_direction_mirrors_the_effect_only() -> None:
    data = city()
    up = {(i.name, i.group): i.estimate for i in rates.icce_indices(**data)}
    down = {
        (i.name, i.group): i.estimate
        for i in rates.icce_indices(**data, direction="lower_is_better")
    }
    assert down.pop(("effect_size", "all")) == -up.pop(("effect_size", "all"))
    del up["relative_effect_size", "all"], down["relative_effect_size", "all"]
    assert down == up


def test_icce_counts_what_each_index_leaves_out() -> None:
    data = city(50)
    data["days"] = [None, None, *data["days"][2:]]
    with pytest.raises(ValueError, match="days: 2 of 50 rows have a missing value"):
        rates.icce_indices(**data)
    data["n_scores"] = [None, *data["n_scores"][1:]]
    with pytest.raises(ValueError, match="n_scores: 1 of 50 rows have a missing value"):
        rates.icce_indices(**data)
    indices = {i.name: i for i in rates.icce_indices(**data, missing="omit") if i.group == "all"}
    assert (indices["mean_days"].n, indices["mean_days"].n_missing) == (48, 2)
    assert indices["effect_size"].n_missing == 1
    assert indices["reached_target"].n_missing == 1
    assert indices["mean_sessions"].n_missing == 0


def test_icce_refuses_a_group_called_all() -> None:
    data = city(10)
    data["age_group"] = ["all"] * 10
    with pytest.raises(ValueError, match="age_group has the value 'all'"):
        rates.icce_indices(**data)
    data = city(10)
    data["sessions"] = data["sessions"][:9]
    with pytest.raises(ValueError, match="client has 10 values and sessions has 9"):
        rates.icce_indices(**data)
