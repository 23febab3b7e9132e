"""Coverage of intraclass correlations and limits of agreement."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import stats

from benchmarks.coverage_case import Case, trials
from fit_metrics import agreement
from fit_metrics.results import Estimate

NEAR = "93 to 97 %"
Run = Callable[[np.random.Generator, int], tuple[int, int]]


def cases() -> list[Case]:
    """Give the cases of `fit_metrics.agreement`."""
    normal = "normal scores"
    return [
        *(
            Case(
                f"icc_C1_{n}_{k}",
                'agreement.icc(model="C1")',
                f"n = {n} persons, {k} raters, {normal}, ICC 0.6",
                "95 %, exact",
                _icc("C1", n, k, rater_sd=1.0),
            )
            for n, k in ((20, 2), (50, 3))
        ),
        *(
            Case(
                f"icc_A1_{n}_{k}_{rater_sd}",
                'agreement.icc(model="A1")',
                f"n = {n} persons, {k} random raters of SD {rater_sd}, {normal}, persons of SD 1",
                NEAR if rater_sd < 0.5 else "none",
                _icc("A1", n, k, rater_sd=rater_sd),
                instead="More raters; with a handful of unlike ones no interval here does.",
            )
            for n, k in ((20, 2), (50, 4))
            for rater_sd in (0.2, 1.0)
        ),
        *(
            Case(
                f"bland_altman_{ci}_{n}",
                f'agreement.bland_altman(ci="{ci}"), upper limit',
                f"n = {n} pairs, normal differences",
                "95 %, exact" if ci == "exact" else NEAR,
                _limits(ci, n),
            )
            for ci in ("exact", "approximate")
            for n in (20, 100)
        ),
        *(
            Case(
                f"bland_altman_{what}_{n}",
                f"agreement.bland_altman, {what}",
                f"n = {n} pairs, {normal}",
                "95 %, exact",
                trials(partial(_pairs, what, n), 0.0),
            )
            for what in ("bias", "slope")
            for n in (5, 20)
        ),
    ]


def _icc(model: str, n: int, k: int, *, rater_sd: float) -> Run:
    error_sd = np.sqrt(2.0 / 3.0)
    rest = error_sd**2 + (rater_sd**2 if model == "A1" else 0.0)
    truth = 1.0 / (1.0 + rest)

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        covered = 0
        for _ in range(replications):
            raters = rater_sd * rng.normal(size=k)
            scores = rng.normal(size=(n, 1)) + raters + error_sd * rng.normal(size=(n, k))
            result = agreement.icc(scores, model=model)
            covered += result.ci_low <= truth <= result.ci_high
        return covered, replications

    return run


def _limits(ci: str, n: int) -> Run:
    truth = float(stats.norm.ppf(0.975))

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        covered = 0
        for differences in rng.normal(size=(replications, n)):
            result = agreement.bland_altman(differences, np.zeros(n), ci=ci).upper_limit
            covered += result.ci_low <= truth <= result.ci_high
        return covered, replications

    return run


def _pairs(what: str, n: int, rng: np.random.Generator) -> Estimate:
    first, second = rng.normal(size=n) + 0.5 * rng.normal(size=(2, n))
    found = agreement.bland_altman(first, second)
    return found.bias if what == "bias" else found.slope
