"""Distributions that a factor of a probabilistic analysis may be stated to have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._options import finite_number

PERT_SHAPE = 4.0
_NO_SHARE = 1e-90


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """A share, 0 to 1, as if `alpha` successes and `beta` failures had been seen.

    Attributes
    ----------
    alpha, beta : float
        Both above 0.

    Raises
    ------
    ValueError
        A parameter breaks its rule.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        _above_zero("alpha", self.alpha)
        _above_zero("beta", self.beta)

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.alpha / (self.alpha + self.beta)

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        return rng.beta(self.alpha, self.beta, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gamma:
    """A cost, above 0 and skewed to the right, of mean ``shape * scale``.

    Attributes
    ----------
    shape, scale : float
        Both above 0; `scale` in the unit of the cost.

    Raises
    ------
    ValueError
        A parameter breaks its rule.
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        _above_zero("shape", self.shape)
        _above_zero("scale", self.scale)

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.shape * self.scale

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        return rng.gamma(self.shape, self.scale, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Any value between two ends, none likelier than another.

    Attributes
    ----------
    low, high : float
        Ends, not falling.

    Raises
    ------
    ValueError
        A parameter breaks its rule.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        _rising(low=self.low, high=self.high)

    @property
    def mean(self) -> float:
        """Expected value."""
        return (self.low + self.high) / 2.0

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        return rng.uniform(self.low, self.high, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangular:
    """Between two ends, falling evenly from the likeliest value to both.

    Attributes
    ----------
    low, mode, high : float
        Ends and likeliest value, not falling.

    Raises
    ------
    ValueError
        A parameter breaks its rule.
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        _rising(low=self.low, mode=self.mode, high=self.high)

    @property
    def mean(self) -> float:
        """Expected value."""
        return (self.low + self.mode + self.high) / 3.0

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        if self.low == self.high:
            return np.full(size, float(self.low))
        return rng.triangular(self.low, self.mode, self.high, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pert:
    """Between two ends, gathered about the likeliest value: a beta of mean (low + 4 mode + high)/6.

    Attributes
    ----------
    low, mode, high : float
        Ends and likeliest value, not falling.

    Raises
    ------
    ValueError
        A parameter breaks its rule.
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        _rising(low=self.low, mode=self.mode, high=self.high)

    @property
    def mean(self) -> float:
        """Expected value."""
        return (self.low + PERT_SHAPE * self.mode + self.high) / (PERT_SHAPE + 2.0)

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        width = self.high - self.low
        if width == 0:
            return np.full(size, float(self.low))
        return self.low + width * rng.beta(*self._shapes(), size)

    def quantile(self, shares: ArrayLike) -> FloatArray:
        """Give the values below which these shares of the distribution lie, in the shares' shape.

        Factors that one judgement moves together are read at the same shares.

        Raises
        ------
        ValueError
            A share is missing, below 0 or above 1.
        """
        at = np.asarray(shares, dtype=np.float64)
        if not ((at >= 0.0) & (at <= 1.0)).all():
            raise ValueError("shares has a value that is missing or not between 0 and 1")
        width = self.high - self.low
        if width == 0:
            return np.full(at.shape, float(self.low))
        # SciPy has no number for a share so near to 0, whose value is the end to the last digit.
        at = np.where(at < _NO_SHARE, 0.0, at)
        return np.asarray(self.low + width * special.betaincinv(*self._shapes(), at))

    def _shapes(self) -> tuple[float, float]:
        alpha = 1.0 + PERT_SHAPE * (self.mode - self.low) / (self.high - self.low)
        return alpha, PERT_SHAPE + 2.0 - alpha


Distribution = Beta | Gamma | Uniform | Triangular | Pert


def _above_zero(name: str, value: float) -> None:
    if finite_number(name, value) <= 0.0:
        raise ValueError(f"{name} is {value!r}: it must be above 0")


def _rising(**values: float) -> None:
    numbers = [finite_number(name, value) for name, value in values.items()]
    if numbers != sorted(numbers):
        told = ", ".join(f"{name} {value!r}" for name, value in values.items())
        raise ValueError(f"{told}: they must not fall from one to the next")
