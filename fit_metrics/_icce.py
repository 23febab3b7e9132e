"""The indices that the ICCE asks every system for FIT to report."""

from __future__ import annotations

from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import as_column, check_same_length
from fit_metrics._flags import flag_column, labels, non_negative_column, whole_column
from fit_metrics._icce_rows import EVERYBODY, Episodes, Index
from fit_metrics._options import Direction, Missing, check_level, finite_number


def icce_indices(
    client: ArrayLike,
    age_group: ArrayLike,
    intake: ArrayLike,
    last: ArrayLike,
    *,
    intake_srs: ArrayLike,
    sessions: ArrayLike,
    days: ArrayLike,
    collateral_raters: ArrayLike,
    n_scores: ArrayLike,
    in_green: ArrayLike,
    closed: ArrayLike,
    unilateral: ArrayLike,
    reference_effect_size: SupportsFloat,
    direction: Direction = "higher_is_better",
    level: float = 0.95,
    missing: Missing = "raise",
) -> tuple[Index, ...]:
    """Give the list of indices of the International Center for Clinical Excellence.

    Parameters
    ----------
    client, age_group : array_like of str or int, shape (n,)
        Code of the client and of the age group of each episode, neither missing.
    intake, last : array_like, shape (n,)
        First and last outcome score of the episode, in score units; `last` counts where
        `n_scores` is 2 or more only.
    intake_srs : array_like, shape (n,)
        First session rating, in score units.
    sessions, n_scores, collateral_raters : array_like of int, shape (n,)
        Attended sessions, outcome scores, and other raters of the episode.
    days : array_like, shape (n,)
        From the opening to the closing, or to the last session where open.
    in_green, closed, unilateral : array_like of bool, shape (n,)
        Last score in the zone of success; the episode has ended; the client alone ended it.
    reference_effect_size : float
        Mean effect size of the norm sample, which the relative effect size is measured from.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the effect size: positive is always for the better.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing values among those that an index needs, or leave the episode out of that
        index and count it in its `n_missing`.

    Returns
    -------
    tuple of Index
        In the order of the list: `clients`, `episodes`, `collateral_raters`, `mean_intake`,
        `mean_intake_srs`, `mean_sessions`, `mean_days`, `effect_size`, `relative_effect_size`,
        `reached_target`, `dropout_without_effect`, `dropout_with_effect`. Clients and mean intake
        come by age group and for all. Counts have no interval; shares lie between 0 and 1.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    The effect size is the pre-post g of :func:`fit_metrics.effect_size.pre_post_d` with the SD at
    intake. The list asks for corrections for sessions, severity and regression to the mean, whose
    coefficients are not published: they are not made here. The relative effect size is that g
    less the reference, its interval moved likewise: the reference counts as known. `reached_target`
    and both kinds of drop-out are shares of closed episodes with two or more scores; other
    denominators are in :func:`fit_metrics.rates.dropout`. A client with episodes in two age groups
    counts in both, and once in "all".

    References
    ----------
    .. [1] International Center for Clinical Excellence, list of indices, as in OpenFIT's help text
       "ICCE indices" (KA-01016).

    Examples
    --------
    >>> result = icce_indices(
    ...     ["a", "b", "b"], ["adult", "child", "child"], [18, 22, 25], [24, 25, 27],
    ...     intake_srs=[36, 38, 30], sessions=[4, 6, 3], days=[30, 60, 20],
    ...     collateral_raters=[0, 1, 1], n_scores=[4, 6, 3], in_green=[1, 0, 1],
    ...     closed=[1, 1, 0], unilateral=[0, 1, None], reference_effect_size=0.8,
    ... )
    >>> [(i.name, i.group, i.estimate) for i in result[:3]]
    [('clients', 'all', 2.0), ('clients', 'adult', 1.0), ('clients', 'child', 1.0)]
    >>> next(i.estimate for i in result if i.name == "reached_target")
    0.5
    """
    checked_level = check_level(level)
    clients, ages = labels("client", client), labels("age_group", age_group)
    numbers = {
        "intake": as_column("intake", intake),
        "last": as_column("last", last),
        "intake_srs": as_column("intake_srs", intake_srs),
        "sessions": whole_column("sessions", sessions),
        "days": non_negative_column("days", days),
        "collateral_raters": whole_column("collateral_raters", collateral_raters),
        "n_scores": whole_column("n_scores", n_scores),
        "in_green": flag_column("in_green", in_green),
        "closed": flag_column("closed", closed),
        "unilateral": flag_column("unilateral", unilateral),
    }
    for name, values in {"age_group": ages, **numbers}.items():
        check_same_length("client", clients, name, values)
    groups = [EVERYBODY, *np.unique(ages).tolist()]
    if EVERYBODY in groups[1:]:
        raise ValueError(
            f"age_group has the value {EVERYBODY!r}: it stands for all groups together"
        )
    rows = Episodes(clients, ages, numbers, checked_level, missing)
    effects = rows.effects(finite_number("reference_effect_size", reference_effect_size), direction)
    return (
        *(rows.clients(group) for group in groups),
        rows.count("episodes", clients.size, 0),
        rows.collateral_raters(),
        *(rows.mean("mean_intake", "intake", group) for group in groups),
        rows.mean("mean_intake_srs", "intake_srs"),
        rows.mean("mean_sessions", "sessions"),
        rows.mean("mean_days", "days"),
        *effects,
        rows.reached_target(),
        *rows.dropouts(),
    )
