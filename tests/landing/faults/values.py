"""Rows that are kept out: one case of every reason that a row itself gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.landing.conftest import VALID
from tests.landing.faults.registry import Case, as_text

OWN = {  # the column of each table that makes its rows rows of their own
    "response": "source_record_id",
    "session": "session_ref",
    "episode": "episode_ref",
    "unit_price": "service_code",
    "cost_assumption": "service_code",
    "fit_cost": "team_code",
}
NO_ITEMS = dict.fromkeys(("item_1", "item_2", "item_3", "item_4"), "")


def bad(table: str, column: str, reason: str, **changes: str) -> Case:
    """Return a file of a bad row between two good ones."""

    def write(folder: Path, key: str) -> None:
        rows: list[Mapping[str, str]] = [
            {**VALID[table], OWN[table]: f"{key}{number}", **(changes if number == 2 else {})}
            for number in (1, 2, 3)
        ]
        (folder / f"{table}.csv").write_text(as_text(rows), encoding="utf-8", newline="")

    name = f"{table} {reason}"
    return Case(name, write, f"{table}.csv", problems={3: (column, reason)}, accepted=2)


CASES = [
    bad("response", "client_ref", "missing_required", client_ref=" "),
    bad("response", "session_date", "date_too_early", session_date="1900-01-01"),
    bad("response", "session_date", "date_in_future", session_date="2999-01-01"),
    bad("response", "is_skipped", "not_a_flag", is_skipped="true"),
    bad("response", "instrument_code", "unknown_instrument", instrument_code="ors"),
    bad("response", "item_1", "score_out_of_range", item_1="41", total=""),
    bad("response", "item_2", "score_off_step", item_2="5.25", total=""),
    bad("response", "item_4", "too_many_items", instrument_code="LASS", total=""),
    bad("response", "total", "total_mismatch", total="0"),
    bad("response", "is_skipped", "skipped_with_scores", **NO_ITEMS, is_skipped="1", total="0"),
    bad("session", "attendance", "unknown_code", attendance="present"),
    bad("session", "duration_minutes", "negative_amount", duration_minutes="-5"),
    bad("episode", "ending_code", "ending_without_closing", closed_on=""),
    bad("episode", "opened_on", "no_start_date", referred_on="", opened_on=""),
    bad("unit_price", "planned_units", "period_without_units", planned_units=""),
    bad("cost_assumption", "high", "share_above_one", high="75"),
    bad("cost_assumption", "base", "range_out_of_order", low="0.8"),
    bad("fit_cost", "per", "unit_mismatch", cost_item="session_minutes"),
    bad("fit_cost", "period_to", "period_backwards", period_to="2024-01-01"),
]
