"""Regression to the mean: the change to expect of a group that was selected by its intake."""

from __future__ import annotations

import math
from typing import Literal, SupportsFloat, SupportsIndex

from scipy import special

from fit_metrics._options import (
    Direction,
    check_choice,
    check_reliability,
    direction_sign,
    exact_integer,
    finite_number,
    non_negative,
)
from fit_metrics.results import ExpectedRegression

Selected = Literal["below", "above"]


def regression_to_the_mean(
    mean: SupportsFloat,
    sd: SupportsFloat,
    reliability: SupportsFloat,
    *,
    cutoff: SupportsFloat,
    selected: Selected,
    n_intake: SupportsIndex = 1,
    direction: Direction = "higher_is_better",
) -> ExpectedRegression:
    r"""Give the change without any treatment of those whose intake lies beyond a cut-off.

    Parameters
    ----------
    mean, sd : float
        Mean and SD of single scores in the population that the group was selected from.
    reliability : float
        Correlation of two scores of the same person there without treatment, in (0, 1]: of the
        test and retest, over a time like that between first and last form.
    cutoff : float
        Intake score at which selection starts, in score units.
    selected : {"below", "above"}
        On which side of it the selected lie.
    n_intake : int
        Of how many scores the intake is the mean, 1 or more.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the result: positive is a change for the better.

    Returns
    -------
    ExpectedRegression
        0 where sd is 0 or reliability 1.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    For normal scores with :math:`\sigma_b^2 = r\sigma^2`, :math:`\sigma_w^2 = (1-r)\sigma^2`, an
    intake of m scores has the variance :math:`\tau^2 = \sigma_b^2 + \sigma_w^2/m`, and the change
    is :math:`(\sigma_w^2/m)/\tau \cdot \varphi(z)/\{1-\Phi(z)\}`, z being the distance of the
    cut-off from the mean in units of τ, positive away from the mean on the selected side. The
    ratio is formed from logarithms, so that no cut-off is too far out.

    References
    ----------
    .. [1] Davis, C. E. (1976). The effect of regression to the mean in epidemiologic and clinical
       studies. American Journal of Epidemiology, 104(5), 493-498.

    Examples
    --------
    >>> result = regression_to_the_mean(24, 8, 0.75, cutoff=25, selected="below")
    >>> round(result.expected_change, 2), round(result.expected_intake, 2)
    (1.44, 18.24)
    """
    check_choice("selected", selected, Selected)
    sign = direction_sign(direction)
    centre, limit = finite_number("mean", mean), finite_number("cutoff", cutoff)
    spread, share = non_negative("sd", sd), check_reliability(reliability)
    size = exact_integer("n_intake", n_intake, minimum=1)
    side = -1.0 if selected == "below" else 1.0
    of_error = (1.0 - share) / size
    tau = spread * math.sqrt(share + of_error)
    if tau == 0.0:
        return ExpectedRegression(
            expected_change=0.0, expected_intake=centre, method="davis_truncated_normal"
        )
    z = side * (limit - centre) / tau
    log_density = -0.5 * z * z - 0.5 * math.log(2.0 * math.pi)
    ratio = math.exp(log_density - float(special.log_ndtr(-z)))
    return ExpectedRegression(
        expected_change=-sign * side * of_error * spread * spread / tau * ratio + 0.0,
        expected_intake=centre + side * tau * ratio,
        method="davis_truncated_normal",
    )


def regression_to_the_mean_of_group(
    mean_intake: SupportsFloat,
    mean: SupportsFloat,
    reliability: SupportsFloat,
    *,
    n_intake: SupportsIndex = 1,
    direction: Direction = "higher_is_better",
) -> ExpectedRegression:
    r"""Give the change without any treatment of a group with this mean intake.

    Parameters
    ----------
    mean_intake : float
        Observed mean intake of the group, in score units.
    mean, reliability, n_intake, direction
        As in :func:`regression_to_the_mean`.

    Returns
    -------
    ExpectedRegression
        For a group selected by its intake in whatever way; 0 at reliability 1.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With :math:`r_m = r/\{r + (1-r)/m\}` the reliability of a mean of m scores, the change is
    :math:`(1 - r_m)(\mu - \bar x)` (Kelley's formula): exact where the regression of the true on
    the observed score is a line, as it is for normal scores. It is no use for a group selected by
    something else (a service for the young): such a group has a mean of its own.

    References
    ----------
    .. [1] Davis (1976), as in :func:`regression_to_the_mean`.

    Examples
    --------
    >>> regression_to_the_mean_of_group(18.0, 24.0, 0.75).expected_change
    1.5
    """
    sign, share = direction_sign(direction), check_reliability(reliability)
    observed, centre = finite_number("mean_intake", mean_intake), finite_number("mean", mean)
    size = exact_integer("n_intake", n_intake, minimum=1)
    of_error = (1.0 - share) / size
    return ExpectedRegression(
        expected_change=sign * of_error / (share + of_error) * (centre - observed) + 0.0,
        expected_intake=observed,
        method="kelley_regression",
    )
