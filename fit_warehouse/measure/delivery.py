"""The ledger as tables: what was delivered, and where every row of it is, for the quality report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fit_warehouse.accounts import Account, accounts
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolved

CONFLICTING = "conflicting_versions"


def deliveries(home: Home) -> Iterator[Mapping[str, Any]]:
    """Yield a line for each part of a landed file."""
    for account in _accounts(home):
        entry = account.entry
        yield {
            "file_id": entry.file_id,
            "file_name": entry.file_name,
            "part_name": entry.sheet,
            "delivered_table": entry.table_name,
            "adapter": entry.adapter,
            "adapter_version": entry.adapter_version,
            "content_hash": entry.sha256,
            "landed_at": _moment(entry.landed_at),
            "extracted_at": _moment(entry.extracted_at),
            "n_delivered": account.delivered,
            "n_accepted": account.accepted,
            "n_quarantined": account.quarantined,
            "n_duplicate": account.duplicates,
            "n_mended": account.mended,
            "n_erased": account.erased,
        }


def reasons(home: Home) -> Iterator[Mapping[str, Any]]:
    """Yield a line for each reason for which rows of a file were kept out when it was landed."""
    for account in _accounts(home):
        counted = dict(account.entry.reasons)
        if account.conflicting:
            counted[CONFLICTING] = account.conflicting
        for code, n_rows in sorted(counted.items()):
            yield {"file_id": account.entry.file_id, "reason_code": code, "n_rows_kept_out": n_rows}


def _accounts(home: Home) -> list[Account]:
    """Return the accounts of the files that the build was made of."""
    last = resolved.last(home)
    if last is None:
        return []
    return accounts([entry for entry in ledger.landed(home) if last.has(entry.file_id)], last.fates)


def _moment(text: str | None) -> datetime | None:
    """Return a time of the ledger without its zone, which is UTC for what the program did itself."""
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
