"""Random streams by name, so that a change in one part of the city leaves the others as they are."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Streams:
    """The source of all chance in one city.

    Attributes
    ----------
    seed : int
        Seed of the city, not negative.
    block : int
        Number of the block of episodes; what belongs to the whole city draws from block 0.
    part : str
        Keeps the streams of another pass through the same code apart; empty for the first one.
    """

    seed: int
    block: int = 0
    part: str = ""

    def named(self, name: str) -> np.random.Generator:
        """Return a fresh generator that depends on the seed, the block, the part and `name` alone.

        No generator is shared between parts or blocks, so it does not matter in which order, in
        which process or next to which other blocks a block is drawn.
        """
        path = f"{self.part}/{name}" if self.part else name
        entropy = [zlib.crc32(path.encode("utf-8")), self.block, self.seed]
        return np.random.default_rng(np.random.SeedSequence(entropy))


def draw(rng: np.random.Generator, shares: list[float], size: int) -> Ints:
    """Return `size` indices into `shares`, each drawn with its share as probability."""
    cumulative = np.cumsum(np.asarray(shares, dtype=np.float64))
    uniform = rng.random(size)
    drawn = np.zeros(size, dtype=np.int8)
    # There are few shares, so that comparing with each is quicker than searching.
    for bound in cumulative[:-1] / cumulative[-1]:
        drawn += uniform >= bound
    return drawn.astype(np.int64)


def uniform_days(rng: np.random.Generator, bounds: list[int], size: int) -> Ints:
    """Return `size` whole numbers of days, uniform on `bounds` with both ends included."""
    return rng.integers(bounds[0], bounds[1], size, endpoint=True, dtype=np.int64)
