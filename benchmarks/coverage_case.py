"""One row of the table of coverage: a method on a stated domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """A method, where it is tried, what it promises there, and how to try it.

    Attributes
    ----------
    name, method, domain, nominal : str
        Name of the row, function with its options, the domain, and the nominal property.
    run : callable
        Takes a generator and a number of replications; gives how many intervals covered, and of
        how many.
    """

    name: str
    method: str
    domain: str
    nominal: str
    run: Callable[[np.random.Generator, int], tuple[int, int]]
