"""One row of the table of coverage: a method on a stated domain."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fit_metrics.results import Estimate

_NUMBER = r"(\d+(?:\.\d+)?)"
_BETWEEN = re.compile(rf"{_NUMBER} ?(?:to|-|–) ?{_NUMBER} %")
_AT_LEAST = re.compile(rf"(?:at least|>=|≥) {_NUMBER} ?%")
_SINGLE = re.compile(rf"{_NUMBER} ?%")
_EITHER_SIDE = 2.0  # percentage points: what an approximate interval is allowed


@dataclass(frozen=True)
class Case:
    """A method, where it is tried, what it promises there, and how to try it.

    Attributes
    ----------
    name, method, domain, nominal : str
        Name of the row, function with its options, the domain, and the nominal property; name and
        method together are the row's key. The property is read by `bounds`.
    run : callable
        Takes a generator and a number of replications; gives how many intervals covered, and of
        how many.
    instead : str
        What to use where the property does not hold, as a sentence.
    replications : int, optional
        The most that are worth their time, where that is fewer than the table's.
    is_enumerated : bool
        Whether `run` adds up probabilities and draws nothing.
    """

    name: str
    method: str
    domain: str
    nominal: str
    run: Callable[[np.random.Generator, int], tuple[int, int]]
    instead: str = ""
    replications: int | None = None
    is_enumerated: bool = False

    def bounds(self) -> tuple[float, float] | None:
        """Give the least and the largest share that `nominal` allows, None where it promises none.

        "A to B %" is these two; "at least A %" is A to 100 %; "A %" with the word exact is A
        itself, and without it two percentage points to either side; "none" and "shown" at the
        start promise nothing.

        Raises
        ------
        ValueError
            Where `nominal` has none of these forms.
        """
        if self.nominal.startswith(("none", "shown")):
            return None
        if found := _BETWEEN.search(self.nominal):
            return float(found[1]) / 100.0, float(found[2]) / 100.0
        if found := _AT_LEAST.search(self.nominal):
            return float(found[1]) / 100.0, 1.0
        found = _SINGLE.search(self.nominal)
        if found is None:
            raise ValueError(
                f"nominal is {self.nominal!r} in {self.name!r}: it must say 'A to B %', "
                "'at least A %', 'A %, exact' or 'none'"
            )
        value = float(found[1])
        width = 0.0 if "exact" in self.nominal else _EITHER_SIDE
        return (value - width) / 100.0, min(value + width, 100.0) / 100.0


def seed_of(module: str, case: Case) -> int:
    """Give the seed of a case, which no other case moves: a hash of its key."""
    key = f"{module}|{case.method}|{case.name}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")


def trials(
    interval: Callable[[np.random.Generator], Estimate], truth: float
) -> Callable[[np.random.Generator, int], tuple[int, int]]:
    """Give the `run` of a case that makes one interval at a time."""

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        covered = 0
        for _ in range(replications):
            found = interval(rng)
            covered += bool(found.ci_low <= truth <= found.ci_high)
        return covered, replications

    return run
