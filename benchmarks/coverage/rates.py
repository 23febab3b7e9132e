"""Coverage of intervals of shares and their differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from benchmarks.coverage_case import Case
from fit_metrics import rates
from fit_metrics.results import Estimate

NEAR = "93 to 97 %"
SHARES = (0.1, 0.9)


def cases() -> list[Case]:
    """Give the cases of `fit_metrics.rates`."""
    wide = "shares drawn evenly from 0.1 to 0.9"
    return [
        *(
            Case(
                f"clopper_pearson_{n}",
                "rates.clopper_pearson",
                f"n = {n}, the share with the least coverage of all",
                "at least 95 %",
                _least_of_clopper_pearson(n),
                is_enumerated=True,
            )
            for n in (5, 20, 50, 200)
        ),
        *(
            Case(f"{method}_{n}", f"rates.{method}", f"n = {n}, {wide}", NEAR, _single(method, n))
            for method in ("wilson", "jeffreys")
            for n in (20, 50, 200)
        ),
        *(
            Case(
                f"share_difference_{n}_{other}",
                "rates.share_difference",
                f"n = {n} and {other}, both {wide}",
                NEAR,
                _difference(n, other),
            )
            for n, other in ((20, 20), (25, 60), (100, 100))
        ),
        *(
            Case(
                f"paired_share_difference_{n}",
                "rates.paired_share_difference",
                f"n = {n} persons, cells 0.35, 0.2, 0.1, 0.35",
                NEAR,
                _paired(n),
            )
            for n in (20, 50, 100)
        ),
    ]


def _least_of_clopper_pearson(n: int) -> Callable[[np.random.Generator, int], tuple[int, int]]:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        counts = np.arange(n + 1)
        limits = rates.share_intervals(counts, n, method="clopper_pearson")
        # Coverage falls by a jump just outside a limit, so its least lies next to one.
        edges = np.concatenate([limits.ci_low, limits.ci_high])
        shares = np.clip(np.concatenate([edges - 1e-10, edges + 1e-10]), 0.0, 1.0)
        covers = (limits.ci_low[:, None] <= shares) & (shares <= limits.ci_high[:, None])
        least = (stats.binom.pmf(counts[:, None], n, shares) * covers).sum(axis=0).min()
        return int(np.floor(least * replications)), replications

    return run


def _single(method: str, n: int) -> Callable[[np.random.Generator, int], tuple[int, int]]:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        shares = rng.uniform(*SHARES, replications)
        limits = rates.share_intervals(rng.binomial(n, shares), n, method=method)
        return int(((limits.ci_low <= shares) & (shares <= limits.ci_high)).sum()), replications

    return run


def _difference(n: int, other: int) -> Callable[[np.random.Generator, int], tuple[int, int]]:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        shares = rng.uniform(*SHARES, (2, replications))
        draws = np.column_stack([rng.binomial(n, shares[0]), rng.binomial(other, shares[1])])
        return _covered(
            draws, lambda x, y: rates.share_difference(x, n, y, other), shares[0] - shares[1]
        )

    return run


def _paired(n: int) -> Callable[[np.random.Generator, int], tuple[int, int]]:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        draws = rng.multinomial(n, [0.35, 0.2, 0.1, 0.35], size=replications)
        return _covered(draws, rates.paired_share_difference, np.full(replications, 0.1))

    return run


def _covered(
    draws: np.ndarray, interval: Callable[..., Estimate], truth: np.ndarray
) -> tuple[int, int]:
    """Count the draws whose interval holds the truth; each distinct draw is computed once."""
    distinct, which = np.unique(draws, axis=0, return_inverse=True)
    results = [interval(*row) for row in distinct.tolist()]
    low = np.array([result.ci_low for result in results])[which]
    high = np.array([result.ci_high for result in results])[which]
    return int(((low <= truth) & (truth <= high)).sum()), len(draws)
