"""What is erased from the quarantine is counted no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from fit_warehouse.erase.erase import Erasure
from fit_warehouse.landing import resolve

if TYPE_CHECKING:
    from tests.landing.conftest import Site


def test_an_erased_row_is_counted_no_more(families: Site, erase: Callable[..., Erasure]) -> None:
    path = families.home.quarantined
    assert pl.read_parquet(path, glob=False)["n_rows"].to_list() == [2]
    erase(families, "C-1")
    assert not path.exists()
    with families.home.locked():
        resolve.ensure(families.settings, families.home)
    assert pl.read_parquet(path, glob=False)["n_rows"].to_list() == [1]
