"""The chance of ending with a reliable improvement, by what was known at each session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray, check_same_length
from fit_metrics._course_chance_model import fitted, known_at
from fit_metrics._flags import flag_column
from fit_metrics._groups import as_groups
from fit_metrics._options import Direction, check_flag, check_level, direction_sign, exact_integer
from fit_metrics._person_sessions import PersonSessions, person_sessions
from fit_metrics._survival_records import freeze


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImprovementChance:
    """Chances in the order of the rows given; arrays are read-only.

    Attributes
    ----------
    chance : ndarray of float64, shape (n_rows,)
        Chance, 0 to 1, of ending reliably improved; nan before the first score and where the other
        clusters are too few.
    ci_high : ndarray of float64, shape (n_rows,)
        Upper limit of its interval.
    change : ndarray of float64, shape (n_rows,)
        Change from the first score to the latest one, in score units, for the better above 0.
    before : ndarray of int, shape (n_rows,)
        Row of the person's session before; -1 in the first one and in rows left out.
    n_persons, n_clusters : int
        What the chances rest on, all folds together.
    n_missing : int
        Rows left out: the person, the session, the cluster or the outcome is missing.
    ci_level : float
        Level of the interval of which `ci_high` is the upper limit.
    method : str
        Code of the model.
    """

    chance: FloatArray
    ci_high: FloatArray
    change: FloatArray
    before: NDArray[np.intp]
    n_persons: int
    n_clusters: int
    n_missing: int
    ci_level: float
    method: str

    def without_benefit(self, least_chance: SupportsFloat) -> NDArray[np.bool_]:
        """Say of each session whether it came after the chance had fallen, and it stays so.

        Parameters
        ----------
        least_chance : float
            The chance below which a session is of no benefit, between 0 and 1.

        Returns
        -------
        ndarray of bool, shape (n_rows,)
            True where the upper limit was below `least_chance` at the session before, and still is.

        Raises
        ------
        ValueError
            `least_chance` is not between 0 and 1.
        """
        least = float(least_chance)
        if not 0.0 < least < 1.0:
            raise ValueError(f"least_chance is {least_chance!r}: it must lie between 0 and 1")
        is_below = self.ci_high < least
        return np.asarray(is_below & (self.before >= 0) & is_below[self.before])


def improvement_chance(
    person: ArrayLike,
    session: ArrayLike,
    total: ArrayLike,
    improved: ArrayLike,
    *,
    reliable_change: ArrayLike,
    reliable_change_inclusive: bool,
    score_step: SupportsFloat,
    direction: Direction = "higher_is_better",
    clusters: ArrayLike | None = None,
    n_folds: SupportsIndex = 5,
    level: float = 0.95,
) -> ImprovementChance:
    r"""Give at each session the chance of ending reliably improved, as other episodes have it.

    Parameters
    ----------
    person : array_like, shape (n_rows,)
        The closed episode of a client: text or whole numbers.
    session : array_like of int, shape (n_rows,)
        Number of the attended session, 1 and up; a person has each at most once.
    total : array_like, shape (n_rows,)
        Total score at the session, of one instrument, respondent and service; None and nan where
        no form was filled in: the latest one before it then counts.
    improved : array_like of bool, shape (n_rows,)
        Whether the person ended reliably improved, the same in all rows of a person.
    reliable_change : array_like, scalar or shape (n_rows,)
        Size of a reliable change in score units, above 0; the one of a person's first score
        counts.
    reliable_change_inclusive : bool
        Whether a change exactly as large is reliable.
    score_step : float or Decimal
        Smallest step between two scores (0.1), read as written.
    direction : {"higher_is_better", "lower_is_better"}
        Which way better lies.
    clusters : array_like, shape (n_rows,), optional
        Who belongs together (families): they are in one fold. Every person alone without it.
    n_folds : int
        Parts that the clusters are dealt to, in the order of their labels; 2 or more. The chances
        of a part rest on the other parts alone.
    level : float
        Level of the two-sided interval whose upper limit is given, between 0 and 1.

    Returns
    -------
    ImprovementChance
        Rows in which something is missing have no chance; a missing total is no such thing.

    Raises
    ------
    ValueError
        An argument breaks its rule, a session below 1, a person twice in a session, with two
        outcomes or in two clusters.

    Notes
    -----
    With d the change so far over the reliable change, held to -2 to 2, r whether it is reliable
    already, and m the number of the session,

    .. math:: logit(p) = b_0 + b_1 d + b_2 r + b_3 \ln m + b_4 d \ln m + b_5 r \ln m .

    Largest penalised likelihood over all sessions of the others, with :math:`b_1^2+\dots+b_5^2`
    over 2 as penalty, so that it exists also where nobody with little change improves. The upper
    limit is that of the log odds with a sandwich over clusters, since the sessions of one episode
    share their end. No chance where the others are fewer than 25 clusters, or fewer than 5 persons
    improved or did not.

    Nominal property: on the simulator chances predicted for other families agree with the shares
    that come true (docs/method/visits_without_benefit.md). It is a chance under the service as it
    is, with its ways of ending: not what a client could reach by staying.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> person = np.repeat(np.arange(200), 3)
    >>> session = np.tile([1, 2, 3], 200)
    >>> gain = np.repeat(rng.normal(4.0, 5.0, 200), 3) * (session - 1) / 2.0
    >>> total = np.round(20.0 + gain, 1)
    >>> result = improvement_chance(
    ...     person, session, total, np.repeat(total[2::3] >= 26.0, 3), reliable_change=6,
    ...     reliable_change_inclusive=True, score_step=0.1,
    ... )
    >>> low = (session == 3) & (result.change < 0.0)
    >>> bool(result.chance[low].max() < 0.05), bool(result.without_benefit(0.1)[low].any())
    (True, True)
    """
    checked_level, folds = check_level(level), exact_integer("n_folds", n_folds, minimum=2)
    inclusive = check_flag("reliable_change_inclusive", reliable_change_inclusive)
    outcome = flag_column("improved", improved)
    labels = as_groups("person", person)
    check_same_length("person", labels.codes, "improved", outcome)
    groups = labels if clusters is None else as_groups("clusters", clusters)
    check_same_length("person", labels.codes, "clusters", groups.codes)
    codes = labels.codes.astype(np.float64)
    codes[np.isnan(outcome) | (groups.codes < 0) | (labels.codes < 0)] = np.nan
    everyone = person_sessions(codes, session, "total", total, "omit")
    if (everyone.session < 1.0).any():
        raise ValueError("session has a number below 1: sessions are counted from 1")
    ended = outcome[everyone.rows]
    group = groups.codes[everyone.rows]
    _check_one("improved", "two outcomes", ended, everyone)
    _check_one("clusters", "two clusters", group.astype(np.float64), everyone)
    known = known_at(
        everyone, codes.size, reliable_change, inclusive, score_step, direction_sign(direction)
    )
    chance, high = np.full((2, codes.size), np.nan)
    z = float(special.ndtri((1.0 + checked_level) / 2.0))
    for fold in range(folds):
        own = known.is_known & (group % folds == fold)
        others = known.is_known & (group % folds != fold)
        found = fitted(known, others, ended, group, everyone.person)
        if found is None:
            continue
        logits = known.design @ found[0]
        spread = np.sqrt(np.einsum("ij,jk,ik->i", known.design, found[1], known.design))
        chance[everyone.rows[own]] = special.expit(logits)[known.cell[own]]
        high[everyone.rows[own]] = special.expit(logits + z * spread)[known.cell[own]]
    change = np.full(codes.size, np.nan)
    change[everyone.rows] = known.change
    before = np.full(codes.size, -1, dtype=np.intp)
    later = np.flatnonzero(np.diff(everyone.person, prepend=-1) == 0)
    before[everyone.rows[later]] = everyone.rows[later - 1]
    freeze(chance, high, change, before)
    return ImprovementChance(
        chance=chance,
        ci_high=high,
        change=change,
        before=before,
        n_persons=np.unique(everyone.person[known.is_known]).size,
        n_clusters=np.unique(group[known.is_known]).size,
        n_missing=codes.size - everyone.rows.size,
        ci_level=checked_level,
        method="improvement_chance_logistic",
    )


def _check_one(name: str, what: str, values: FloatArray, everyone: PersonSessions) -> None:
    if (values != values[everyone.first][everyone.person]).any():
        raise ValueError(f"{name} has {what} in a person: all rows of a person have the same")
