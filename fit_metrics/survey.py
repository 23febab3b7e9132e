"""Construct scores of roll-out surveys such as NoMAD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column, check_same_length, refuse_missing
from fit_metrics._flags import BoolArray, flag_column, labels
from fit_metrics._means import mean_interval
from fit_metrics._options import (
    Direction,
    Missing,
    check_level,
    direction_sign,
    exact_fraction,
    exact_integer,
    finite_number,
)
from fit_metrics._shares import Share, share_of
from fit_metrics.results import MeanEstimate

__all__ = ["ConstructScores", "construct_scores"]

_TOTALS = frozenset({"all", "nomad", "overall", "total"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConstructScores:
    """Scores of respondents and groups means, a column a construct.

    Attributes
    ----------
    constructs : tuple of str
        The constructs, c of them, in alphabetical order.
    respondents : numpy.ndarray of str, shape (r,)
        The respondents in alphabetical order.
    scores : numpy.ndarray of float, shape (r, c)
        Mean answer of each respondent, high is agreement; nan where too few items are answered.
    n_answered, n_not_relevant : numpy.ndarray of int, shape (r, c)
        Items answered on the scale, and items called not relevant.
    means : tuple of MeanEstimate
        Mean of the scores of each construct with Student's t interval; `n` counts respondents
        with a score, `n_missing` those without.
    not_relevant : tuple of Share
        Of all answers given to the construct, those that call the item not relevant.
    """

    constructs: tuple[str, ...]
    respondents: NDArray[np.str_]
    scores: FloatArray
    n_answered: NDArray[np.int64]
    n_not_relevant: NDArray[np.int64]
    means: tuple[MeanEstimate, ...]
    not_relevant: tuple[Share, ...]


def construct_scores(
    answers: ArrayLike,
    construct: ArrayLike,
    respondent: ArrayLike,
    item: ArrayLike,
    *,
    n_items: Mapping[str, int],
    direction: Direction,
    is_reversed: ArrayLike | None = None,
    minimum_share: SupportsFloat = 0.5,
    lowest: SupportsFloat = 1,
    highest: SupportsFloat = 5,
    not_relevant: Sequence[float] = (6, 7, 8),
    level: float = 0.95,
    missing: Missing = "omit",
) -> ConstructScores:
    """Give the score of every respondent and the mean of the group for each construct.

    Parameters
    ----------
    answers : array_like, shape (n,)
        One answer a row: `lowest` to `highest`, or a code of `not_relevant`; None and nan are
        missing.
    construct, respondent, item : array_like of str or int, shape (n,)
        Code of the construct, of the respondent and of the item of each answer.
    n_items : mapping of str to int
        How many items the form has of each construct. A form with other items has other numbers.
    direction : {"higher_is_better", "lower_is_better"}
        Whether `highest` or `lowest` is full agreement. Data sets differ, so there is no default.
    is_reversed : array_like of bool, shape (n,)
        Items worded against the others; they are turned before the mean is taken.
    minimum_share : float
        Least share of a construct's items that must be answered, above 0 and at most 1; exact:
        2 of 4 are 0.5.
    lowest, highest : float
        Ends of the scale.
    not_relevant : sequence of float
        Codes that are no answers on the scale.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing answers, or treat them as items not answered.

    Returns
    -------
    ConstructScores
        In answer points, high is agreement. No total over constructs is given: the survey has no
        official one, and constructs are read as a profile.

    Raises
    ------
    ValueError
        An argument breaks its rule, a construct is not in `n_items` or is called a total, an
        answer is no code of the survey, or a respondent has answered an item twice.

    Notes
    -----
    "Not relevant" counts as not answered in the mean and is reported apart: how many call an item
    not relevant to their role or stage is a finding of its own. Group means rest on respondents,
    not on answers.

    References
    ----------
    .. [1] Finch, T. L., et al. (2018). Improving the normalization of complex interventions: part
       2, validation of the NoMAD instrument. BMC Medical Research Methodology, 18, 135.

    Examples
    --------
    >>> result = construct_scores(
    ...     [5, 4, 2, 6, 3, None],
    ...     ["coherence"] * 6,
    ...     ["a", "a", "a", "b", "b", "b"],
    ...     ["i1", "i2", "i3", "i1", "i2", "i3"],
    ...     n_items={"coherence": 3},
    ...     direction="higher_is_better",
    ...     is_reversed=[0, 0, 1, 0, 0, 1],
    ... )
    >>> result.scores[:, 0].round(3).tolist(), result.n_not_relevant[:, 0].tolist()
    ([4.333, nan], [0, 1])
    """
    values = as_column("answers", answers)
    codes = {
        "construct": labels("construct", construct),
        "respondent": labels("respondent", respondent),
        "item": labels("item", item),
    }
    for name, column in codes.items():
        check_same_length("answers", values, name, column)
    refuse_missing("answers", int(np.isnan(values).sum()), values.size, missing)
    checked_level = check_level(level)
    ends = finite_number("lowest", lowest), finite_number("highest", highest)
    is_aside = _check_answers(values, ends, not_relevant)
    turned = _turned(values, ends, is_reversed, direction_sign(direction))
    people, person = np.unique(codes["respondent"], return_inverse=True)
    names, column_of = np.unique(codes["construct"], return_inverse=True)
    sizes = _item_counts(names.tolist(), n_items)
    shape = (people.size, names.size)
    cell = person * names.size + column_of
    _refuse_twice(cell, codes["item"])
    on_scale = ~np.isnan(values) & ~is_aside

    def per_cell(rows: BoolArray, weights: FloatArray | None = None) -> NDArray[np.generic]:
        chosen = None if weights is None else weights[rows]
        return np.bincount(cell[rows], chosen, minlength=shape[0] * shape[1]).reshape(shape)

    answered = per_cell(on_scale).astype(np.int64)
    aside = per_cell(is_aside).astype(np.int64)
    if (answered + aside > sizes).any():
        raise ValueError("n_items is too small: a respondent has answered more items than it says")
    sums = per_cell(on_scale, turned).astype(np.float64)
    enough = (answered >= _least_answers(sizes, minimum_share)) & (answered > 0)
    scores = np.divide(sums, answered, out=np.full(shape, np.nan), where=enough)
    given = (answered + aside).sum(axis=0)
    return ConstructScores(
        constructs=tuple(names.tolist()),
        respondents=people,
        scores=scores,
        n_answered=answered,
        n_not_relevant=aside,
        means=tuple(
            mean_interval(column, level=checked_level, missing="omit") for column in scores.T
        ),
        not_relevant=tuple(
            share_of(int(aside[:, j].sum()), int(given[j]), "answers_given", 0, checked_level)
            for j in range(names.size)
        ),
    )


def _check_answers(
    values: FloatArray, ends: tuple[float, float], not_relevant: Sequence[float]
) -> BoolArray:
    if ends[0] >= ends[1]:
        raise ValueError(f"lowest is {ends[0]:g} and highest is {ends[1]:g}: it must be below")
    if any(ends[0] <= code <= ends[1] for code in not_relevant):
        raise ValueError(f"not_relevant is {tuple(not_relevant)}: its codes lie on the scale")
    is_aside: BoolArray = np.isin(values, np.asarray(not_relevant, dtype=np.float64))
    outside = ~np.isnan(values) & ~is_aside & ((values < ends[0]) | (values > ends[1]))
    if outside.any():
        raise ValueError(
            f"answers has the value {values[outside][0]:g}: answers are {ends[0]:g} to "
            f"{ends[1]:g} or one of {tuple(not_relevant)}"
        )
    return is_aside


def _turned(
    values: FloatArray, ends: tuple[float, float], is_reversed: ArrayLike | None, sign: int
) -> FloatArray:
    turn = np.zeros(values.size, dtype=np.bool_)
    if is_reversed is not None:
        flags = flag_column("is_reversed", is_reversed)
        check_same_length("answers", values, "is_reversed", flags)
        if np.isnan(flags).any():
            raise ValueError("is_reversed has a missing flag: every row needs one")
        turn = flags == 1
    # Turned twice is not turned: a reversed item where the lowest answer is agreement.
    return np.where(turn ^ (sign < 0), ends[0] + ends[1] - values, values)


def _item_counts(names: list[str], n_items: Mapping[str, int]) -> NDArray[np.int64]:
    for name in names:
        if name.lower() in _TOTALS:
            raise ValueError(
                f"construct has the code {name!r}: there is no total score, constructs are read as "
                "a profile"
            )
        if name not in n_items:
            raise ValueError(f"construct has the code {name!r}, which n_items does not know")
    counts = [exact_integer(f"n_items[{name!r}]", n_items[name], minimum=1) for name in names]
    return np.array(counts, dtype=np.int64)


def _least_answers(sizes: NDArray[np.int64], minimum_share: SupportsFloat) -> NDArray[np.int64]:
    share = exact_fraction("minimum_share", minimum_share)
    if not 0 < share <= 1:
        raise ValueError(f"minimum_share is {minimum_share!r}: it must be above 0 and at most 1")
    return -((-sizes * share.numerator) // share.denominator)


def _refuse_twice(cell: NDArray[np.intp], item: NDArray[np.str_]) -> None:
    kinds, item_of = np.unique(item, return_inverse=True)
    repeated = cell.size - np.unique(cell * kinds.size + item_of).size
    if repeated:
        raise ValueError(f"item: {repeated} answers repeat an item that the respondent answered")
