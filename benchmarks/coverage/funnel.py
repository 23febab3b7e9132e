"""How often chance alone puts a unit outside a funnel's limits."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics.funnel import limits, overdispersion, z_scores

_SIZES = np.array([12, 20, 25, 31, 40, 55, 64, 80, 97, 120, 180, 260])
_MANY = np.resize(_SIZES, 60)
_LEAST_VARIANCE = 5.0  # of a count: from here on the normal limits of shares are tried


def cases() -> list[Case]:
    """Give the cases: exact and smooth limits of shares, limits of skewed means, overdispersion."""
    found = []
    for level, near in ((0.95, "93 to 97 %"), (0.998, "99.6 to 99.9 %")):
        for share in (0.1, 0.5, 0.85):
            for method in ("exact", "interpolated", "normal"):
                found.append(
                    Case(
                        f"share {share}, all units, inside {level}",
                        f'funnel.limits(method="{method}")',
                        f"units of 12 to 260 persons, share {share}, inside {level:.1%}",
                        f"at least {level:.1%}".replace("%", " %") if method == "exact" else "none",
                        partial(_share, share, method, level, _SIZES),
                        instead='The default, `method="exact"`.',
                    )
                )
            large = _SIZES[_SIZES * share * (1.0 - share) >= _LEAST_VARIANCE]
            found.append(
                Case(
                    f"share {share}, large units, inside {level}",
                    'funnel.limits(method="normal")',
                    f"units of {large.min()} to 260 persons, share {share}, inside {level:.1%}",
                    near,
                    partial(_share, share, "normal", level, large),
                    instead='The default, `method="exact"`.',
                )
            )
        found.append(
            Case(
                f"mean of scores with a ceiling, units of 12 to 260, inside {level}",
                'funnel.limits(kind="mean")',
                f"units of 12 to 260 persons, scores with a ceiling, inside {level:.1%}",
                near,
                partial(_mean, level),
            )
        )
    for tau in (0.0, 1.0):
        for winsorise in (0.0, 0.1):
            found.append(
                Case(
                    f"60 units, tau {tau}, winsorised {winsorise}: inside 0.95 widened by tau2",
                    f"funnel.overdispersion(winsorise={winsorise})",
                    f"60 units of 12 to 260 persons, tau {tau}, SD 8, inside 95 % widened by tau2",
                    "93 to 97 %" if winsorise == 0.0 else "none",
                    partial(_widened, tau, winsorise),
                    instead="`winsorise=0` where tau2 itself is wanted.",
                )
            )
    return found


def _share(
    share: float,
    method: str,
    level: float,
    sizes: np.ndarray,
    rng: np.random.Generator,
    replications: int,
) -> tuple[int, int]:
    found = limits(sizes, kind="proportion", centre=share, method=method, levels=[level])
    shares = rng.binomial(sizes, share, (replications, sizes.size)) / sizes
    inside = (shares >= found.ci_low[0]) & (shares <= found.ci_high[0])
    return int(inside.sum()), inside.size


def _mean(level: float, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    large = _scores(np.random.default_rng(1), (2_000_000,))
    centre, sd = float(large.mean()), float(large.std())
    found = limits(_SIZES, kind="mean", centre=centre, sd=sd, levels=[level])
    inside = 0
    for i, n in enumerate(_SIZES):
        means = _scores(rng, (replications, int(n))).mean(axis=1)
        inside += int(((means >= found.ci_low[0, i]) & (means <= found.ci_high[0, i])).sum())
    return inside, replications * _SIZES.size


def _scores(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.minimum(26.0 + 9.0 * rng.standard_normal(shape), 40.0)


def _widened(
    tau: float, winsorise: float, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    inside = 0
    for _ in range(replications):
        spread = np.sqrt(tau**2 + 64.0 / _MANY)
        values = 5.0 + spread * rng.standard_normal(_MANY.size)
        scores = z_scores(values, _MANY, kind="mean", centre=5.0, sd=8.0)
        tau2 = overdispersion(scores.z, scores.standard_error, winsorise=winsorise).tau2
        found = limits(_MANY, kind="mean", centre=5.0, sd=8.0, levels=[0.95], tau2=tau2)
        inside += int(((values >= found.ci_low[0]) & (values <= found.ci_high[0])).sum())
    return inside, replications * _MANY.size
