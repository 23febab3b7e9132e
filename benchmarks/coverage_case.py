"""One case of a coverage study: what is drawn, what is promised, and how often it held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """A simulated setting of one method.

    Attributes
    ----------
    name : str
        The setting in short.
    method : str
        Code of the estimator and its interval.
    domain : str
        Where the promise holds.
    nominal : str
        What the method promises there.
    run : callable
        Takes a generator and a number of replications, gives (covered, replications).
    """

    name: str
    method: str
    domain: str
    nominal: str
    run: Callable[[np.random.Generator, int], tuple[int, int]]
