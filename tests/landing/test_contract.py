"""The intake contract is the one that the design gives, and file names say their table."""

from __future__ import annotations

from datetime import datetime

import pytest

from fit_warehouse.landing.contract import recognise, tables
from fit_warehouse.landing.files import date_in_name

COLUMNS = {
    "response": (
        "source_system source_record_id client_ref episode_ref session_ref session_date entered_at "
        "instrument_code respondent_role respondent_ref worker_ref team_code is_skipped skip_reason "
        "item_1 item_2 item_3 item_4 total extracted_at"
    ),
    "session": (
        "session_ref episode_ref session_date starts_at duration_minutes attendance worker_ref "
        "team_code service_code channel extracted_at"
    ),
    "episode": (
        "episode_ref service_code team_code referred_on opened_on closed_on ending_code "
        "planned_sessions planned_months planned_days onward_service_code extracted_at"
    ),
    "episode_client": "episode_ref client_ref role birth_date birth_year gender extracted_at",
    "client_link": "source_system source_client_ref client_ref valid_from extracted_at",
    "session_worker": "session_ref worker_ref extracted_at",
    "session_episode": "session_ref episode_ref extracted_at",
    "team": "team_code name_fi name_sv name_en service_code unit_oid fit_adopted_on extracted_at",
    "service": "service_code name_fi name_sv name_en task_code measure_rhythm extracted_at",
    "worker": "worker_ref team_code trained_on is_trainer valid_from valid_to extracted_at",
    "unit_price": (
        "service_code basis amount_eur planned_units planned_unit per valid_from valid_to "
        "price_year procurement no_show_is_used vat_included source extracted_at"
    ),
    "survey_response": ("survey_code wave respondent_hash team_code item_code value extracted_at"),
    "avoided_service": (
        "client_ref episode_ref service_code decided_on kind revisited_on source extracted_at"
    ),
    "cost_assumption": (
        "factor service_code low base high unit valid_from valid_to is_assumption source "
        "extracted_at"
    ),
    "fit_cost": (
        "cost_item team_code amount_eur per quantity period_from period_to price_year "
        "vat_included source extracted_at"
    ),
    "price_index": "series base_year period value source retrieved_on extracted_at",
    "finance_confirmation": (
        "service_code period_from period_to amount_eur price_year vat_included confirmed_by_role "
        "confirmed_on source extracted_at"
    ),
    "correction": (
        "table_name source_system source_record_id session_ref episode_ref action corrected_at "
        "extracted_at"
    ),
}
REQUIRED = {
    "response": (
        "source_system source_record_id client_ref session_date instrument_code respondent_role "
        "team_code"
    ),
    "session": "session_ref episode_ref session_date attendance team_code service_code",
    "episode": "episode_ref service_code team_code",
    "episode_client": "episode_ref client_ref role",
    "client_link": "source_system source_client_ref client_ref",
    "session_worker": "session_ref worker_ref",
    "session_episode": "session_ref episode_ref",
    "team": "team_code",
    "service": "service_code",
    "worker": "worker_ref team_code",
    "unit_price": "service_code basis amount_eur price_year procurement source",
    "survey_response": "survey_code wave respondent_hash team_code item_code value",
    "avoided_service": "client_ref episode_ref service_code decided_on kind source",
    "cost_assumption": "factor low base high unit is_assumption source",
    "fit_cost": "cost_item amount_eur per quantity period_from period_to price_year source",
    "price_index": "series base_year period value source retrieved_on",
    "finance_confirmation": (
        "service_code period_from period_to amount_eur price_year confirmed_by_role confirmed_on "
        "source"
    ),
    "correction": "table_name action corrected_at",
}
CODES = {
    ("response", "respondent_role"): "self caretaker professional",
    ("response", "skip_reason"): "declined unable not_offered technical other",
    ("session", "attendance"): "attended no_show late_cancelled cancelled",
    ("session", "channel"): "office home school remote phone other",
    ("episode", "ending_code"): (
        "planned_end goals_reached_early not_benefiting_early referred_on_early unilateral moved "
        "aged_out placed died other unknown"
    ),
    ("episode_client", "role"): "index child guardian other",
    ("episode_client", "gender"): "female male other unknown",
    ("service", "measure_rhythm"): "session week",
    ("unit_price", "basis"): "session month day period",
    ("unit_price", "planned_unit"): "session month day",
    ("unit_price", "per"): "client episode",
    ("unit_price", "procurement"): "purchased own",
    ("avoided_service", "kind"): "deferred avoided",
    ("cost_assumption", "factor"): (
        "attribution_share avoidable_share onward_share rereferral_share front_weight front_units "
        "onward_units discount_rate"
    ),
    ("cost_assumption", "unit"): "share times units",
    ("fit_cost", "cost_item"): "licence training_day trainer session_minutes consultation other",
    ("fit_cost", "per"): "period month session hour",
    ("correction", "table_name"): "response session episode",
    ("correction", "action"): "delete",
}


def test_contract_has_the_tables_and_columns_of_the_design() -> None:
    assert {name: " ".join(table.names) for name, table in tables().items()} == COLUMNS


def test_contract_requires_what_the_design_requires() -> None:
    assert {name: " ".join(table.required) for name, table in tables().items()} == REQUIRED


def test_contract_allows_the_codes_of_the_design() -> None:
    codes = {
        (table.name, column.name): " ".join(column.values)
        for table in tables().values()
        for column in table.columns
        if column.values
    }
    assert codes == CODES


def test_every_identifier_of_a_person_meeting_or_row_is_made_a_pseudonym() -> None:
    kept = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.columns
        if column.type != "ref"
        and (column.name.endswith(("_ref", "_hash")) or column.name == "source_record_id")
    }
    assert not kept
    assert all(
        column.space
        for table in tables().values()
        for column in table.columns
        if column.type == "ref"
    )


@pytest.mark.parametrize("table", COLUMNS)
def test_a_key_is_made_of_the_tables_own_columns(table: str) -> None:
    key = tables()[table].key
    assert key
    assert set(key) <= set(COLUMNS[table].split())


@pytest.mark.parametrize(
    ("stem", "table"),
    [
        ("response", "response"),
        ("response_2025-01", "response"),
        ("Response_A", "response"),
        ("session_worker", "session_worker"),
        ("session_worker_2", "session_worker"),
        ("session_2025", "session"),
        ("episode_client_x", "episode_client"),
        ("responses", None),
        ("response-2025", None),
        ("response_", None),
        ("my_response", None),
        ("", None),
    ],
)
def test_a_name_says_its_table_or_none(stem: str, table: str | None) -> None:
    assert recognise(stem) == table


@pytest.mark.parametrize(
    ("stem", "moment"),
    [
        ("session_2026-01-31", datetime(2026, 1, 31)),
        ("session_20260131", datetime(2026, 1, 31)),
        ("session_2026-02-30", None),
        ("session_2026-01", None),
        ("session_120260131", None),
        ("session_2026-01-31_b", None),
    ],
)
def test_a_date_at_the_end_of_a_name_is_when_it_was_extracted(
    stem: str, moment: datetime | None
) -> None:
    assert date_in_name(stem) == moment
