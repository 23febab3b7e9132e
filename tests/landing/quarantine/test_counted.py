"""Rows that are kept out are counted for the right team, month and reason, and nothing else is said."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.landing import ledger
from fit_warehouse.landing.contract import tables
from fit_warehouse.landing.quarantine.write import WITHHELD
from fit_warehouse.measure import delivery
from tests.landing.quarantine.test_mending import exported
from tests.landing.test_rows import BAD, CONFLICTING, DELIVERED_AT, own_key

if TYPE_CHECKING:
    from tests.landing.conftest import Site
    from tests.landing.test_rows import Case

JANUARY = date(2025, 1, 1)
Place = tuple[str, str | None, date | None, str]


def counted(site: Site) -> pl.DataFrame:
    return pl.read_parquet(site.home.quarantined, glob=False)


def by_place(site: Site) -> dict[Place, tuple[int, int]]:
    """Return {(table, team, month, reason): (rows, rows once)}."""
    return {
        (row["table_name"], row["team_code"], row["month"], row["reason_code"]): (
            row["n_rows"],
            row["n_rows_once"],
        )
        for row in counted(site).iter_rows(named=True)
    }


def expected_place(case: Case) -> Place:
    """Return where a bad row is counted, by what the case changed in a valid row."""
    no_team = "team_code" in case.changes or case.table in ("team", "fit_cost") or bool(case.line)
    has_team = "team_code" in tables()[case.table].names and not no_team
    months = {
        "response": JANUARY,
        "session": JANUARY,
        "episode": JANUARY,
        "avoided_service": date(2025, 3, 1),
    }
    month = months.get(case.table)
    lost = {"session_date", "decided_on"} & case.changes.keys()
    if lost or case.line or case.reason == "no_start_date":
        month = None
    return case.table, "T1" if has_team else None, month, case.reason


def agrees_with_the_books(site: Site) -> None:
    """Check that the sums are what the ledger and the report of the deliveries say."""
    rows = counted(site)
    assert rows["n_rows_once"].sum() == sum(account.quarantined for account in site.accounts())
    said: Counter[str] = Counter()
    for line in delivery.reasons(site.home):
        said[line["reason_code"]] += line["n_rows_kept_out"]
    found: dict[str, Any] = dict(rows.group_by("reason_code").agg(pl.sum("n_rows")).iter_rows())
    assert found == dict(said)


def test_each_reason_once_for_its_team_and_month(new_site: Callable[..., Site]) -> None:
    site = new_site()
    site.delivered_at(DELIVERED_AT)
    cases = [*BAD, *CONFLICTING]
    for table in tables():
        lines = site.text({**dict.fromkeys(tables()[table].names, ""), **site.row(table)})
        for number, case in enumerate(cases):
            if case.table == table:
                row = site.row(table, **own_key(case, number))
                full = {name: row.get(name, "") for name in tables()[table].names}
                lines += f"{case.line}\n" if case.line else site.text(full).split("\n", 1)[1]
        site.write(f"{table}.csv", lines)
    assert not site.land().refused
    expected = Counter(expected_place(case) for case in cases)
    assert {place: rows for place, (rows, _) in by_place(site).items()} == expected
    agrees_with_the_books(site)


def test_a_row_with_two_reasons_is_one_row(site: Site) -> None:
    site.csv(
        "response.csv",
        site.row("response"),
        site.row("response", source_record_id="2", session_date="x", item_1="11", total=""),
        site.row("response", source_record_id="3", item_1="11", item_2="12", total=""),
        site.row("response", source_record_id="4", item_1="x", item_2="12", total=""),
    )
    site.land()
    assert by_place(site) == {
        ("response", "T1", None, "not_a_date"): (1, 1),
        ("response", "T1", None, "score_out_of_range"): (1, 0),
        ("response", "T1", JANUARY, "not_a_number"): (1, 1),
        ("response", "T1", JANUARY, "score_out_of_range"): (2, 1),
    }
    agrees_with_the_books(site)


def test_a_team_that_no_accepted_row_knows_is_not_repeated(site: Site) -> None:
    site.csv("team.csv", site.row("team"))
    site.csv("worker.csv", site.row("worker", team_code="T2"))
    site.csv(
        "response.csv",
        *(
            site.row("response", source_record_id=str(number), team_code=team, item_1="x", total="")
            for number, team in enumerate(("T1", "T2", "t1", "Virtanen", WITHHELD))
        ),
    )
    site.land()
    assert by_place(site) == {
        ("response", "T1", JANUARY, "not_a_number"): (1, 1),
        ("response", "T2", JANUARY, "not_a_number"): (1, 1),
        ("response", None, JANUARY, "not_a_number"): (3, 3),
    }
    assert b"Virtanen" not in site.home.quarantined.read_bytes()


def test_the_month_of_an_episode_is_that_of_its_opening_else_of_its_referral(site: Site) -> None:
    wrong = {"planned_sessions": "-1"}
    site.csv(
        "episode.csv",
        site.row("episode", **wrong, referred_on="2024-12-31", opened_on="2025-01-01"),
        site.row("episode", **wrong, episode_ref="E-2", referred_on="2024-12-31", opened_on=""),
        site.row("episode", **wrong, episode_ref="E-3", referred_on="2024-11-30", opened_on="x"),
        site.row("episode", episode_ref="E-4", referred_on="1925-01-01", opened_on=""),
    )
    site.land()
    assert by_place(site) == {
        ("episode", None, JANUARY, "negative_amount"): (1, 1),
        ("episode", None, date(2024, 12, 1), "negative_amount"): (1, 1),
        ("episode", None, date(2024, 11, 1), "negative_amount"): (1, 1),
        ("episode", None, date(2024, 11, 1), "not_a_date"): (1, 0),
        ("episode", None, None, "date_too_early"): (1, 1),
    }


def test_without_a_bad_row_there_are_no_counts(site: Site) -> None:
    site.csv("response.csv", site.row("response"))
    site.land()
    assert counted(site).is_empty()
    assert counted(site).schema == {
        "table_name": pl.String,
        "team_code": pl.String,
        "month": pl.Date,
        "reason_code": pl.String,
        "n_rows": pl.Int64,
        "n_rows_once": pl.Int64,
    }


def test_a_mended_row_is_counted_no_more(site: Site) -> None:
    site.delivered_at(DELIVERED_AT, "one")
    site.csv(
        "one/response.csv",
        site.row("response"),
        site.row("response", source_record_id="2", item_1="41", total=""),
        site.row("response", source_record_id="3", item_1="42", total=""),
    )
    site.land()
    assert by_place(site) == {("response", "T1", JANUARY, "score_out_of_range"): (2, 2)}
    first, _ = exported(site)["response_mended_2026-11-22.csv"]
    site.csv("response_mended.csv", {**first, "item_1": "4.1"})
    site.land()
    assert by_place(site) == {("response", "T1", JANUARY, "score_out_of_range"): (1, 1)}


def test_what_was_resolved_without_counts_is_resolved_anew(site: Site) -> None:
    site.csv("response.csv", site.row("response", item_1="x", total=""))
    site.land()
    columns = [(table.name, table.key, table.columns) for table in tables().values()]
    landed = sorted(entry.file_id for entry in ledger.landed(site.home))
    older = hashlib.sha256(repr((columns, landed)).encode()).hexdigest()
    stamp = json.loads(site.home.resolved.read_text(encoding="utf-8"))
    site.home.resolved.write_text(json.dumps({**stamp, "state": older}), encoding="utf-8")
    site.home.quarantined.unlink()
    site.land()
    assert counted(site)["n_rows"].to_list() == [1]


SPOILED = ("session_date", "team_code", "item_1", "item_2", "is_skipped")


@settings(deadline=None, max_examples=15)
@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from(["T1", "T2", "no team"]),
            st.sampled_from(["2025-01-31", "2025-02-01", "", "x", "1925-02-01"]),
            st.sets(st.sampled_from(SPOILED)),
        ),
        max_size=12,
    )
)
def test_sums_are_those_of_the_books(
    new_site: Callable[..., Site], drawn: list[tuple[str, str, set[str]]]
) -> None:
    site = new_site()
    site.csv("team.csv", site.row("team"), site.row("team", team_code="T2"))
    site.csv(
        "response.csv",
        site.row("response", source_record_id="good"),
        *(
            site.row("response", source_record_id=str(number), total="", session_date=day)
            | {"team_code": team}
            | dict.fromkeys(spoiled - {"team_code", "session_date"}, "wrong")
            | dict.fromkeys(spoiled & {"team_code"}, "")
            for number, (team, day, spoiled) in enumerate(drawn)
        ),
    )
    site.land()
    agrees_with_the_books(site)
    teams = {team for _, team, _, _ in by_place(site)}
    known = {row["team_code"] for row in site.accepted("response")} | {"T1", "T2"}
    assert teams <= {None, *known}
