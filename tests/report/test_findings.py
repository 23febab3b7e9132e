"""The sentence that is chosen says no more than the intervals do."""

from __future__ import annotations

import pytest

from fit_warehouse.report.findings import difference, direction, sign
from fit_warehouse.report.page import Interval


@pytest.mark.parametrize(
    ("higher", "lower", "expected"),
    [((0.4, 0.5), (0.1, 0.2), 1), ((0.1, 0.2), (0.4, 0.5), -1), ((0.1, 0.3), (0.3, 0.5), 0)],
)
def test_difference_needs_intervals_that_do_not_touch(
    higher: tuple[float, float], lower: tuple[float, float], expected: int
) -> None:
    first, second = (Interval(sum(ends) / 2, *ends) for ends in (higher, lower))
    assert difference(first, second) == expected


@pytest.mark.parametrize(("low", "high", "expected"), [(0.1, 2, 1), (-2, -0.1, -1), (-0.3, 4, 0)])
def test_sign_is_clear_only_when_zero_is_outside(low: float, high: float, expected: int) -> None:
    assert sign(Interval((low + high) / 2, low, high)) == expected


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ([], "unknown"),
        ([1, 1], "more"),
        ([-1], "less"),
        ([0, 0], "unclear"),
        ([1, 0], "some_more"),
        ([1, -1], "mixed"),
        ([0, -1], "mixed"),
    ],
)
def test_direction(signs: list[int], expected: str) -> None:
    assert direction(signs) == expected
