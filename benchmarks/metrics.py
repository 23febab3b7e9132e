"""Processor seconds of the statistics against what one would write with numpy and scipy.

    .venv/bin/python benchmarks/metrics.py [--without-bootstrap]

Each row is timed on the same data in the same run, once the numbers of both have been found to be
the same. The machine is shared, so processor seconds and ratios say more than seconds. The peer of
the bootstrap takes minutes: scipy leaves out each of the 100 000 pairs in turn and computes anew.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

# One thread each: processor seconds of several would not be comparable. Before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import optimize, special, stats

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.watching import row, spaced  # noqa: E402 (this checkout's packages first)
from fit_metrics.effect_size import pre_post_d, pre_post_d_groups  # noqa: E402
from fit_metrics.reliable_change import classify  # noqa: E402

ROWS, GROUPS, INTERVALS = 1_000_000, 50_000, 700
PAIRS, RESAMPLES = 100_000, 10_000
RELIABLE, CUTOFF = 6.0, 25.0
Made = TypeVar("Made")
Sums = tuple[np.ndarray, ...]


class Compared(NamedTuple):
    """Processor seconds of ours and of the peer, and the aim in words."""

    what: str
    peer: str
    ours: float
    theirs: float
    aim: str

    def cells(self) -> list[str]:
        """Return the cells of the table's row."""
        ratio = f"{self.ours / self.theirs:.2f}"
        if self.aim.startswith(">="):
            ratio = f"{self.theirs / self.ours:.0f}"
        return [self.what, self.peer, f"{self.ours:.3f}", f"{self.theirs:.3f}", ratio, self.aim]


def timed(call: Callable[[], Made], times: int = 5) -> tuple[float, Made]:
    """Give the least processor seconds of some calls, and what the last gave."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        made = call()
        spent.append(time.process_time() - started)
    return min(spent), made


def scores(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw first and last scores in tenths, 0 to 40."""
    rng = np.random.default_rng(seed)
    intake = rng.normal(21.0, 7.0, n)
    last = 8.0 + 0.8 * intake + rng.normal(0.0, 6.0, n)
    return np.clip(intake, 0.0, 40.0).round(1), np.clip(last, 0.0, 40.0).round(1)


def group_sums(groups: int, least: int) -> Sums:
    """Give n, sums, sums of squares and of products of groups of up to 59 persons, in tenths."""
    rng = np.random.default_rng(groups)
    sizes = rng.integers(least, 60, groups)
    code = np.repeat(np.arange(groups), sizes)
    x, y = (np.rint(10.0 * values).astype(np.int64) for values in scores(code.size, groups))
    columns = (x, y, x * x, y * y, x * y)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return sizes, *(np.add.reduceat(values, starts) for values in columns)


def numpy_classes(intake: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the classes and the flag of the functional side at intake, in tenths."""
    first, final = np.rint(10.0 * intake), np.rint(10.0 * last)
    change, limit = final - first, 10.0 * CUTOFF
    is_missing = np.isnan(change)
    is_better = change >= 10.0 * RELIABLE
    is_crossed = (first < limit) & (final >= limit)
    codes = np.select(
        [is_missing, is_better & is_crossed, is_better, change <= -10.0 * RELIABLE],
        [-1, 0, 1, 3],
        2,
    ).astype(np.int8)
    return codes, np.where(is_missing, -1, first >= limit).astype(np.int8)


def numpy_effects(sums: Sums) -> np.ndarray:
    """Give g with its normal interval from sums in tenths, shape (3, groups)."""
    n, x, y, xx, yy, xy = (values.astype(np.float64) for values in sums)
    var_pre, var_post = (xx - x * x / n) / (n - 1.0), (yy - y * y / n) / (n - 1.0)
    var_change = var_pre + var_post - 2.0 * (xy - x * y / n) / (n - 1.0)
    d = (y - x) / n / np.sqrt(var_pre)
    error = np.sqrt((var_change / var_pre + d * d / 2.0) / (n - 1.0))
    df = n - 1.0
    correction = np.exp(special.gammaln(df / 2.0) - special.gammaln((df - 1.0) / 2.0))
    correction /= np.sqrt(df / 2.0)
    half_width = stats.norm.ppf(0.975) * error
    return np.stack([correction * d, correction * (d - half_width), correction * (d + half_width)])


def scipy_limits(d: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Give the noncentral t limits of d, one group after the other, shape (2, groups)."""
    found = []
    for t, size in zip((d * np.sqrt(n)).tolist(), n.tolist(), strict=True):

        def above(centre: float, tail: float, t: float = t, df: int = size - 1) -> float:
            return float(stats.nct.cdf(t, df, centre)) - tail

        # Further out the distribution function is nan.
        reach = 5.0 * np.sqrt(1.0 + t * t / (2.0 * (size - 1)))
        ends = (t - reach, t + reach)
        limits = [optimize.brentq(above, *ends, args=(tail,)) for tail in (0.975, 0.025)]
        found.append([limit / np.sqrt(size) for limit in limits])
    return np.array(found).T


def scipy_bootstrap(pre: np.ndarray, post: np.ndarray) -> tuple[float, float]:
    """Give scipy's BCa limits of d."""

    def d(first: np.ndarray, last: np.ndarray, axis: int = -1) -> np.ndarray:
        return (last - first).mean(axis=axis) / first.std(axis=axis, ddof=1)

    found = stats.bootstrap(
        (pre, post),
        d,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=8,
        method="BCa",
        rng=np.random.default_rng(2),
    ).confidence_interval
    return float(found.low), float(found.high)


def same(one: np.ndarray, other: np.ndarray, tolerance: float) -> None:
    """End the program where numbers differ."""
    if not np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True):
        sys.exit(f"the programs disagree by {np.nanmax(np.abs(one - other))}")


