"""Drop-out with its three denominators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import check_same_length, refuse_missing
from fit_metrics._flags import BoolArray, flag_columns, whole_column
from fit_metrics._options import Missing, check_level
from fit_metrics._shares import Share, share_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DropoutShares:
    """Endings by the client alone, as shares of one denominator.

    Attributes
    ----------
    unilateral : Share
        All of them: the sum of the three that follow.
    with_effect, without_effect : Share
        Last score in the zone of success, or not. Vendors call the second one drop-out.
    effect_unknown : Share
        Fewer than two scores, or the zone of the last one is not known.
    """

    unilateral: Share
    with_effect: Share
    without_effect: Share
    effect_unknown: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout:
    """Drop-out of the same episodes by three denominators.

    Attributes
    ----------
    of_all, of_closed, of_measured : DropoutShares
        Of all episodes, of the closed ones, and of the closed ones with two or more scores, which
        alone are counted in the numerators too.
    """

    of_all: DropoutShares
    of_closed: DropoutShares
    of_measured: DropoutShares


def dropout(
    closed: ArrayLike,
    unilateral: ArrayLike,
    effect: ArrayLike,
    n_scores: ArrayLike,
    *,
    level: float = 0.95,
    missing: Missing = "raise",
) -> Dropout:
    """Give the shares of episodes that the client alone ended.

    Parameters
    ----------
    closed : array_like of bool, shape (n,)
        The episode has ended.
    unilateral : array_like of bool, shape (n,)
        The client ended it without agreement. Looked at where `closed` only.
    effect : array_like of bool, shape (n,)
        The last score lies in the zone of success. A missing one is a class of its own, and an
        episode with fewer than two scores has no known effect, whatever is given.
    n_scores : array_like of int, shape (n,)
        How many scores the episode has.
    level : float
        Coverage of the intervals (Wilson), between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows without `closed` or `n_scores`, and closed ones without `unilateral`; or leave
        them out of every share and count them.

    Returns
    -------
    Dropout
        Shares between 0 and 1; nan where the denominator is 0.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    Three services that name the same rate can differ twofold by the denominator alone: open
    episodes cannot have dropped out yet, and who leaves before the second form is in no measured
    episode. `of_measured` leaves the earliest leavers out and so understates.

    References
    ----------
    .. [1] International Center for Clinical Excellence, as in :func:`icce_indices`.

    Examples
    --------
    >>> result = dropout(
    ...     closed=[1, 1, 1, 1, 0, 0],
    ...     unilateral=[1, 1, 1, 0, None, None],
    ...     effect=[1, 0, None, 1, None, None],
    ...     n_scores=[4, 3, 1, 5, 2, 1],
    ... )
    >>> [round(s.without_effect.estimate, 3) for s in (result.of_all, result.of_closed)]
    [0.167, 0.25]
    >>> result.of_measured.without_effect.successes, result.of_measured.without_effect.n
    (1, 3)
    """
    flags = flag_columns(closed=closed, unilateral=unilateral, effect=effect)
    scores = whole_column("n_scores", n_scores)
    check_same_length("closed", flags["closed"], "n_scores", scores)
    checked_level = check_level(level)
    is_closed = flags["closed"] == 1
    unknown = np.isnan(flags["closed"]) | np.isnan(scores)
    unknown |= is_closed & np.isnan(flags["unilateral"])
    n_missing = int(unknown.sum())
    refuse_missing("closed, unilateral and n_scores", n_missing, scores.size, missing)
    left = is_closed & (flags["unilateral"] == 1)
    measured = scores >= 2
    known_effect = np.where(measured, flags["effect"], np.nan)

    def shares(population: BoolArray, denominator: str) -> DropoutShares:
        counted = population & ~unknown
        n, leavers = int(counted.sum()), known_effect[counted & left]

        def share(successes: int) -> Share:
            return share_of(successes, n, denominator, n_missing, checked_level)

        return DropoutShares(
            unilateral=share(leavers.size),
            with_effect=share(int((leavers == 1).sum())),
            without_effect=share(int((leavers == 0).sum())),
            effect_unknown=share(int(np.isnan(leavers).sum())),
        )

    return Dropout(
        of_all=shares(np.ones(scores.size, dtype=np.bool_), "all_episodes"),
        of_closed=shares(is_closed, "closed_episodes"),
        of_measured=shares(is_closed & measured, "closed_episodes_with_two_scores"),
    )
