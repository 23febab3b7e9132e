"""Tests of a pre-post d against margins around a benchmark, by the noncentral t."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, SupportsFloat

from scipy import special

from fit_metrics._change_moments import ChangeMoments, one_group
from fit_metrics._noncentral import distribution
from fit_metrics._options import (
    Direction,
    check_choice,
    direction_sign,
    finite_number,
)
from fit_metrics._pre_post import noncentral_t_limits, standardizer_variance
from fit_metrics.results import Estimate

BenchmarkStandardizer = Literal["pre_sd", "change_sd"]
Ratio = Literal["estimated", "one"]
Question = Literal["equivalence", "non_inferiority"]

_LARGEST_T = 20_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """An effect size to compare with, and where it comes from.

    Attributes
    ----------
    name : str
        What it is, for the table it is shown in.
    value : float
        The effect size, positive for the better, in SDs of `standardizer`.
    margin : float
        The largest difference that does not matter, above 0, in the same SDs.
    standardizer : {"pre_sd", "change_sd"}
        What the benchmark's changes were divided by; yours are divided by the same.
    source : str
        Publication and page, or data and period. A benchmark without a source is refused.
    """

    name: str
    value: float
    margin: float
    standardizer: BenchmarkStandardizer
    source: str

    def __post_init__(self) -> None:
        """Refuse what is no benchmark."""
        check_choice("standardizer", self.standardizer, BenchmarkStandardizer)
        finite_number("value", self.value)
        if finite_number("margin", self.margin) <= 0.0:
            raise ValueError(f"margin is {self.margin!r}: it must be above 0")
        for field in ("name", "source"):
            text = getattr(self, field)
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{field} is {text!r}: a benchmark says what it is and whence")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkTest(Estimate):
    """An effect size held against a benchmark.

    Attributes
    ----------
    benchmark : Benchmark
        What it was held against.
    p_value : float
        P-value of the question: `p_lower` for non-inferiority, the larger of both for
        equivalence; ``nan`` where there is no effect size.
    p_lower : float
        Probability of a d this large or larger if the truth were value - margin.
    p_upper : float
        Probability of a d this small or smaller if the truth were value + margin.
    critical_low, critical_high : float
        The d at this n and ratio must lie above the first, for equivalence also below the second.
    is_shown : bool or None
        Whether the question is answered with yes at this alpha. False is no proof of the
        opposite; None where there is no effect size.
    ratio : float
        SD of the changes over the SD that d is measured in, as the test took it.
    """

    benchmark: Benchmark
    p_value: float
    p_lower: float
    p_upper: float
    critical_low: float
    critical_high: float
    is_shown: bool | None
    ratio: float


class Options(NamedTuple):
    """The options that both questions share."""

    benchmark: Benchmark
    question: Question
    ratio: Ratio
    alpha: SupportsFloat
    direction: Direction


def held_against(moments: ChangeMoments, n_missing: int | None, options: Options) -> BenchmarkTest:
    """Give the answer for the pairs that have these moments."""
    sign, alpha, benchmark = _check(options)
    variance = float(standardizer_variance(one_group(moments), benchmark.standardizer)[0])
    d = ratio = math.nan
    if moments.n >= 2 and variance > 0.0:
        d = sign * moments.mean_change / math.sqrt(variance)
        ratio = 1.0
        if options.ratio == "estimated" and benchmark.standardizer == "pre_sd":
            ratio = math.sqrt(moments.var_change / variance)
    low, high = benchmark.value - benchmark.margin, benchmark.value + benchmark.margin
    found = _tails(d, moments.n, ratio, (low, high), alpha)
    both = options.question == "equivalence"
    p_value = max(found.p_lower, found.p_upper) if both else found.p_lower
    return BenchmarkTest(
        estimate=d,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_level=1.0 - 2.0 * alpha,
        n=moments.n,
        n_missing=n_missing,
        method=f"benchmark_{options.question}_noncentral_t_ratio_{options.ratio}",
        benchmark=benchmark,
        p_value=p_value,
        p_lower=found.p_lower,
        p_upper=found.p_upper,
        critical_low=found.critical_low,
        critical_high=found.critical_high,
        is_shown=None if math.isnan(p_value) else p_value <= alpha,
        ratio=ratio,
    )


def _check(options: Options) -> tuple[int, float, Benchmark]:
    check_choice("ratio", options.ratio, Ratio)
    alpha = finite_number("alpha", options.alpha)
    if not 0.0 < alpha < 0.5:
        raise ValueError(f"alpha is {options.alpha!r}: it must lie between 0 and 0.5")
    if not isinstance(options.benchmark, Benchmark):
        raise ValueError(f"benchmark is {options.benchmark!r}: it must be a Benchmark")
    return direction_sign(options.direction), alpha, options.benchmark


class _Tails(NamedTuple):
    p_lower: float
    p_upper: float
    ci_low: float
    ci_high: float
    critical_low: float
    critical_high: float


def _tails(d: float, n: int, ratio: float, ends: tuple[float, float], alpha: float) -> _Tails:
    """Give the p-values against both ends, the limits of d and the d that would just do.

    d √n / ratio has the noncentral t distribution with n - 1 degrees of freedom around its true
    value √n / ratio. All nan where there is no d, no spread, or a t beyond ±20 000.
    """
    scale = math.sqrt(n) / ratio if ratio > 0.0 else math.nan
    if not abs(d * scale) <= _LARGEST_T:
        return _Tails(*[math.nan] * 6)
    df, low, high = n - 1, ends[0] * scale, ends[1] * scale
    limits = noncentral_t_limits(d / ratio, n, 1.0 - 2.0 * alpha)
    return _Tails(
        # The upper tail is the lower one of the mirrored distribution: no digits are lost.
        p_lower=distribution(-d * scale, df, -low),
        p_upper=distribution(d * scale, df, high),
        ci_low=ratio * float(limits[0]),
        ci_high=ratio * float(limits[1]),
        critical_low=-float(special.nctdtrit(df, -low, alpha)) / scale,
        critical_high=float(special.nctdtrit(df, high, alpha)) / scale,
    )
