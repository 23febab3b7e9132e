from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.rates import mean_interval
from fit_metrics.survey import construct_scores

quick = settings(deadline=None, max_examples=60)
SIZES = {"action": 3, "coherence": 4}
Rows = list[tuple[float | None, str, str, str]]
answer = st.one_of(st.none(), st.integers(1, 8).map(float))


@st.composite
def forms(draw: Any) -> Rows:
    people = draw(st.integers(1, 6))
    return [
        (draw(answer), construct, f"p{person}", f"{construct}{item}")
        for person in range(people)
        for construct, size in SIZES.items()
        for item in range(size)
    ]


def score(rows: Rows, **options: Any) -> Any:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 4
    return construct_scores(
        *columns, **{"n_items": SIZES, "direction": "higher_is_better", **options}
    )


@quick
@given(forms())
def test_scores_are_means_of_what_was_answered(rows: Rows) -> None:
    result = score(rows, minimum_share=0.5)
    for i, person in enumerate(result.respondents):
        for j, construct in enumerate(result.constructs):
            given_here = [v for v, c, p, _ in rows if (c, p) == (construct, person) and v]
            on_scale = [v for v in given_here if v <= 5]
            assert result.n_answered[i, j] == len(on_scale)
            assert result.n_not_relevant[i, j] == len(given_here) - len(on_scale)
            if 2 * len(on_scale) >= SIZES[construct]:
                assert result.scores[i, j] == pytest.approx(np.mean(on_scale))
            else:
                assert math.isnan(result.scores[i, j])


@quick
@given(forms(), st.randoms())
def test_order_of_answers_does_not_matter(rows: Rows, random: Any) -> None:
    before = score(rows)
    random.shuffle(rows)
    after = score(rows)
    np.testing.assert_allclose(after.scores, before.scores, rtol=1e-12)
    np.testing.assert_array_equal(after.n_not_relevant, before.n_not_relevant)


@quick
@given(forms())
def test_direction_mirrors(rows: Rows) -> None:
    high, low = score(rows), score(rows, direction="lower_is_better")
    np.testing.assert_allclose(low.scores, 6 - high.scores, rtol=1e-12)
    turned = score(rows, is_reversed=[1] * len(rows))
    np.testing.assert_array_equal(turned.scores, low.scores)
    both = score(rows, is_reversed=[1] * len(rows), direction="lower_is_better")
    np.testing.assert_array_equal(both.scores, high.scores)


@quick
@given(forms())
def test_group_means_rest_on_respondents(rows: Rows) -> None:
    result = score(rows, level=0.9)
    for j, mean in enumerate(result.means):
        expected = mean_interval(result.scores[:, j], level=0.9, missing="omit")
        assert (mean.n, mean.n_missing) == (expected.n, expected.n_missing)
        assert mean.estimate == pytest.approx(expected.estimate, nan_ok=True)
        share = result.not_relevant[j]
        assert share.successes == result.n_not_relevant[:, j].sum()
        assert share.n == share.successes + result.n_answered[:, j].sum()


@pytest.mark.parametrize(
    ("answered", "minimum", "has_score"),
    [
        (2, 0.5, True),
        (1, 0.5, False),
        (3, 0.75, True),
        (2, 0.75, False),
        (4, 1, True),
        (1, 0.25, True),
    ],
)
def test_minimum_share_is_exact(answered: int, minimum: float, has_score: bool) -> None:
    rows: Rows = [(4.0, "coherence", "a", f"i{k}") for k in range(answered)]
    result = score(rows, minimum_share=minimum)
    assert math.isfinite(result.scores[0, 0]) == has_score


def test_seven_tenths_of_ten_items_is_seven() -> None:
    rows: Rows = [(3.0, "wide", "a", f"i{k}") for k in range(7)]
    assert score(rows, n_items={"wide": 10}, minimum_share=0.7).scores[0, 0] == 3.0
    assert math.isnan(score(rows[:6], n_items={"wide": 10}, minimum_share=0.7).scores[0, 0])


def test_only_not_relevant_gives_no_score() -> None:
    rows: Rows = [(6.0, "coherence", "a", f"i{k}") for k in range(4)]
    result = score(rows)
    assert math.isnan(result.scores[0, 0])
    assert result.not_relevant[0].estimate == 1.0
    assert math.isnan(result.means[0].estimate)


def test_nobody_answered() -> None:
    result = score([])
    assert result.constructs == result.means == ()
    assert result.scores.shape == (0, 0)


@pytest.mark.parametrize("name", ["total", "Overall", "NoMAD", "all"])
def test_a_total_score_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"construct has the code '{name}': there is no total"):
        score([(3.0, name, "a", "i1")], n_items={name: 20})


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ((9.0, "coherence", "a", "i"), {}, "answers has the value 9: answers are 1 to 5 or one of"),
        ((0.0, "coherence", "a", "i"), {}, "answers has the value 0"),
        ((3.0, "other", "a", "i"), {}, "construct has the code 'other', which n_items does not"),
        ((3.0, None, "a", "i"), {}, "construct has a missing code"),
        ((3.0, "coherence", "a", "i"), {"direction": "up"}, "direction is 'up'"),
        (
            (3.0, "coherence", "a", "i"),
            {"minimum_share": 0},
            "minimum_share is 0: it must be above",
        ),
        (
            (3.0, "coherence", "a", "i"),
            {"n_items": {"coherence": 0}},
            r"n_items\['coherence'\] is 0",
        ),
        ((3.0, "coherence", "a", "i"), {"not_relevant": (5, 6)}, "its codes lie on the scale"),
        ((3.0, "coherence", "a", "i"), {"lowest": 5}, "lowest is 5 and highest is 5"),
        ((3.0, "coherence", "a", "i"), {"is_reversed": [None]}, "is_reversed has a missing flag"),
        ((3.0, "coherence", "a", "i"), {"is_reversed": [2]}, "is_reversed has the value 2"),
        ((None, "coherence", "a", "i"), {"missing": "raise"}, "answers: 1 of 1 rows"),
    ],
)
def test_bad_answers_are_named(row: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score([row], **options)


def test_an_item_answered_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="item: 1 answers repeat an item"):
        score([(3.0, "coherence", "a", "i"), (4.0, "coherence", "a", "i")])


def test_more_answers_than_items_are_refused() -> None:
    rows: Rows = [(3.0, "coherence", "a", f"i{k}") for k in range(5)]
    with pytest.raises(ValueError, match="n_items is too small"):
        score(rows)
