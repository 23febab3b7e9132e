"""A landing folder and a home of one's own, with valid rows to spoil."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from fit_warehouse.accounts import Account, accounts
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolve, resolved
from fit_warehouse.landing.contract import tables
from fit_warehouse.landing.land import Landing, land
from fit_warehouse.landing.resolved import Fates
from fit_warehouse.settings import Land, Paths, Settings

Row = Mapping[str, str]

KEY = bytes(range(32))

# One valid row of every table of the intake contract, as text.
VALID: dict[str, dict[str, str]] = {
    "response": {
        "source_system": "fit",
        "source_record_id": "1",
        "client_ref": "C-1",
        "episode_ref": "E-1",
        "session_ref": "S-1",
        "session_date": "2025-01-15",
        "entered_at": "2025-01-15 09:02",
        "instrument_code": "ORS",
        "respondent_role": "self",
        "respondent_ref": "",
        "worker_ref": "W-1",
        "team_code": "T1",
        "is_skipped": "0",
        "skip_reason": "",
        "item_1": "4.1",
        "item_2": "5.2",
        "item_3": "3.9",
        "item_4": "4.0",
        "total": "17.2",
        "extracted_at": "",
    },
    "session": {
        "session_ref": "S-1",
        "episode_ref": "E-1",
        "session_date": "2025-01-15",
        "starts_at": "2025-01-15 09:00",
        "duration_minutes": "60",
        "attendance": "attended",
        "worker_ref": "W-1",
        "team_code": "T1",
        "service_code": "hehku",
        "channel": "home",
        "extracted_at": "",
    },
    "episode": {
        "episode_ref": "E-1",
        "service_code": "hehku",
        "team_code": "T1",
        "referred_on": "2025-01-02",
        "opened_on": "2025-01-15",
        "closed_on": "2025-05-15",
        "ending_code": "planned_end",
        "planned_sessions": "10",
        "planned_months": "6",
        "planned_days": "",
    },
    "episode_client": {
        "episode_ref": "E-1",
        "client_ref": "C-1",
        "role": "index",
        "birth_date": "2011-04-09",
        "birth_year": "",
        "gender": "female",
    },
    "client_link": {
        "source_system": "fit",
        "source_client_ref": "X-1",
        "client_ref": "C-1",
        "valid_from": "2025-01-01",
    },
    "session_worker": {"session_ref": "S-1", "worker_ref": "W-2"},
    "session_episode": {"session_ref": "S-1", "episode_ref": "E-2"},
    "team": {"team_code": "T1", "name_fi": "Hehku-tiimi", "fit_adopted_on": "2024-01-01"},
    "service": {"service_code": "hehku", "name_fi": "Hehku", "measure_rhythm": "session"},
    "worker": {
        "worker_ref": "W-1",
        "team_code": "T1",
        "trained_on": "2023-11-01",
        "is_trainer": "0",
        "valid_from": "2023-01-01",
        "valid_to": "",
    },
    "unit_price": {
        "service_code": "hehku",
        "basis": "period",
        "amount_eur": "8664.00",
        "planned_units": "6",
        "planned_unit": "month",
        "per": "client",
        "valid_from": "2025-01-01",
        "price_year": "2025",
        "procurement": "purchased",
        "no_show_is_used": "0",
        "vat_included": "0",
        "source": "price list",
    },
    "survey_response": {
        "survey_code": "nomad",
        "wave": "1",
        "respondent_hash": "abc",
        "team_code": "T1",
        "item_code": "coherence_1",
        "value": "4",
    },
    "avoided_service": {
        "client_ref": "C-1",
        "episode_ref": "E-1",
        "service_code": "foster_care",
        "decided_on": "2025-03-01",
        "kind": "deferred",
        "source": "worker",
    },
    "cost_assumption": {
        "factor": "attribution_share",
        "service_code": "hehku",
        "low": "0.5",
        "base": "0.75",
        "high": "1",
        "unit": "share",
        "valid_from": "2025-01-01",
        "valid_to": "",
        "is_assumption": "1",
        "source": "steering group",
    },
    "fit_cost": {
        "cost_item": "licence",
        "team_code": "T1",
        "amount_eur": "20.00",
        "per": "month",
        "quantity": "12",
        "period_from": "2025-01-01",
        "period_to": "2025-12-31",
        "price_year": "2025",
        "vat_included": "0",
        "source": "contract",
    },
    "price_index": {
        "series": "index of the county",
        "base_year": "2023",
        "period": "2025",
        "value": "104.5",
        "source": "the publisher",
        "retrieved_on": "2025-02-01",
    },
    "finance_confirmation": {
        "service_code": "hehku",
        "period_from": "2025-01-01",
        "period_to": "2025-03-31",
        "amount_eur": "2888.00",
        "price_year": "2025",
        "vat_included": "0",
        "confirmed_by_role": "controller",
        "confirmed_on": "2025-04-15",
        "source": "accounts",
    },
    "correction": {
        "table_name": "response",
        "source_system": "fit",
        "source_record_id": "1",
        "session_ref": "",
        "episode_ref": "",
        "action": "delete",
        "corrected_at": "2025-02-01T00:00:00",
    },
}


@dataclass(frozen=True)
class Site:
    """One landing folder with its home."""

    settings: Settings
    home: Home

    @property
    def landing(self) -> Path:
        return self.settings.landing

    def row(self, table: str, **changes: str) -> dict[str, str]:
        """Return the valid row of a table with some values changed or added."""
        return {**VALID[table], **changes}

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def csv(self, name: str, *rows: Row, delimiter: str = ",") -> Path:
        return self.write(name, self.text(*rows, delimiter=delimiter))

    def text(self, *rows: Row, delimiter: str = ",") -> str:
        """Return rows as CSV; the columns are all that any of the rows has."""
        header = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, header, restval="", delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def delivered_at(self, moment: str, folder: str = "", *, synthetic: bool = False) -> None:
        text = f"extracted_at = {moment}\nsynthetic = {str(synthetic).lower()}\n"
        self.write(f"{folder}/delivery.toml" if folder else "delivery.toml", text)

    def land(self) -> Landing:
        """Land the folder; wherever a test lands, every delivered row must be somewhere."""
        with self.home.locked():
            landing = land(self.settings, self.home)
            resolve.ensure(self.settings, self.home)
        for account in self.accounts():
            parts = (
                *(account.accepted, account.quarantined, account.duplicates),
                *(account.mended, account.erased),
            )
            assert account.unaccounted == 0, account
            assert sum(parts) == account.delivered, account
            assert min(parts) >= 0, account
        return landing

    def accounts(self) -> list[Account]:
        return accounts(ledger.landed(self.home), self.fates)

    @property
    def fates(self) -> Fates:
        """Return the fates of all rows as of the last resolve."""
        last = resolved.last(self.home)
        assert last is not None
        return last.fates

    def account(self, file_name: str) -> Account:
        (found,) = (a for a in self.accounts() if a.entry.file_name == file_name)
        return found

    def accepted(self, table: str) -> list[dict[str, Any]]:
        """Return the accepted rows of a table, in the order of their values."""
        rows = pl.read_parquet(self.home.accepted / f"{table}.parquet", glob=False).to_dicts()
        return sorted(rows, key=lambda row: [str(value) for value in row.values()])

    def problems(self) -> dict[tuple[str, int], set[tuple[str, str]]]:
        """Return {(file, row number): {(column, reason)}} of every row kept out."""
        names = {entry.file_id: entry.file_name for entry in ledger.landed(self.home)}
        connection = duckdb.connect()
        rows = resolve.conflicting(connection, self.home)
        connection.close()
        for path in self.home.quarantine.glob("*.parquet"):
            rows += pl.read_parquet(path, glob=False).to_dicts()
        found: dict[tuple[str, int], set[tuple[str, str]]] = {}
        for row in rows:
            place = (names[str(row["file_id"])], int(str(row["row_number"])))
            found.setdefault(place, set()).add((str(row["column_name"]), str(row["reason_code"])))
        return found

    def stored(self, *folders: str) -> dict[str, bytes]:
        """Return the bytes of every file below some folders of the home."""
        paths: Iterable[Path] = (
            path for folder in folders for path in sorted((self.home.path / folder).rglob("*"))
        )
        return {
            path.relative_to(self.home.path).as_posix(): path.read_bytes()
            for path in paths
            if path.is_file()
        }


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "pseudonym.key"
    path.write_text(KEY.hex() + "\n", encoding="ascii", newline="\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="session")
def new_site(tmp_path_factory: pytest.TempPathFactory, key_file: Path) -> Callable[..., Site]:
    """Return a maker of sites; all share one key, and keep every good row of a bad file."""

    def make(max_quarantined_share: float = 1.0) -> Site:
        # Brackets in a path are patterns to an engine that globs.
        home = tmp_path_factory.mktemp("site") / "FIT [test] 'ä'"
        settings = Settings(
            paths=Paths(home=home, key_file=key_file), land=Land(max_quarantined_share)
        )
        settings.landing.mkdir(parents=True)
        return Site(settings, Home(home))

    return make


@pytest.fixture
def site(new_site: Callable[..., Site]) -> Site:
    return new_site()


@pytest.fixture(scope="session")
def every_table() -> tuple[str, ...]:
    return tuple(tables())
