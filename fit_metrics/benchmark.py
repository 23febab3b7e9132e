"""A pre-post effect size against a benchmark: equivalence and non-inferiority."""

from __future__ import annotations

from typing import SupportsFloat, SupportsIndex

from numpy.typing import ArrayLike

from fit_metrics import _change_moments as change_moments
from fit_metrics._arrays import pairs
from fit_metrics._benchmark_test import Benchmark, BenchmarkTest, Options, Ratio, held_against
from fit_metrics._options import Direction, Missing

__all__ = [
    "Benchmark",
    "BenchmarkTest",
    "equivalence",
    "equivalence_from_stats",
    "non_inferiority",
    "non_inferiority_from_stats",
]


def non_inferiority(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    benchmark: Benchmark,
    ratio: Ratio = "estimated",
    alpha: SupportsFloat = 0.05,
    missing: Missing = "raise",
    direction: Direction = "higher_is_better",
) -> BenchmarkTest:
    r"""Ask whether the pre-post d is less than the benchmark by no more than the margin.

    Parameters
    ----------
    pre, post : array_like, shape (n,)
        First and last score of each person, in score units; None and nan are missing.
    benchmark : Benchmark
        Effect size to compare with, its margin and its source.
    ratio : {"estimated", "one"}
        SD of the changes over the intake SD, for a benchmark in intake SDs: that of the sample,
        or 1 as Minami and others take it (true for equal SDs with a correlation of 0.5).
    alpha : float
        Largest p-value that counts as an answer, between 0 and 0.5.
    missing : {"raise", "omit"}
        Refuse missing scores, or leave out every pair with one and count it in `n_missing`.
    direction : {"higher_is_better", "lower_is_better"}
        Which way better lies; d is positive for the better.

    Returns
    -------
    BenchmarkTest
        The estimate is d without bias correction, which the test is about; its interval has the
        level 1 - 2 alpha and lies above value - margin exactly where `is_shown`.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With the ratio κ, :math:`t = d \sqrt n / \kappa` has the noncentral t distribution with n - 1
    degrees of freedom around :math:`\delta \sqrt n / \kappa`; the p-value is
    :math:`P(T \ge t)` at δ = value - margin. Exact for normal changes with ``change_sd``, where
    κ = 1. With ``pre_sd`` it is exact for a known κ and holds its level for n >= 20 with an
    estimated one. "one" is too strict for κ below 1 and too lenient above. The benchmark counts as
    known: its own error is not in the p-value.

    Everything is nan, and `is_shown` None, for n < 2, where the standardizer is 0, where all
    changes are equal (no spread to test with; d itself is given), and for t beyond ±20 000.

    References
    ----------
    .. [1] Minami, T., Serlin, R. C., Wampold, B. E., Kircher, J. C., & Brown, G. S. (2008). Using
       clinical trials to benchmark effects produced in clinical practice. Quality & Quantity,
       42(4), 513-525.

    Examples
    --------
    >>> trials = Benchmark(
    ...     name="trials", value=0.8, margin=0.2, standardizer="pre_sd", source="as published"
    ... )
    >>> result = non_inferiority(
    ...     [18, 22, 25, 17, 20, 12], [24, 25, 30, 25, 21, 20], benchmark=trials
    ... )
    >>> round(result.estimate, 3), round(result.p_value, 4), result.is_shown
    (1.155, 0.1246, False)
    """
    options = Options(benchmark, "non_inferiority", ratio, alpha, direction)
    rows = pairs("pre", pre, "post", post, missing)
    return held_against(change_moments.from_rows(rows), rows.n_missing, options)


