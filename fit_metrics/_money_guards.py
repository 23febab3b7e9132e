"""Sums and conclusions that the method forbids, refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import as_column, check_same_length
from fit_metrics._counts import as_counts
from fit_metrics._money import as_decimal, exact
from fit_metrics._options import exact_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class RealisedSaving:
    """A realised saving (toteutunut säästö): what finance has confirmed and nothing else.

    Attributes
    ----------
    amount_eur : Decimal
        Sum of the confirmed amounts, in euros.
    n : int
        Confirmations.
    """

    amount_eur: Decimal
    n: int


def refuse_sum(*, estimate: ArrayLike, ci_low: ArrayLike, ci_high: ArrayLike, n: ArrayLike) -> None:
    """Refuse to add the effects of teams that do not all have a number of episodes and an interval.

    Parameters
    ----------
    estimate, ci_low, ci_high : array_like, shape (teams,)
        Each team's effect in euros and its interval.
    n : array_like of int, shape (teams,)
        Episodes behind each.

    Raises
    ------
    ValueError
        A team without an estimate, an episode, or a finite interval that holds the estimate; the
        teams are told by their positions.

    Examples
    --------
    >>> refuse_sum(estimate=[900, 400], ci_low=[100, -50], ci_high=[1700, 850], n=[12, 9])
    >>> refuse_sum(estimate=[900, 400], ci_low=[100, None], ci_high=[1700, None], n=[12, 9])
    Traceback (most recent call last):
        ...
    ValueError: teams at 1 have no finite interval about their estimate: their sum would look surer than it is
    """
    centre = as_column("estimate", estimate)
    low, high = as_column("ci_low", ci_low), as_column("ci_high", ci_high)
    counts = as_counts("n", n)
    for name, column in (("ci_low", low), ("ci_high", high), ("n", counts)):
        check_same_length("estimate", centre, name, column)
    for is_bad, words in (
        (np.isnan(centre), "have no estimate: a sum without them is not that of all teams"),
        (counts == 0.0, "have no episode: there is nothing to add"),
        (
            ~((low <= centre) & (centre <= high)),
            "have no finite interval about their estimate: their sum would look surer than it is",
        ),
    ):
        if is_bad.any():
            raise ValueError(f"teams at {', '.join(map(str, np.flatnonzero(is_bad)))} {words}")


def refuse_extrapolation(*, n_observed: SupportsIndex, n_target: SupportsIndex) -> None:
    """Refuse to carry an effect from the professionals who were observed to more of them.

    Parameters
    ----------
    n_observed : int
        Professionals (or teams) whose episodes the effect comes from.
    n_target : int
        Those that it is to be told for.

    Raises
    ------
    ValueError
        The effect is to be told for more than were observed.

    Examples
    --------
    >>> refuse_extrapolation(n_observed=40, n_target=40)
    >>> refuse_extrapolation(n_observed=40, n_target=700)
    Traceback (most recent call last):
        ...
    ValueError: n_observed is 40 and n_target is 700: who began first differs from the rest; no extrapolation
    """
    observed = exact_integer("n_observed", n_observed, minimum=0)
    target = exact_integer("n_target", n_target, minimum=0)
    if target > observed:
        raise ValueError(
            f"n_observed is {observed} and n_target is {target}: who began first differs from the "
            "rest; no extrapolation"
        )


def realised_saving(confirmed_eur: Sequence[Decimal | int]) -> RealisedSaving:
    """Give the saving that finance has confirmed.

    Parameters
    ----------
    confirmed_eur : sequence of Decimal or int
        Amount of every confirmation by finance (an invoice that did not come), in euros; of one
        price year, perspective and VAT.

    Returns
    -------
    RealisedSaving
        Exact.

    Raises
    ------
    ValueError
        No confirmation: a calculated effect is never told as realised; a float or negative amount.

    Examples
    --------
    >>> realised_saving([1200, 800]).amount_eur
    Decimal('2000')
    """
    if not confirmed_eur:
        raise ValueError(
            "confirmed_eur is empty: without a confirmation by finance an effect is calculated "
            "(laskennallinen) and not realised"
        )
    amounts = [exact(f"confirmed_eur[{i}]", each) for i, each in enumerate(confirmed_eur)]
    return RealisedSaving(amount_eur=as_decimal(sum(amounts, Fraction(0))), n=len(amounts))
