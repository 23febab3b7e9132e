"""Published databases of a made-up city: one with numbers, one all hidden, one with empty tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fit_warehouse.report import build_reports
from tests.report import money_tables

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PERIOD = (date(2024, 10, 1), date(2025, 9, 30))
AS_OF = date(2025, 9, 30)

MEASURED = (
    "n bigint, numerator bigint, estimate double, ci_low double, ci_high double, "
    "ci_level double, method varchar, parameter_set varchar"
)
STAMP = "period_start date, period_end date, as_of date, is_suppressed smallint"
TABLES = {
    "publication": (
        "is_synthetic smallint, as_of date, period_start date, period_end date, "
        "parameter_set varchar, k_min integer, n_min_estimate integer, generated_at timestamp, "
        "release_id varchar"
    ),
    "city_outcome": (
        f"instrument_code varchar, respondent_role varchar, indicator varchar, {MEASURED}, {STAMP}"
    ),
    "course": (
        "instrument_code varchar, respondent_role varchar, session_number integer, "
        f"{MEASURED.replace('numerator bigint, ', '')}, {STAMP}"
    ),
    "city_funnel": f"step_order integer, step varchar, n_episodes bigint, {STAMP}",
    "city_use": (
        "quarter_start date, indicator varchar, n bigint, numerator bigint, estimate double, "
        "as_of date, is_suppressed smallint"
    ),
    "cost_effect": (
        "service_code varchar, is_agreed smallint, procurement varchar, price_year integer, "
        "unit varchar, n_episodes bigint, n_persons bigint, unused_units decimal(18, 4), "
        f"gross_amount_eur decimal(18, 4), {STAMP}"
    ),
    "dim_service": "service_code varchar, name_fi varchar, name_sv varchar, name_en varchar",
    "dim_instrument": "instrument_code varchar, name_fi varchar, kind varchar",
    "disclosure_summary": "table_name varchar, n_rows bigint, n_suppressed bigint",
    **money_tables.TABLES,
}
HIDEABLE = ("city_outcome", "course", "city_funnel", "city_use", "cost_effect")
HIDEABLE += tuple(name for name in money_tables.TABLES if not name.startswith("dim_"))

Row = dict[str, Any]


def _measured(indicator: str, n: int, estimate: float, half_width: float) -> Row:
    is_share = indicator.startswith("share")
    return {
        "indicator": indicator,
        "n": n,
        "numerator": round(n * estimate) if is_share else None,
        "estimate": round(n * estimate) / n if is_share else estimate,
        "ci_low": estimate - half_width,
        "ci_high": estimate + half_width,
        "ci_level": 0.95,
        "method": "wilson" if is_share else "paired_t",
        "parameter_set": "published_2006",
    }


def _prom(
    n: int, shares: tuple[float, float, float, float], means: tuple[float, float]
) -> list[Row]:
    recovered, improved, unchanged, deteriorated = shares
    wide = 1.0 / n**0.5
    return [
        _measured("share_recovered", n, recovered, 0.9 * wide),
        _measured("share_improved", n, improved, 0.8 * wide),
        _measured("share_unchanged", n, unchanged, wide),
        _measured("share_deteriorated", n, deteriorated, 0.5 * wide),
        _measured("share_reliably_improved", n, recovered + improved, wide),
        _measured("share_intake_functional", n, 0.22, 0.8 * wide),
        _measured("mean_intake", n, means[0], 14 * wide),
        _measured("mean_last", n, means[1], 15 * wide),
        _measured("mean_change", n, means[1] - means[0], 13 * wide),
        _measured("pre_post_d", n, (means[1] - means[0]) / 7.9, 2 * wide),
    ]


def _prem(n: int, share: float, mean: float) -> list[Row]:
    wide = 1.0 / n**0.5
    return [
        _measured("share_prem_last_at_cutoff", n, share, 0.95 * wide),
        _measured("mean_prem_last", n, mean, 4 * wide),
    ]


GROUPS = {
    ("CORS", "self"): _prom(312, (0.27, 0.19, 0.48, 0.06), (24.6, 29.4)),
    ("ORS", "self"): _prom(1208, (0.241, 0.172, 0.507, 0.08), (21.3, 26.9)),
    ("CORS", "caretaker"): _prom(164, (0.2, 0.18, 0.52, 0.1), (20.1, 24.2)),
    ("ORS", "caretaker"): _prom(41, (0.15, 0.17, 0.56, 0.12), (19.2, 20.9)),
    ("SRS", "self"): _prem(1187, 0.684, 36.4),
    ("CSRS", "self"): _prem(296, 0.716, 37.1),
}


def city_outcome() -> list[Row]:
    rows = [
        {"instrument_code": code, "respondent_role": role, **row}
        for (code, role), rows in GROUPS.items()
        for row in rows
    ]
    for row in rows:
        if (row["instrument_code"], row["respondent_role"]) == ("ORS", "caretaker") and row[
            "indicator"
        ] in {"share_recovered", "share_deteriorated"}:
            hide(row)
    return rows


def course() -> list[Row]:
    rows = []
    starts = {("CORS", "self"): (312, 24.6), ("ORS", "self"): (1208, 21.3)}
    starts[("CORS", "caretaker")] = (164, 20.1)
    for (code, role), (first_n, first) in starts.items():
        for session in range(1, 11):
            n = round(first_n * 0.84 ** (session - 1))
            row = _measured("mean", n, first + 6.5 * (1 - 0.75 ** (session - 1)), 15 / n**0.5)
            del row["numerator"], row["indicator"]
            row |= {"instrument_code": code, "respondent_role": role, "session_number": session}
            rows.append(hide(row) if n < 40 else row)
    return rows


def city_funnel() -> list[Row]:
    steps = {"referred": 2486, "opened": 2431, "attended": 2291, "one_prom": 1987}
    steps |= {"two_prom": 1725, "in_denominator": 1684, "improved": 702}
    return [
        {"step_order": place, "step": step, "n_episodes": n, "is_suppressed": 0}
        for place, (step, n) in enumerate(steps.items(), start=1)
    ]


def city_use() -> list[Row]:
    rows = []
    for place in range(8):
        start = date(2023 + (place + 3) // 4, 3 * ((place + 3) % 4) + 1, 1)
        n = 9100 + 310 * place - (2600 if start.month == 7 else 0)
        shares = {"prom": 0.58 + 0.021 * place, "prem": 0.5 + 0.024 * place}
        shares["both"] = shares["prem"] - 0.05
        for name, share in shares.items():
            row = {"quarter_start": start, "indicator": f"share_sessions_with_{name}", "n": n}
            numerator = round(n * share)
            rows.append(row | {"numerator": numerator, "estimate": numerator / n})
    return rows


def _cost(service: str, kind: tuple[int, str], unit: str | None, *numbers: str) -> Row:
    episodes, persons, units, amount = numbers
    return {
        "service_code": service,
        "is_agreed": kind[0],
        "procurement": kind[1],
        "price_year": 2025,
        "unit": unit,
        "n_episodes": int(episodes),
        "n_persons": int(persons),
        "unused_units": Decimal(units) if units else None,
        "gross_amount_eur": Decimal(amount),
    }


def cost_effect() -> list[Row]:
    bought, own, left = (1, "purchased"), (1, "own"), (0, "purchased")
    return [
        _cost("HEHKU", bought, "month", "12", "12", "25.5000", "36822.0000"),
        _cost("NEPSY", bought, "session", "21", "21", "94.0000", "32430.0000"),
        hide(_cost("TUKIHLO", bought, "day", "6", "6", "88.0000", "9152.0000")),
        _cost("_total", bought, None, "39", "38", "", "78404.0000"),
        _cost("PERHETYO", own, "session", "47", "46", "203.0000", "44051.5000"),
        _cost("NEUVONTA", own, "session", "33", "33", "121.0000", "19602.0000"),
        _cost("_total", own, None, "80", "78", "", "63653.5000"),
        _cost("NEPSY", left, "session", "14", "14", "71.0000", "24495.0000"),
        _cost("_total", left, None, "14", "14", "71.0000", "24495.0000"),
    ]


def _money() -> dict[str, list[Row]]:
    """Return the tables of money with one service hidden."""
    tables = money_tables.contents()
    for name in HIDEABLE:
        for row in tables.get(name, []):
            if row["service_code"] == "TUKIHLO":
                hide(row)
    return tables


def contents(*, is_synthetic: int = 1) -> dict[str, list[Row]]:
    names = {
        "HEHKU": "Hehku",
        "NEPSY": "Neuropsykiatrinen valmennus",
        "TUKIHLO": "Tukihenkilötoiminta",
        "PERHETYO": "Tehostettu perhetyö",
        "NEUVONTA": "Perheneuvola",
    }
    kinds = {"ORS": "PROM", "CORS": "PROM", "SRS": "PREM", "CSRS": "PREM"}
    return {
        "publication": [
            {
                "is_synthetic": is_synthetic,
                "as_of": AS_OF,
                "parameter_set": "published_2006",
                "k_min": 5,
                "n_min_estimate": 20,
                "generated_at": datetime(2025, 10, 30, 4, 15),
                "release_id": "2025-10-30-1",
            }
        ],
        "city_outcome": city_outcome(),
        "course": course(),
        "city_funnel": city_funnel(),
        "city_use": city_use(),
        "cost_effect": cost_effect(),
        **_money(),
        "dim_service": [{"service_code": code, "name_fi": name} for code, name in names.items()],
        "dim_instrument": [{"instrument_code": code, "kind": kind} for code, kind in kinds.items()],
        "disclosure_summary": [{"table_name": "course", "n_rows": 30, "n_suppressed": 2}],
    }


VALUES = {"n", "numerator", "estimate", "ci_low", "ci_high"}
VALUES |= {"n_episodes", "n_persons", "unused_units", "gross_amount_eur"} | money_tables.NUMBERS


def hide(row: Row) -> Row:
    """Empty a row as disclosure control does."""
    for name in VALUES & row.keys():
        row[name] = None
    row["is_suppressed"] = 1
    return row


def write_database(path: Path, tables: dict[str, list[Row]]) -> Path:
    """Write tables in the published shape; a column a row does not give keeps its usual value."""
    usual: Row = {"period_start": PERIOD[0], "period_end": PERIOD[1], "as_of": AS_OF}
    usual |= {"is_suppressed": 0, "parameter_set": "published_2006"}
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for name, columns in TABLES.items():
            connection.execute(f"create table marts.{name} ({columns})")
            names = [part.split()[0] for part in columns.replace("(18, 4)", "").split(",")]
            marks = ", ".join("?" for _ in names)
            for row in tables[name]:
                assert row.keys() <= set(names), (name, row)
                values = [row.get(column, usual.get(column)) for column in names]
                connection.execute(f"insert into marts.{name} values ({marks})", values)
    return path


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_database(tmp_path_factory.mktemp("full") / "open.duckdb", contents())


@pytest.fixture(scope="session")
def hidden_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = contents(is_synthetic=0)
    for name in HIDEABLE:
        for row in tables[name]:
            hide(row)
    return write_database(tmp_path_factory.mktemp("hidden") / "open.duckdb", tables)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    tables["publication"] = contents()["publication"]
    return write_database(tmp_path_factory.mktemp("empty") / "open.duckdb", tables)


def _built(database: Path, folder: Path) -> Path:
    return build_reports(database, folder, notebooks=NOTEBOOKS)[0].parent


@pytest.fixture(scope="session")
def site(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(database, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def hidden_site(hidden_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(hidden_database, tmp_path_factory.mktemp("hidden_site"))


@pytest.fixture(scope="session")
def empty_site(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(empty_database, tmp_path_factory.mktemp("empty_site"))


@pytest.fixture
def tables() -> dict[str, list[Row]]:
    return contents()


@pytest.fixture
def make_database(tmp_path: Path) -> Callable[[dict[str, list[Row]]], Path]:
    def make(tables: dict[str, list[Row]]) -> Path:
        return write_database(tmp_path / "open.duckdb", tables)

    return make
