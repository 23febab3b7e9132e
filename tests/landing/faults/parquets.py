"""Parquet files that are bad: types that are no texts, rows without end, cut and empty files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.landing.faults.registry import SECRET, Case, Write

Columns = Callable[[str], dict[str, pa.Array]]


def table(columns: Columns) -> Write:
    def write(folder: Path, key: str) -> None:
        pq.write_table(
            pa.table({"team_code": pa.array([f"{key}1"]), **columns(key)}), folder / "team.parquet"
        )

    return write


def one(name: str, value: pa.Array) -> Write:
    return table(lambda _: {name: value})


def raw(change: Callable[[bytes], bytes]) -> Write:
    def write(folder: Path, key: str) -> None:
        path = folder / "team.parquet"
        pq.write_table(pa.table({"team_code": [f"{key}1"], "name_fi": [SECRET]}), path)
        path.write_bytes(change(path.read_bytes()))

    return write


def endless(folder: Path, key: str) -> None:
    """Write twenty million equal rows, which take a few kilobytes."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int8()), [key])
    with pq.ParquetWriter(folder / "team.parquet", pa.schema([("team_code", column.type)])) as file:
        for _ in range(20):
            file.write_table(pa.table({"team_code": column}))


FOREIGN = {
    "list": (pa.array([[SECRET]]), "VARCHAR[]"),
    "struct": (pa.array([{"fi": SECRET}]), "STRUCT"),
    "map": (pa.array([[("fi", SECRET)]], pa.map_(pa.string(), pa.string())), "MAP"),
    "time": (pa.array([1], pa.time64("us")), "TIME"),
    "instant": (pa.array([datetime(2025, 1, 1, tzinfo=UTC)]), "TIMESTAMP WITH TIME ZONE"),
    "bytes that are no text": (pa.array([b"\xff\xfe"]), "name_fi"),
}
PLAIN = {
    "category": pa.array([SECRET]).dictionary_encode(),
    "bytes that are a text": pa.array([SECRET.encode()]),
    "nothing at all": pa.nulls(1),
    "decimal": pa.array([Decimal("1.5")]),
    "large string": pa.array([SECRET], pa.large_string()),
    "ten megabytes": pa.array(["x" * (10 << 20)]),
}


def refused(name: str, write: Write, reason: str, *says: str) -> Case:
    return Case(name, write, "team.parquet", refused=reason, says=says)


CASES = [
    *(refused(f"Parquet {name}", one("name_fi", value), "foreign_type", "column name_fi", said)
      for name, (value, said) in FOREIGN.items()),
    *(Case(f"Parquet {name}", one("name_fi", value), "team.parquet", accepted=1)
      for name, value in PLAIN.items()),
    Case("foreign type in a column that is not read", one("own", pa.array([[1]])), "team.parquet",
         accepted=1, note="own"),
    Case("times of nanoseconds", one("fit_adopted_on", pa.array([datetime(2025, 1, 31)], pa.timestamp("ns"))),
         "team.parquet", accepted=1),
    Case("time in a day column", one("fit_adopted_on", pa.array([datetime(2025, 1, 31, 9)])),
         "team.parquet", problems={1: ("fit_adopted_on", "not_a_date")}),
    Case("serial number in a day column", one("fit_adopted_on", pa.array([45658])), "team.parquet",
         problems={1: ("fit_adopted_on", "not_a_date")}),
    Case("day beyond all", one("fit_adopted_on", pa.array([2**31 - 10], pa.date32())), "team.parquet",
         problems={1: ("fit_adopted_on", "not_a_date")}),
    refused("Parquet with a password", raw(lambda content: b"PARE" + content[4:-4] + b"PARE"),
            "password_protected"),
    refused("Parquet cut", raw(lambda content: content[:-20]), "unreadable_file"),
    refused("Parquet empty", raw(lambda _: b""), "unreadable_file"),
    refused("Parquet without end", endless, "unpacks_too_large", "20000000 rows"),
]  # fmt: skip
