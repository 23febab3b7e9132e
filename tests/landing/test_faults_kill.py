"""Killed at any moment: the store is whole, and the next landing ends where it would have."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fit_warehouse.demo import make_city
from fit_warehouse.landing import ledger
from fit_warehouse.landing.export import export
from tests.landing import killing

if TYPE_CHECKING:
    from tests.landing.conftest import Site

N_KILLS = 10
N_AT_ONE_HOME = 5  # one landing after the other is killed before one may end


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several files of several tables."""
    folder = tmp_path_factory.mktemp("city") / "landing"
    make_city(folder, forms=20_000)
    return folder


@pytest.mark.slow
def test_whenever_it_is_killed_the_next_landing_ends_where_it_would_have(
    new_site: Callable[..., Site], delivery: Path, key_file: Path
) -> None:
    whole = new_site().home
    seconds = killing.finish(whole.path, delivery, key_file)
    wanted = export(whole), killing.account(whole), killing.contents(whole.raw)
    moments = random.Random(1)
    n_stopped = 0
    while n_stopped < N_KILLS:
        home = new_site().home
        for _ in range(N_AT_ONE_HOME):
            moment = moments.uniform(0, seconds)
            if not killing.kill_after(moment, home.path, delivery, key_file):
                break  # it had ended before
            n_stopped += 1
            # What counts as landed is whole at every moment.
            for entry in ledger.landed(home):
                path = home.raw / entry.table_name / f"{entry.file_id}.parquet"
                kept = entry.rows_delivered - entry.rows_quarantined
                assert pl.scan_parquet(path, glob=False).select(pl.len()).collect().item() == kept
        killing.finish(home.path, delivery, key_file)
        assert (export(home), killing.account(home), killing.contents(home.raw)) == wanted
        leftovers = [path for path in home.path.rglob("*.tmp") if path.is_file()]
        assert leftovers == []
