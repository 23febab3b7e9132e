"""The scripts that the build is measured against make the very rows of the marts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"
COLUMNS = {
    "session": (
        *("session_key", "episode_key", "client_key", "worker_key", "team_code", "service_code"),
        *("session_date", "starts_at", "session_number", "attendance", "channel"),
        *("duration_minutes", "days_since_opening", "prom_instrument", "prom_total"),
        *("prem_instrument", "prem_total", "caretaker_prom_instrument", "caretaker_prom_total"),
    ),
    "episode": (
        *("episode_key", "client_key", "service_code", "team_code", "referred_on", "opened_on"),
        *("closed_on", "ending_code", "n_sessions", "prom_instrument", "prom_respondent"),
        *("n_prom", "prom_intake", "prom_last", "change_class"),
    ),
}
TEAM_KEYS = ("team_code", "service_code", "prom_instrument", "prom_respondent")
SUMS = ("intake", "last", "intake_squared", "last_squared", "product")


def by_hand(peer: str, accepted: Path, folder: Path) -> None:
    """Write the peer's tables as Parquet files."""
    seeds = project.root() / "seeds"
    if peer != "reference":
        program = [sys.executable, PEERS / f"in_{peer}.py", accepted, seeds, folder]
        subprocess.run([str(part) for part in program], check=True)
        return
    with duckdb.connect() as connection:
        script = (PEERS / "reference.sql").read_text(encoding="utf-8")
        connection.execute(script.format(accepted=accepted.as_posix(), seeds=seeds.as_posix()))
        for table in (*COLUMNS, "team_quarter"):
            connection.execute(f"copy {table} to '{(folder / table).as_posix()}.parquet'")


@pytest.mark.parametrize("peer", ["reference", "polars", "pandas"])
def test_peer_makes_the_rows_of_the_marts(peer: str, built_city: BuiltCity, tmp_path: Path) -> None:
    by_hand(peer, built_city.home.accepted, tmp_path)
    with duckdb.connect(str(built_city.database), read_only=True) as connection:
        for table, columns in COLUMNS.items():
            mart = connection.table(f"marts.fct_{table}").select(*columns)
            # Scores are floating point in pandas, and days are times: as the mart has them.
            types = zip(columns, mart.types, strict=True)
            cast = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in types)
            own = connection.read_parquet(f"{tmp_path}/{table}.parquet").project(cast)
            assert len(mart) > 100
            assert mart.except_(own).fetchall() == []
            assert own.except_(mart).fetchall() == []
            assert len(own) == len(mart)


@pytest.mark.parametrize("peer", ["reference", "polars", "pandas"])
def test_peer_makes_the_sums_of_the_mart(peer: str, built_city: BuiltCity, tmp_path: Path) -> None:
    by_hand(peer, built_city.home.accepted, tmp_path)
    sums = ", ".join(
        # The mart counts in tenths of a point.
        f"cast(round(coalesce(sum(sum_{name}), 0) * "
        f"{{{'square' if name not in ('intake', 'last') else 'unit'}}}) as bigint)"
        for name in SUMS
    )
    query = (
        f"select cast(closed_quarter as date), {', '.join(TEAM_KEYS)}, sum(n_closed), "
        f"cast(sum(n_in_change) as bigint), {sums} from {{table}} group by all order by all"
    )
    mart = query.format(table="marts.fct_team_quarter", unit=1, square=1)
    own = query.format(table=f"'{tmp_path}/team_quarter.parquet'", unit=10, square=100)
    with duckdb.connect(str(built_city.database), read_only=True) as connection:
        expected = connection.execute(mart).fetchall()
        assert len(expected) > 20
        assert connection.execute(own).fetchall() == expected
