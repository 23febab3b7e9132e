"""What feedback work itself costs, and what would pay for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import SupportsIndex

from fit_metrics._money import as_decimal, exact
from fit_metrics._money_basis import PriceBasis, check_basis
from fit_metrics._options import exact_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class FitCost:
    """Cost of feedback work in a period, in euros; the parts add up to the total.

    Attributes
    ----------
    licences_eur, training_eur, trainers_eur, session_time_eur : Decimal
        Software; training days of the staff; own trainers; time in the meetings.
    total_eur : Decimal
        Their sum.
    basis : PriceBasis
        Price year, perspective and VAT.
    """

    licences_eur: Decimal
    training_eur: Decimal
    trainers_eur: Decimal
    session_time_eur: Decimal
    total_eur: Decimal
    basis: PriceBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """What pays for a cost.

    Attributes
    ----------
    needed : Decimal or None
        Early endings, or the share of all episodes by which drop-out must fall; ``None`` where
        none is enough.
    whole : int or None
        The same as whole endings or episodes, rounded up.
    is_reachable : bool
        Whether so many can be.
    reason : str
        Why not; empty where they can.
    """

    needed: Decimal | None
    whole: int | None
    is_reachable: bool
    reason: str


def fit_cost(
    *,
    licences_eur: Decimal | int,
    training_days: Decimal | int,
    cost_of_training_day_eur: Decimal | int,
    trainers_eur: Decimal | int,
    minutes_per_session: Decimal | int,
    n_sessions: SupportsIndex,
    cost_of_hour_eur: Decimal | int,
    basis: PriceBasis,
) -> FitCost:
    """Give the cost of feedback work in a period.

    Parameters
    ----------
    licences_eur : Decimal or int
        Software and forms, in euros.
    training_days, cost_of_training_day_eur : Decimal or int
        Days of all staff in training, and what a day costs with pay.
    trainers_eur : Decimal or int
        Own trainers and consultation, in euros.
    minutes_per_session : Decimal or int
        Minutes that forms and talking about them take; 0 must be said.
    n_sessions : int
        Sessions held with FIT.
    cost_of_hour_eur : Decimal or int
        What an hour of staff costs.
    basis : PriceBasis
        What all amounts are amounts of.

    Returns
    -------
    FitCost
        Exact, not rounded.

    Raises
    ------
    ValueError
        A part is missing (None), a float or negative.

    Examples
    --------
    >>> fit_cost(
    ...     licences_eur=3000,
    ...     training_days=40,
    ...     cost_of_training_day_eur=250,
    ...     trainers_eur=5000,
    ...     minutes_per_session=6,
    ...     n_sessions=2000,
    ...     cost_of_hour_eur=40,
    ...     basis=PriceBasis(price_year=2025, perspective="payer", vat_included=False),
    ... ).total_eur
    Decimal('26000')
    """
    hours = exact("minutes_per_session", minutes_per_session) / 60
    hours *= exact_integer("n_sessions", n_sessions, minimum=0)
    parts = (
        exact("licences_eur", licences_eur),
        exact("training_days", training_days)
        * exact("cost_of_training_day_eur", cost_of_training_day_eur),
        exact("trainers_eur", trainers_eur),
        hours * exact("cost_of_hour_eur", cost_of_hour_eur),
    )
    licences, training, trainers, time = map(as_decimal, parts)
    return FitCost(
        licences_eur=licences,
        training_eur=training,
        trainers_eur=trainers,
        session_time_eur=time,
        total_eur=as_decimal(sum(parts, Fraction(0))),
        basis=check_basis(basis),
    )


def break_even_endings(
    *, fit_cost_eur: Decimal | int, net_per_ending_eur: Decimal | int, n_episodes: SupportsIndex
) -> BreakEven:
    """Give the number of agreed early endings that pays for feedback work.

    Parameters
    ----------
    fit_cost_eur : Decimal or int
        Cost of feedback work, in euros.
    net_per_ending_eur : Decimal or int
        Net effect of one early ending before that cost; may be negative.
    n_episodes : int
        Episodes there are, above 0: no more can end early.

    Returns
    -------
    BreakEven
        In endings.

    Raises
    ------
    ValueError
        A value is missing, a float, or out of range.

    Examples
    --------
    >>> break_even_endings(fit_cost_eur=26000, net_per_ending_eur=1083, n_episodes=400).whole
    25
    """
    cost = exact("fit_cost_eur", fit_cost_eur)
    net = exact("net_per_ending_eur", net_per_ending_eur, may_be_negative=True)
    episodes = exact_integer("n_episodes", n_episodes, minimum=1)
    return _needed(cost, net, Fraction(1), episodes, "an early ending brings nothing")


def break_even_dropout(
    *, fit_cost_eur: Decimal | int, value_per_dropout_eur: Decimal | int, n_episodes: SupportsIndex
) -> BreakEven:
    """Give the fall of drop-out that pays for feedback work.

    Parameters
    ----------
    fit_cost_eur : Decimal or int
        Cost of feedback work, in euros.
    value_per_dropout_eur : Decimal or int
        What one drop-out less is worth to the payer, in euros; may be negative, for who stays
        also uses more.
    n_episodes : int
        Episodes there are, above 0.

    Returns
    -------
    BreakEven
        `needed` is a share of all episodes (0.05: from 25 % to 20 %), `whole` in episodes.

    Raises
    ------
    ValueError
        A value is missing, a float, or out of range.

    Examples
    --------
    >>> result = break_even_dropout(
    ...     fit_cost_eur=26000, value_per_dropout_eur=1300, n_episodes=400
    ... )
    >>> result.needed, result.whole
    (Decimal('0.05'), 20)
    """
    cost = exact("fit_cost_eur", fit_cost_eur)
    value = exact("value_per_dropout_eur", value_per_dropout_eur, may_be_negative=True)
    episodes = exact_integer("n_episodes", n_episodes, minimum=1)
    return _needed(cost, value, Fraction(episodes), episodes, "a drop-out less brings nothing")


def _needed(
    cost: Fraction, each: Fraction, unit: Fraction, episodes: int, nothing: str
) -> BreakEven:
    if cost and each <= 0:
        return BreakEven(needed=None, whole=None, is_reachable=False, reason=nothing)
    count = cost / each if cost else Fraction(0)
    is_reachable = count <= episodes
    return BreakEven(
        needed=as_decimal(count / unit),
        whole=ceil(count),
        is_reachable=is_reachable,
        reason="" if is_reachable else f"more than all {episodes} episodes would be needed",
    )