def classes() -> Compared:
    """Compare change classes of a million pairs."""
    intake, last = scores(ROWS, 1)
    last[::50] = np.nan
    options = {"score_step": 0.1, "cutoff_is_functional": True, "reliable_change_inclusive": True}
    ours, made = timed(
        lambda: classify(intake, last, reliable_change=RELIABLE, cutoff=CUTOFF, **options)
    )
    theirs, other = timed(lambda: numpy_classes(intake, last))
    same(made.codes, other[0], 0.0)
    same(made.is_intake_functional, other[1], 0.0)
    return Compared(f"`classify`, {spaced(ROWS)} pairs", "numpy", ours, theirs, "<= 3 times")


def effects() -> Compared:
    """Compare effect sizes of many groups from their sums."""
    sums = group_sums(GROUPS, 2)
    ours, made = timed(lambda: pre_post_d_groups(*sums, unit=0.1))
    with np.errstate(invalid="ignore", divide="ignore"):
        theirs, other = timed(lambda: numpy_effects(sums))
    # Two persons have no corrected interval, and equal intake scores no effect.
    usable = (sums[0] > 2) & (made.standardizer_sd > 0.0)
    numbers = np.stack([made.estimate, made.ci_low, made.ci_high])
    same(numbers[:, usable], other[:, usable], 1e-8)
    what = f"`pre_post_d_groups`, {spaced(GROUPS)} groups"
    return Compared(what, "numpy", ours, theirs, "<= 3 times")


def exact_limits() -> Compared:
    """Compare exact intervals of change in its own SD."""
    sums = group_sums(INTERVALS, 10)
    options = {"standardizer": "change_sd", "ci": "noncentral_t", "correct_bias": False}
    ours, made = timed(lambda: pre_post_d_groups(*sums, unit=0.1, **options))
    usable = np.isfinite(made.estimate)
    theirs, other = timed(lambda: scipy_limits(made.estimate[usable], made.n[usable]), 1)
    same(np.stack([made.ci_low, made.ci_high])[:, usable], other, 1e-8)
    what = f"`pre_post_d_groups`, {spaced(INTERVALS)} noncentral t intervals"
    return Compared(what, "brentq on nct.cdf", ours, theirs, ">= 5 times as fast")


def bootstrap() -> Compared:
    """Compare BCa intervals; drawn apart, so the same but for the error of drawing."""
    pre, post = scores(PAIRS, 3)

    def ours_once() -> tuple[float, float]:
        rng = np.random.default_rng(1)
        options = {"ci": "bootstrap", "rng": rng, "n_resamples": RESAMPLES}
        found = pre_post_d(pre, post, correct_bias=False, **options)
        return found.ci_low, found.ci_high

    ours, made = timed(ours_once, 1)
    theirs, other = timed(lambda: scipy_bootstrap(pre, post), 1)
    # Quantiles of 10 000 resamples err by 0.027 of the standard error; six times their difference.
    error = (made[1] - made[0]) / (2.0 * stats.norm.ppf(0.975))
    same(np.array(made), np.array(other), 6.0 * np.sqrt(2.0) * 0.027 * error)
    what = f"`pre_post_d`, BCa, {spaced(RESAMPLES)} resamples of {spaced(PAIRS)} pairs"
    return Compared(what, "scipy.stats.bootstrap", ours, theirs, ">= 5 times as fast")


def main(arguments: list[str]) -> None:
    """Print the table."""
    print(row("what", "peer", "ours, CPU s", "peer, CPU s", "ratio", "aim"))
    print(row("---", "---", "---:", "---:", "---:", "---"))
    compared = [classes, effects, exact_limits]
    if "--without-bootstrap" not in arguments:
        compared.append(bootstrap)
    for compare in compared:
        print(row(*compare().cells()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
