"""Pre–post effect sizes of one group from the scores of its persons."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics import _change_moments as change_moments
from fit_metrics import _pre_post_bootstrap
from fit_metrics._arrays import Pairs, ScoreRange, as_column, pairs, refuse_outside
from fit_metrics._bootstrap import check_draws
from fit_metrics._options import Direction, Missing
from fit_metrics._pre_post import IntervalMethod, Options, Standardizer, effect
from fit_metrics.results import EffectSize


def pre_post_d(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    standardizer: Standardizer = "pre_sd",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    missing: Missing = "raise",
    rng: np.random.Generator | None = None,
    n_resamples: SupportsIndex = 9_999,
    clusters: ArrayLike | None = None,
    direction: Direction = "higher_is_better",
    score_range: ScoreRange | None = None,
) -> EffectSize:
    r"""Give the standardised mean change of one group measured twice.

    Parameters
    ----------
    pre, post : array_like, shape (n,)
        First and last score of each person, in score units; None and nan are missing.
    standardizer : {"pre_sd", "average_sd", "change_sd", "repeated"}
        What the mean change is divided by: the SD of `pre`, the root of the mean of the two
        variances, the SD of the changes, or that SD over √(2(1 - r)), which takes the correlation
        r of first and last scores out again (the d_rm of repeated measures).
    correct_bias : bool
        Multiply the estimate and both limits by Hedges' exact J with n - 1 degrees of freedom
        (g); without it the plain d.
    ci : {"normal", "noncentral_t", "bootstrap"}
        "normal" is d ± z·SE with the variance below; "noncentral_t" inverts the noncentral t
        distribution and needs ``standardizer="change_sd"``, where alone it is exact (for d: its
        limits are then multiplied by J like all others); "bootstrap" is the bias-corrected and
        accelerated (BCa) interval of resampled pairs, or of resampled `clusters` of pairs.
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing scores, or leave out every pair with one and count it in `n_missing`.
    rng : numpy.random.Generator, optional
        Source of the resamples; required by "bootstrap", unused otherwise.
    n_resamples : int
        How many resamples "bootstrap" draws.
    clusters : array_like, shape (n,), optional
        With "bootstrap", which pairs belong together (the children of a family, the clients of a
        worker): whole clusters are drawn. Numbers or text, none missing.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the result: positive is always a change for the better.
    score_range : tuple of two floats, optional
        Lowest and highest score of the instrument; a score outside is refused. Without it any
        score is taken.

    Returns
    -------
    EffectSize
        The estimate has no unit; `standardizer_sd` and `mean_change` are in score units.

    Raises
    ------
    ValueError
        An argument breaks its rule; the message names it, its value and the rule.

    Notes
    -----
    With :math:`s_D^2 = s_1^2 + s_2^2 - 2 r s_1 s_2` and :math:`\nu = n - 1` the variance of d is

    - pre_sd: :math:`\{s_D^2 / s_1^2 + d^2 / 2\} / \nu`
    - average_sd, :math:`s^2 = (s_1^2 + s_2^2)/2`:
      :math:`\{s_D^2 / s^2 + d^2 (s_1^4 + s_2^4 + 2 r^2 s_1^2 s_2^2) / (8 s^4)\} / \nu`
    - change_sd: :math:`\{1 + d^2 / 2\} / \nu`
    - repeated, :math:`s^2 = s_D^2 / \{2 (1 - r)\}`: :math:`\{2 (1 - r) + d^2 L / 4\} / \nu` with
      L, :math:`\nu` times the variance of :math:`\log s^2`, on docs/method/pre_post_d.md

    The SDs may differ; scores are taken as bivariate normal. The limits are J times the limits
    of d. "normal" and "bootstrap" are approximate. Nominal property: 93 to 97 per cent at level 0.95.
    "normal" has it from 20 pairs on with normal scores, r from 0.2 to 0.8; with skewed scores and a
    ceiling for "pre_sd" where r is 0.5 to 0.8 (below it is wider than it says), while the other
    standardizers then cover 88 to 94. "bootstrap" has it from 50 pairs on, skewed scores and a
    ceiling included, r from 0.2 to 0.8 ("change_sd" with r of 0.8 from 100; docs/method/coverage.md).
    The bootstrap interpolates between its order statistics on the scale of normal quantiles; its
    limits are nan where all resamples lie on one side of d.

    Everything is nan for n < 2 and where the standardizer is 0: an effect measured in units of
    nothing does not exist. Changes that differ by no more than storing the scores as floats
    explains count as equal. For n = 2 J is 0: the corrected estimate is 0 and its limits are nan.
    The noncentral t limits are nan for d √n beyond ±20 000. "repeated" is nan where an SD is 0 or
    r is 1: there is no spread left to divide by.

    References
    ----------
    .. [1] Bonett, D. G. (2008). Confidence intervals for standardized linear contrasts of means.
       Psychological Methods, 13(2), 99-109.
    .. [2] Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and
       related estimators. Journal of Educational Statistics, 6(2), 107-128.
    .. [3] Morris, S. B., & DeShon, R. P. (2002). Combining effect size estimates in meta-analysis
       with repeated measures and independent-groups designs. Psychological Methods, 7(1),
       105-125 (the standardizer "repeated").
    .. [4] Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American
       Statistical Association, 82(397), 171-185.

    Examples
    --------
    >>> result = pre_post_d([18, 22, 25, 17], [24, 25, 30, 25], correct_bias=False)
    >>> result.mean_change, round(result.standardizer_sd, 3), round(result.estimate, 3)
    (5.5, 3.697, 1.488)
    """
    options = Options(standardizer, correct_bias, ci, level, direction)
    options.check()
    rows = pairs("pre", pre, "post", post, missing)
    refuse_outside("pre", rows.first, score_range)
    refuse_outside("post", rows.second, score_range)
    result = effect(change_moments.from_rows(rows), rows.n_missing, options)
    if ci != "bootstrap":
        if clusters is not None:
            raise ValueError(f"clusters are given with ci={ci!r}: only 'bootstrap' draws clusters")
        return result
    generator, draws = check_draws(rng, n_resamples)
    codes = None if clusters is None else _cluster_codes(clusters, pre, post, rows)
    low, high = _pre_post_bootstrap.limits(rows, codes, options, generator, draws)
    factor = result.bias_correction if result.bias_correction > 0.0 else math.nan
    return replace(result, ci_low=factor * low, ci_high=factor * high)


def _cluster_codes(
    clusters: ArrayLike, pre: ArrayLike, post: ArrayLike, rows: Pairs
) -> NDArray[np.intp]:
    """Give the number, from 0, of the cluster of each complete pair."""
    labels = np.asarray(clusters)
    present = ~(np.isnan(as_column("pre", pre)) | np.isnan(as_column("post", post)))
    if labels.shape != present.shape:
        raise ValueError(
            f"clusters has shape {labels.shape}: it must have one label for each of the "
            f"{present.size} pairs"
        )
    if any(label is None or label != label for label in set(labels.tolist())):
        raise ValueError("clusters has a missing label: every pair must belong to a cluster")
    return np.unique(labels[present], return_inverse=True)[1].reshape(rows.first.shape)
