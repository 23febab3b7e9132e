"""Every reason to keep a row out, at the right row and column; and what must not be kept out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fit_warehouse import project
from fit_warehouse.landing.contract import tables

if TYPE_CHECKING:
    from tests.landing.conftest import Row, Site

DELIVERED_AT = "2025-08-01T06:00:00"
NO_ITEMS = {"item_1": "", "item_2": "", "item_3": "", "item_4": ""}


@dataclass(frozen=True)
class Case:
    """A valid row with changes, and what is wrong with it then: (column, reason) or nothing."""

    table: str
    changes: Row
    column: str = ""
    reason: str = ""
    line: str = ""  # the row as text instead, where it is none of the table's


def form(column: str, reason: str, **changes: str) -> Case:
    return Case("response", changes, column, reason)


BAD = [
    form("source_system", "missing_required", source_system=""),
    form("source_system", "probable_identity", source_system="kysely 131052-308U"),
    form("team_code", "probable_identity", team_code="matti.malli@example.invalid"),
    form("source_record_id", "missing_required", source_record_id=" "),
    form("client_ref", "missing_required", client_ref=" \u00a0\t"),
    form("session_date", "missing_required", session_date=""),
    form("instrument_code", "missing_required", instrument_code=""),
    form("respondent_role", "missing_required", respondent_role=""),
    form("team_code", "missing_required", team_code=""),
    form("item_1", "not_a_number", item_1="n/a", total=""),
    form("item_2", "not_a_number", item_2="1,2,3", total=""),
    form("item_3", "not_a_number", item_3="NaN", total=""),
    form("total", "not_a_number", total="1e1"),
    form("total", "not_a_number", total="99999999999999999999"),
    form("item_1", "ambiguous_number", item_1="1.234", total=""),
    form("total", "ambiguous_number", total="17,200"),
    form("session_date", "not_a_date", session_date="15.1.2025"),
    form("session_date", "not_a_date", session_date="2025-02-30"),
    form("session_date", "not_a_date", session_date="2025-01-15 09:00"),
    form("entered_at", "not_a_date", entered_at="2025-01-15 25:00"),
    form("entered_at", "not_a_date", entered_at="2025-01-15T09:00:00+02:00"),
    form("session_date", "date_too_early", session_date="1900-01-01"),
    form("entered_at", "date_too_early", entered_at="1999-12-31 23:59"),
    form("session_date", "date_in_future", session_date="2025-08-02"),
    form("entered_at", "date_in_future", entered_at="2025-08-02 00:00"),
    form("extracted_at", "date_in_future", extracted_at="2099-01-01"),
    form("is_skipped", "not_a_flag", is_skipped="Y"),
    form("is_skipped", "not_a_flag", is_skipped="2"),
    form("respondent_role", "unknown_code", respondent_role="parent"),
    form("skip_reason", "unknown_code", skip_reason="tired"),
    form("instrument_code", "unknown_instrument", instrument_code="ORSX"),
    form("instrument_code", "unknown_instrument", instrument_code="ors"),
    form("item_1", "score_out_of_range", item_1="10.1", total=""),
    form("item_1", "score_out_of_range", item_1="-1", total=""),
    form("item_1", "score_out_of_range", item_1="\u22121", total=""),
    form("item_4", "score_out_of_range", item_4="-0.1", total=""),
    form("total", "score_out_of_range", **NO_ITEMS, total="40.1"),
    form("total", "score_out_of_range", **NO_ITEMS, total="\u22120,1"),
    form("item_2", "score_off_step", item_2="5.25", total=""),
    form("item_2", "score_off_step", item_2="5.0001", total=""),
    form("total", "score_off_step", **NO_ITEMS, total="17.25"),
    form("item_4", "too_many_items", instrument_code="LASS", total=""),
    form("total", "total_mismatch", total="17.3"),
    form("total", "total_mismatch", total="0"),
    form("is_skipped", "skipped_with_scores", is_skipped="1", total=""),
    form("is_skipped", "skipped_with_scores", **NO_ITEMS, is_skipped="1", total="0"),
    Case("response", {}, "", "malformed_row", line="fit,too,few"),
    Case("response", {}, "", "malformed_row", line="fit" + "," * 40),
    Case("response", {}, "", "malformed_row", line='fit,"unbalanced,quotation'),
    Case("session", {"session_date": "2025-08-02"}, "session_date", "date_in_future"),
    Case("session", {"duration_minutes": "-5"}, "duration_minutes", "negative_amount"),
    Case("session", {"duration_minutes": "45.5"}, "duration_minutes", "not_a_number"),
    Case("session", {"duration_minutes": "9999999999"}, "duration_minutes", "not_a_number"),
    Case("session", {"attendance": "present"}, "attendance", "unknown_code"),
    Case("session", {"channel": "Office"}, "channel", "unknown_code"),
    Case("episode", {"referred_on": "", "opened_on": ""}, "opened_on", "no_start_date"),
    Case("episode", {"closed_on": ""}, "ending_code", "ending_without_closing"),
    Case("episode", {"opened_on": "2025-08-02"}, "opened_on", "date_in_future"),
    Case("episode", {"planned_sessions": "-1"}, "planned_sessions", "negative_amount"),
    Case("episode", {"planned_months": "-0,5"}, "planned_months", "negative_amount"),
    Case("episode_client", {"birth_date": "1900-01-01"}, "birth_date", "date_too_early"),
    Case("episode_client", {"birth_date": "2025-08-02"}, "birth_date", "date_in_future"),
    Case("episode_client", {"birth_year": "1900"}, "birth_year", "date_too_early"),
    Case("episode_client", {"birth_year": "2026"}, "birth_year", "date_in_future"),
    Case("worker", {"is_trainer": "x"}, "is_trainer", "not_a_flag"),
    Case("worker", {"trained_on": "2025-08-02"}, "trained_on", "date_in_future"),
    Case("unit_price", {"amount_eur": "-1"}, "amount_eur", "negative_amount"),
    Case("unit_price", {"amount_eur": "1.234"}, "amount_eur", "ambiguous_number"),
    Case("unit_price", {"amount_eur": "1 234,50"}, "amount_eur", "not_a_number"),
    Case("unit_price", {"amount_eur": "999999999999999"}, "amount_eur", "not_a_number"),
    Case("unit_price", {"planned_units": ""}, "planned_units", "period_without_units"),
    Case("unit_price", {"planned_units": "0"}, "planned_units", "period_without_units"),
    Case("unit_price", {"planned_unit": ""}, "planned_unit", "period_without_units"),
    Case("survey_response", {"value": "agree"}, "value", "not_a_number"),
    Case("avoided_service", {"kind": "saved"}, "kind", "unknown_code"),
    Case("cost_assumption", {"factor": "attribution"}, "factor", "unknown_code"),
    Case("cost_assumption", {"base": ""}, "base", "missing_required"),
    Case("cost_assumption", {"unit": "times"}, "unit", "unit_mismatch"),
    Case("cost_assumption", {"factor": "front_weight"}, "unit", "unit_mismatch"),
    Case("cost_assumption", {"factor": "onward_units"}, "unit", "unit_mismatch"),
    Case("cost_assumption", {"high": "75"}, "high", "share_above_one"),
    Case("cost_assumption", {"high": "1.0001"}, "high", "share_above_one"),
    Case("cost_assumption", {"low": "-0.1"}, "low", "negative_amount"),
    Case(
        "cost_assumption",
        {"factor": "front_weight", "unit": "times", "low": "0"},
        "low",
        "negative_amount",
    ),
    Case("cost_assumption", {"low": "0.76"}, "base", "range_out_of_order"),
    Case("cost_assumption", {"high": "0.74"}, "high", "range_out_of_order"),
    Case("cost_assumption", {"valid_to": "2024-12-31"}, "valid_to", "period_backwards"),
    Case("unit_price", {"valid_to": "2024-12-31"}, "valid_to", "period_backwards"),
    Case("cost_assumption", {"is_assumption": ""}, "is_assumption", "missing_required"),
    Case("fit_cost", {"cost_item": "coffee"}, "cost_item", "unknown_code"),
    Case("fit_cost", {"amount_eur": "-1"}, "amount_eur", "negative_amount"),
    Case("fit_cost", {"quantity": "-1"}, "quantity", "negative_amount"),
    Case("fit_cost", {"cost_item": "session_minutes"}, "per", "unit_mismatch"),
    Case("fit_cost", {"per": "hour"}, "per", "unit_mismatch"),
    Case("fit_cost", {"period_to": "2024-12-31"}, "period_to", "period_backwards"),
    Case("fit_cost", {"price_year": "now"}, "price_year", "not_a_number"),
    Case("price_index", {"value": "0"}, "value", "negative_amount"),
    Case("price_index", {"period": "2025Q1"}, "period", "not_a_number"),
    Case("price_index", {"retrieved_on": "2025-08-02"}, "retrieved_on", "date_in_future"),
    Case("finance_confirmation", {"amount_eur": "-1"}, "amount_eur", "negative_amount"),
    Case("finance_confirmation", {"confirmed_on": "2025-08-02"}, "confirmed_on", "date_in_future"),
    Case("finance_confirmation", {"period_to": "2024-12-31"}, "period_to", "period_backwards"),
    Case(
        "finance_confirmation", {"confirmed_by_role": ""}, "confirmed_by_role", "missing_required"
    ),
    Case(
        "finance_confirmation",
        {"confirmed_by_role": "matti.malli@example.invalid"},
        "confirmed_by_role",
        "probable_identity",
    ),
    Case("team", {"fit_adopted_on": "1.1.2024"}, "fit_adopted_on", "not_a_date"),
    Case("correction", {"source_record_id": ""}, "source_record_id", "missing_required"),
    Case("correction", {"table_name": "session"}, "session_ref", "missing_required"),
    Case("correction", {"table_name": "episode"}, "episode_ref", "missing_required"),
    Case("correction", {"action": "update"}, "action", "unknown_code"),
]
CONFLICTING = [
    form("", "conflicting_versions", source_record_id="twice"),
    form("", "conflicting_versions", source_record_id="twice", item_1="4.2", total="17.3"),
]
GOOD = [
    form("", "", item_1="0", item_2="0", item_3="0", item_4="0", total="0"),
    form("", "", item_1="10", item_2="10.0", item_3="10,0", item_4="+10", total="40"),
    form("", "", team_code="no such team"),
    form("", "", total=""),
    form("", "", **NO_ITEMS, total="17.2"),
    form("", "", **NO_ITEMS, total="17.20"),
    form("", "", **NO_ITEMS, total=""),
    form("", "", item_4="", total="17.2"),
    form("", "", **NO_ITEMS, total="", is_skipped="1", skip_reason="declined"),
    form("", "", item_1=" 4,1\u00a0", respondent_role=" self "),
    form("", "", instrument_code="LASS", item_4="", total="13.2"),
    form("", "", session_date="2025-08-01", entered_at="2025-08-01T23:59:59"),
    form("", "", session_date="2000-01-01", entered_at="2000-01-01"),
    form("", "", session_ref="", episode_ref="", worker_ref="", entered_at="", is_skipped=""),
    Case("session", {"session_date": "2025-12-01", "attendance": "cancelled"}),
    Case("session", {"duration_minutes": "60.0"}),
    Case("episode", {"ending_code": ""}),
    Case("episode", {"closed_on": "2025-01-01"}),
    Case("episode_client", {"birth_date": "1901-01-01"}),
    Case("episode_client", {"birth_date": "", "birth_year": "2025"}),
    Case("unit_price", {"basis": "session", "planned_units": "", "planned_unit": ""}),
    Case("cost_assumption", {"service_code": "", "low": "0", "base": "0", "high": "1"}),
    Case("cost_assumption", {"low": "0.75", "high": "0.75", "valid_to": "2025-01-01"}),
    Case("cost_assumption", {"factor": "front_weight", "unit": "times", "high": "3"}),
    Case("cost_assumption", {"factor": "onward_units", "unit": "units", "high": "12"}),
    Case("fit_cost", {"cost_item": "session_minutes", "per": "hour", "quantity": "7.5"}),
    Case("fit_cost", {"amount_eur": "0", "period_to": "2025-01-01", "vat_included": ""}),
    Case("price_index", {"value": "100"}),
    Case("finance_confirmation", {"amount_eur": "0", "period_to": "2025-01-01"}),
    Case("correction", {"table_name": "session", "session_ref": "S-9"}),
]
CASES = [*BAD, *CONFLICTING, *GOOD]
Found = dict[tuple[str, int], set[tuple[str, str]]]


def own_key(case: Case, number: int) -> dict[str, str]:
    """Return changes that make the row one of its own, so that cases never meet as versions."""
    names = {
        "response": "source_record_id",
        "session": "session_ref",
        "episode": "episode_ref",
        "episode_client": "client_ref",
        "worker": "worker_ref",
        "unit_price": "service_code",
        "survey_response": "item_code",
        "avoided_service": "client_ref",
        "cost_assumption": "service_code",
        "fit_cost": "team_code",
        "price_index": "series",
        "finance_confirmation": "service_code",
        "team": "team_code",
        "correction": "corrected_at",
    }
    name = names[case.table]
    own = f"2025-03-01T00:00:{number % 60:02d}" if name == "corrected_at" else f"{name} {number}"
    return {name: own, **case.changes}


@pytest.fixture(scope="module")
def landed(new_site: Callable[..., Site]) -> tuple[Site, Found, dict[int, int]]:
    """All cases landed at once, a file per table; with the row number of each case."""
    site = new_site()
    site.delivered_at(DELIVERED_AT)
    row_numbers = {}
    for table in tables():
        lines = site.text({**dict.fromkeys(tables()[table].names, ""), **site.row(table)})
        for number, case in enumerate(CASES):
            if case.table == table:
                row = site.row(table, **own_key(case, number))
                full = {name: row.get(name, "") for name in tables()[table].names}
                lines += f"{case.line}\n" if case.line else site.text(full).split("\n", 1)[1]
                row_numbers[number] = lines.count("\n")
        site.write(f"{table}.csv", lines)
    landing = site.land()
    assert not landing.refused
    return site, site.problems(), row_numbers


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_row_is_kept_out_for_its_reason_alone(
    landed: tuple[Site, Found, dict[int, int]], number: int
) -> None:
    _, problems, row_numbers = landed
    case = CASES[number]
    found = problems.get((f"{case.table}.csv", row_numbers[number]), set())
    assert found == ({(case.column, case.reason)} if case.reason else set()), case


def test_every_row_is_in_the_account_of_its_file(
    landed: tuple[Site, Found, dict[int, int]],
) -> None:
    site, _, _ = landed
    site.land()
    for table in tables():
        account = site.account(f"{table}.csv")
        cases = [case for case in CASES if case.table == table]
        n_bad = sum(bool(case.reason) for case in cases)
        assert account.delivered == len(cases) + 1
        assert account.quarantined == n_bad
        assert account.accepted == len(cases) + 1 - n_bad
        assert account.duplicates == 0


def test_no_row_but_the_cases_is_kept_out(landed: tuple[Site, Found, dict[int, int]]) -> None:
    _, problems, _ = landed
    assert len(problems) == len(BAD) + len(CONFLICTING)


def test_every_reason_to_keep_a_row_out_has_a_case() -> None:
    codes = {
        row["reason_code"] for row in project.seed("reason") if row["fate"] == "row_quarantined"
    }
    # Personal identity has tests of its own, in tests/landing/identity.
    assert {case.reason for case in CASES if case.reason} == codes


def test_a_row_with_faults_in_two_columns_is_counted_once(site: Site) -> None:
    site.csv("response.csv", site.row("response", session_date="x", item_1="11", total=""))
    landing = site.land()
    assert site.problems() == {
        ("response.csv", 2): {("session_date", "not_a_date"), ("item_1", "score_out_of_range")}
    }
    assert site.account("response.csv").quarantined == 1
    assert landing.new[0].reasons == {"not_a_date": 1, "score_out_of_range": 1}


def test_without_a_known_time_the_future_begins_tomorrow(site: Site) -> None:
    site.csv(
        "response.csv",
        site.row("response", session_date="2999-01-01"),
        site.row("response", source_record_id="2"),
    )
    site.land()
    assert site.problems() == {("response.csv", 2): {("session_date", "date_in_future")}}


def test_quarantine_and_ledger_never_repeat_a_value(site: Site) -> None:
    site.csv("response.csv", site.row("response", respondent_role="Virtanen", total="Korhonen"))
    site.land()
    for name, content in site.stored("quarantine", "ledger").items():
        assert b"Virtanen" not in content, name
        assert b"Korhonen" not in content, name
    assert site.problems().keys() == {("response.csv", 2)}
