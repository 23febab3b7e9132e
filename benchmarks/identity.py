"""How often the identity gate errs on generated ids and texts, and how long it takes.

    .venv/bin/python benchmarks/identity.py [ROWS]

ROWS (10 million by default) is for the time; the rates are of a million values of each shape.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import duckdb

from fit_warehouse.landing import identity

N = 1_000_000  # of each shape
CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def digits(first: int, last: int) -> str:
    """Return SQL for a random number with that many digits."""
    return (
        f"(floor({10 ** (first - 1)} + random() * {10**last - 10 ** (first - 1)}))::bigint::varchar"
    )


def padded(n: int) -> str:
    """Return SQL for n random digits."""
    return f"lpad(floor(random() * {10**n})::bigint::varchar, {n}, '0')"


# A hundred years without 29.2.00, which is a day in one century of the three only.
DAY = "strftime(date '2000-03-01' + floor(random() * 36400)::integer, '%d%m%y')"
MARK = "case when random() < 0.6 then '-' else 'ABCDEFYXWVU'[1 + floor(random() * 11)::integer] end"
SERIAL = "lpad((2 + floor(random() * 998))::integer::varchar, 3, '0')"
PARTS = f"(select {DAY} as d, {MARK} as m, {SERIAL} as z from range({N}))"
Q = f"'{CHECK}'[(d || z)::integer % 31 + 1]"
CODE = f"d || m || z || {Q}"
HEX = "md5(random()::varchar)"
LETTERS = f"translate({HEX} || {HEX}, 'abcdef', 'GKMTVZ')"

# Shapes that are nobody's identity, and must pass.
CLEAN = {
    "running id, S-0000123": "'S-' || lpad(i::varchar, 7, '0')",
    "number of 7 digits": digits(7, 7),
    "number of 8 digits": digits(8, 8),
    "number of 9 digits": digits(9, 9),
    "number of 10 digits": digits(10, 10),
    "number of 11 digits": digits(11, 11),
    "number of 12 digits": digits(12, 12),
    "UUID": "uuid()::varchar",
    "32 hexadecimal digits": HEX,
    "16 hexadecimal digits": f"{HEX}[1:16]",
    "12 hexadecimal digits": f"{HEX}[1:12]",
    "26 digits and letters": f"{LETTERS}[1:26]",
    "OID": "'1.2.246.562.10.' || " + digits(7, 11),
    "time, 20250131T093000": "strftime(timestamp '2000-01-01' + to_seconds(i * 800), '%Y%m%dT%H%M%S')",
    "time, 2025-01-31T09:30:00+02:00": (
        "strftime(timestamp '2000-01-01' + to_seconds(i * 800), '%Y-%m-%dT%H:%M:%S') || '+02:00'"
    ),
    "meeting, S250131-0012": f"'S' || {DAY} || '-' || {padded(4)}",
    "six digits, dash, four digits": f"{padded(6)} || '-' || {padded(4)}",
    "meeting, 310125-0012": f"{DAY} || '-' || {padded(4)}",
}
# Identity, as people write it.
DIRTY = {
    "code": CODE,
    "code, lower case": f"lower({CODE})",
    "code, full-width": "wide",
    "code, en dash": f"d || '–' || z || {Q}",
    "code with spaces, 010594 - 9032": f"d || ' ' || m || ' ' || z || {Q}",
    "code between words": f"'asiakas ' || {CODE} || ', Helsinki'",
    "code behind a letter, id010594-9032": f"'id' || {CODE}",
    "code without separator": f"d || z || {Q}",
    "code, one digit mistyped": (
        f"(d || m || z)[1:9] || ((z[3]::integer + 1 + floor(random() * 9)::integer) % 10) || {Q}"
    ),
    "code, wrong day": f"'4' || ({CODE})[2:11]",
    "phone, 040 123 4567": f"'040 ' || {padded(3)} || ' ' || {padded(4)}",
    "phone, 050-1234567": f"'050-' || {padded(7)}",
    "phone, 0401234567": f"'040' || {padded(7)}",
    "phone, +358401234567": f"'+35840' || {padded(7)}",
    "phone, 09 310 1691": f"'09 ' || {padded(3)} || ' ' || {padded(4)}",
}
WIDE = f"translate({CODE}, '0123456789-', '０１２３４５６７８９－')"


def shares(connection: duckdb.DuckDBPyConnection, sql: str, source: str) -> list[str]:
    """Return, for a column of ids and one of texts, the shares of codes and of other findings."""
    shown = []
    for column_type in ("ref", "text"):
        connection.execute("select setseed(0.5)")
        connection.execute(
            "create or replace temp table d as "
            f"select row_number() over () as row_number, {sql} as value from {source}"
        )
        found = identity.scan(connection, "d", {"value": column_type})
        code = sum(place.n_rows for place in found.places if place.kind is identity.Kind.CODE)
        row = connection.execute(
            f"select count(distinct row_number) from {found.table} where kind <> $code",
            {"code": identity.Kind.CODE.value},
        ).fetchone()
        shown += [f"{code / N:.4%}", f"{(row[0] if row else 0) / N:.4%}"]
    return shown


def rates() -> None:
    """Print the rates as rows of a table."""
    with duckdb.connect(config={"threads": 1}) as connection:
        print("| shape | ref: code | ref: probable | text: code | text: probable |")
        for name, sql in CLEAN.items():
            print("|", name, "|", " | ".join(shares(connection, sql, f"range({N}) as t(i)")), "|")
        for name, sql in DIRTY.items():
            row = shares(connection, WIDE if sql == "wide" else sql, PARTS)
            print("|", name, "|", " | ".join(row), "|")


def timed(job: Callable[[], object]) -> str:
    """Return the seconds of processor and clock that a job takes."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    job()
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{cpu:.2f} CPU s, {wall:.2f} s"


def times(n: int) -> None:
    """Print how long the id columns of `response` take, beside a pass that only measures them."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"""
            create temp table d as
            select i as row_number, 'R-' || lpad(i::varchar, 9, '0') as source_record_id,
                'C-' || lpad((i % 300000)::varchar, 7, '0') as client_ref,
                'E-' || (i % 900000) as episode_ref,
                'S-' || lpad((i // 2)::varchar, 7, '0') as session_ref,
                (10000000 + i % 700)::varchar as worker_ref
            from range({n}) as t(i)
            """
        )
        names = ("source_record_id", "client_ref", "episode_ref", "session_ref", "worker_ref")
        plain = f"select {', '.join(f'max(length({name}))' for name in names)} from d"
        columns = dict.fromkeys(names, "ref")
        print(f"{n:,} rows, five id columns")
        print("plain pass:", timed(lambda: connection.execute(plain).fetchall()))
        print("scan:", timed(lambda: identity.scan(connection, "d", columns)))


if __name__ == "__main__":
    rates()
    times(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
