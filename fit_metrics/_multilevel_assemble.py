"""From a likelihood to the record of a fitted model."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fit_metrics import _multilevel_profile as profile
from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_blocks import Blocks
from fit_metrics._multilevel_fit import Optimum, best, natural_sizes
from fit_metrics._multilevel_fixed import fixed_effects
from fit_metrics._multilevel_nested import Nested
from fit_metrics._multilevel_predictions import Prediction, effects_at, predictions
from fit_metrics._multilevel_records import MixedModel, RandomTerm
from fit_metrics._multilevel_rows import Design, Labels
from fit_metrics._multilevel_terms import Effects
from fit_metrics._options import normal_quantile
from fit_metrics.results import Estimate


class Level(NamedTuple):
    """A random term's name and its groups."""

    name: str
    labels: Labels
    parents: Labels | None
    n: NDArray[np.int64]
    at: FloatArray
    """Covariates (with the intercept first) at which the shrunken estimates are given."""


class Request(NamedTuple):
    """What the caller asked for."""

    method: str
    level: float
    n: int
    n_missing: int | None


def upright_factor(turn: FloatArray, factor: FloatArray) -> FloatArray:
    """Give theta of the effects `turn` @ effects: the product made a lower triangle again."""
    product = turn @ factor
    length = math.hypot(product[0, 0], product[0, 1])
    if length == 0.0:
        return np.array([0.0, 0.0, math.hypot(product[1, 0], product[1, 1])])
    c, s = product[0, 0] / length, product[0, 1] / length
    below = c * product[1, 0] + s * product[1, 1]
    return np.array([length, below, abs(c * product[1, 1] - s * product[1, 0])])


def fit(
    model: Blocks | Nested, design: Design, levels: list[Level], request: Request, turn: FloatArray
) -> MixedModel:
    """Fit the model; `turn` leads from the effects it was built with to those of the levels."""
    optimum = best(model)
    fixed = fixed_effects(model, optimum, design, natural_sizes(model), request.level)
    theta = optimum.theta
    if isinstance(model, Blocks) and model.effects == 2:
        theta = upright_factor(turn, model.factor(theta))
        model = model.rebased(turn)
        optimum = Optimum(theta, model.evaluate(theta), optimum.gain_left, optimum.converged)
    point = optimum.point
    sigma = math.sqrt(point.variance)
    ats = [level.at for level in levels]
    predicted = predictions(model, design, ats, optimum, natural_sizes(model))
    terms = tuple(
        _term(model, optimum, effects, prediction, k, levels[k], request)
        for k, (effects, prediction) in enumerate(
            zip(effects_at(model, theta), predicted, strict=True)
        )
    )
    low, high = profile.residual_limits(model, theta, point.variance, request.level)
    return MixedModel(
        fixed=fixed,
        terms=terms,
        residual_variance=_estimate(
            point.variance, (low**2, high**2), request, "residual_variance_profile", model.n
        ),
        correlation=_correlation(model, theta, request, len(levels[0].n)),
        sigma=sigma,
        theta=theta,
        log_likelihood=-point.deviance / 2.0,
        converged=optimum.converged,
        gain_left=optimum.gain_left,
        ci_level=request.level,
        n=request.n,
        n_missing=request.n_missing,
        method=request.method,
    )


def _estimate(
    value: float, limits: tuple[float, float], request: Request, method: str, n: int
) -> Estimate:
    return Estimate(
        estimate=value,
        ci_low=limits[0],
        ci_high=limits[1],
        ci_level=request.level,
        n=n,
        n_missing=request.n_missing,
        method=method,
    )


def _correlation(
    model: Blocks | Nested, theta: FloatArray, request: Request, groups: int
) -> Estimate | None:
    if not isinstance(model, Blocks) or model.effects == 1:
        return None
    slope = math.hypot(theta[1], theta[2])
    if theta[0] == 0.0 or slope == 0.0:
        nothing = (math.nan, math.nan)
        return _estimate(math.nan, nothing, request, "correlation_profile", groups)
    limits = profile.correlation_limits(model, theta, request.level)
    return _estimate(float(theta[1]) / slope, limits, request, "correlation_profile", groups)


def _term(
    model: Blocks | Nested,
    optimum: Optimum,
    effects: Effects,
    prediction: Prediction,
    k: int,
    level: Level,
    request: Request,
) -> RandomTerm:
    point, theta = optimum.point, optimum.theta
    limits, icc_limits, icc_method = _limits(model, optimum, k, request.level)
    of_model = float(theta @ theta) if isinstance(model, Nested) else float(theta[0] ** 2)
    share = effects.variance / (point.variance * (1.0 + of_model))
    estimate, error = prediction.estimate, np.sqrt(prediction.variance)
    half = normal_quantile(request.level) * error
    groups = len(level.n)
    return RandomTerm(
        name=level.name,
        labels=level.labels,
        parents=level.parents,
        n=level.n,
        effect=effects.effect,
        conditional_variance=effects.conditional_variance,
        estimate=estimate,
        standard_error=error,
        ci_low=estimate - half,
        ci_high=estimate + half,
        reliability=_reliability(effects),
        variance=_estimate(
            effects.variance,
            (limits[0] ** 2, limits[1] ** 2),
            request,
            f"{level.name}_variance_profile",
            groups,
        ),
        icc=None
        if level.name == "slope"
        else _estimate(share, icc_limits, request, icc_method, groups),
    )


def _reliability(effects: Effects) -> FloatArray:
    if effects.variance == 0.0:
        return np.zeros_like(effects.effect)
    return np.clip(1.0 - effects.conditional_variance / effects.variance, 0.0, 1.0)


def _limits(
    model: Blocks | Nested, optimum: Optimum, k: int, level: float
) -> tuple[tuple[float, float], tuple[float, float], str]:
    theta, variance = optimum.theta, optimum.point.variance
    if isinstance(model, Nested):
        return (
            profile.deviation_limits(model, theta, variance, k, level),
            profile.share_limits(model, theta, k, level),
            "icc_profile",
        )
    if model.effects == 1:
        of_variance = profile.deviation_limits(model, theta, variance, 0, level)
        return of_variance, profile.exact_share_limits(model, level), "icc_exact_f"
    if k == 0:
        return (
            profile.deviation_limits(model, theta, variance, 0, level),
            profile.share_limits(model, theta, 0, level),
            "icc_profile",
        )
    # With the slope first its standard deviation is a diagonal entry too.
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    turned = upright_factor(swap, model.factor(theta))
    of_slope = profile.deviation_limits(model.rebased(swap), turned, variance, 0, level)
    return of_slope, (math.nan, math.nan), "none"