def equivalence(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    benchmark: Benchmark,
    ratio: Ratio = "estimated",
    alpha: SupportsFloat = 0.05,
    missing: Missing = "raise",
    direction: Direction = "higher_is_better",
) -> BenchmarkTest:
    r"""Ask whether the pre-post d differs from the benchmark by no more than the margin.

    Parameters
    ----------
    pre, post, benchmark, ratio, alpha, missing, direction
        As in :func:`non_inferiority`.

    Returns
    -------
    BenchmarkTest
        Two one-sided tests: the interval of level 1 - 2 alpha lies within value ± margin exactly
        where `is_shown`.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    The p-value is the larger of :math:`P(T \ge t)` at value - margin and :math:`P(T \le t)` at
    value + margin, by the distribution of :func:`non_inferiority`; the same edge cases. With few
    persons equivalence cannot be shown whatever d is: `critical_low` then lies above
    `critical_high`.

    References
    ----------
    .. [1] Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the
       power approach for assessing the equivalence of average bioavailability. Journal of
       Pharmacokinetics and Biopharmaceutics, 15(6), 657-680.

    Examples
    --------
    >>> trials = Benchmark(
    ...     name="trials", value=0.8, margin=0.2, standardizer="pre_sd", source="as published"
    ... )
    >>> result = equivalence(
    ...     [18, 22, 25, 17, 20, 12], [24, 25, 30, 25, 21, 20], benchmark=trials
    ... )
    >>> round(result.p_upper, 4), result.is_shown, result.critical_low > result.critical_high
    (0.5774, False, True)
    """
    options = Options(benchmark, "equivalence", ratio, alpha, direction)
    rows = pairs("pre", pre, "post", post, missing)
    return held_against(change_moments.from_rows(rows), rows.n_missing, options)


def non_inferiority_from_stats(
    n: SupportsIndex,
    mean_pre: SupportsFloat,
    mean_post: SupportsFloat,
    sd_pre: SupportsFloat,
    sd_post: SupportsFloat,
    r: SupportsFloat,
    *,
    benchmark: Benchmark,
    ratio: Ratio = "estimated",
    alpha: SupportsFloat = 0.05,
    direction: Direction = "higher_is_better",
) -> BenchmarkTest:
    """Ask :func:`non_inferiority` of published statistics.

    Parameters
    ----------
    n : int
        Number of pairs.
    mean_pre, mean_post, sd_pre, sd_post : float
        Means and sample SDs (n - 1) of first and last scores, in score units.
    r : float
        Correlation of first and last scores.
    benchmark, ratio, alpha, direction
        As in :func:`non_inferiority`.

    Returns
    -------
    BenchmarkTest
        As :func:`non_inferiority`, with `n_missing` None.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Examples
    --------
    >>> trials = Benchmark(
    ...     name="trials", value=0.8, margin=0.2, standardizer="pre_sd", source="as published"
    ... )
    >>> result = non_inferiority_from_stats(250, 19.6, 26.1, 7.6, 8.3, 0.45, benchmark=trials)
    >>> round(result.estimate, 3), round(result.critical_low, 3), result.is_shown
    (0.855, 0.727, True)
    """
    options = Options(benchmark, "non_inferiority", ratio, alpha, direction)
    moments = change_moments.from_stats(n, mean_pre, mean_post, sd_pre, sd_post, r)
    return held_against(moments, None, options)


def equivalence_from_stats(
    n: SupportsIndex,
    mean_pre: SupportsFloat,
    mean_post: SupportsFloat,
    sd_pre: SupportsFloat,
    sd_post: SupportsFloat,
    r: SupportsFloat,
    *,
    benchmark: Benchmark,
    ratio: Ratio = "estimated",
    alpha: SupportsFloat = 0.05,
    direction: Direction = "higher_is_better",
) -> BenchmarkTest:
    """Ask :func:`equivalence` of published statistics.

    Parameters
    ----------
    n, mean_pre, mean_post, sd_pre, sd_post, r, benchmark, ratio, alpha, direction
        As in :func:`non_inferiority_from_stats`.

    Returns
    -------
    BenchmarkTest
        As :func:`equivalence`, with `n_missing` None.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Examples
    --------
    >>> trials = Benchmark(
    ...     name="trials", value=0.8, margin=0.2, standardizer="pre_sd", source="as published"
    ... )
    >>> result = equivalence_from_stats(250, 19.6, 26.1, 7.6, 8.3, 0.45, benchmark=trials)
    >>> round(result.ci_low, 3), round(result.ci_high, 3), result.is_shown
    (0.724, 0.985, True)
    """
    options = Options(benchmark, "equivalence", ratio, alpha, direction)
    moments = change_moments.from_stats(n, mean_pre, mean_post, sd_pre, sd_post, r)
    return held_against(moments, None, options)
