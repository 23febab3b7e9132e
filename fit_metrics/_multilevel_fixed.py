"""Coefficients of a multilevel model, with Satterthwaite's degrees of freedom."""

from __future__ import annotations

import numpy as np
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_fit import Optimum, hessian, steps_for
from fit_metrics._multilevel_likelihood import Likelihood
from fit_metrics._multilevel_records import FixedEffects
from fit_metrics._multilevel_rows import Design


def fixed_effects(
    model: Likelihood, optimum: Optimum, design: Design, sizes: FloatArray, level: float
) -> FixedEffects:
    """Give the coefficients of the covariates as they came, with t intervals."""
    point = optimum.point
    estimate = design.start + design.back @ point.beta
    covariance = point.variance * design.back @ point.covariance @ design.back.T
    error = np.sqrt(covariance.diagonal())
    df = satterthwaite(model, optimum, design.back, sizes)
    half = -special.stdtrit(df, (1.0 - level) / 2.0) * error
    return FixedEffects(
        estimate=estimate,
        standard_error=error,
        df=df,
        ci_low=estimate - half,
        ci_high=estimate + half,
        covariance=covariance,
    )


def satterthwaite(
    model: Likelihood, optimum: Optimum, contrasts: FloatArray, sizes: FloatArray
) -> FloatArray:
    """Give degrees of freedom 2 V² / Var(V) of each row of `contrasts`.

    V is the variance of the contrast. Its own variance is carried over from theta and the residual
    variance, whose covariance is twice the inverse of the deviance's second derivatives.
    """
    at = np.append(optimum.theta, np.log(optimum.point.variance))
    steps = np.append(steps_for(optimum.theta, sizes), 2e-3)

    def gradient(numbers: FloatArray) -> FloatArray:
        point = model.evaluate(numbers[:-1], float(np.exp(numbers[-1])))
        return np.append(point.gradient, point.by_log_variance)

    def variances(theta: FloatArray) -> FloatArray:
        covariance = model.evaluate(theta).covariance
        return np.asarray(np.einsum("kp,pr,kr->k", contrasts, covariance, contrasts))

    units = steps
    curvature = hessian(gradient, at, steps) * np.outer(units, units)
    values, vectors = np.linalg.eigh(curvature)
    # At the boundary the deviance can be flat; what is flat moves the variance by nothing either.
    curved = values > 1e-10 * values.max()
    own = variances(optimum.theta)
    slopes = [own]
    for k, step in enumerate(steps[:-1]):
        moved = np.zeros_like(optimum.theta)
        moved[k] = step
        near = variances(optimum.theta + moved) - variances(optimum.theta - moved)
        far = variances(optimum.theta + 2.0 * moved) - variances(optimum.theta - 2.0 * moved)
        slopes.insert(k, (8.0 * near - far) / 12.0)
    slopes[-1] = own * steps[-1]
    turned = vectors.T @ np.array(slopes)
    of_variance = 2.0 * (turned[curved] ** 2 / values[curved, None]).sum(axis=0)
    return np.asarray(2.0 * own**2 / of_variance)
