"""Where every delivered row is: per file, delivered = accepted + quarantined + duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fit_warehouse.landing.ledger import Entry
from fit_warehouse.landing.resolved import ACCEPTED, Fates


@dataclass(frozen=True, slots=True)
class Account:
    """Rows of one landed file by their fate."""

    entry: Entry
    accepted: int
    quarantined: int
    duplicates: int

    @property
    def delivered(self) -> int:
        """Return the rows of the file as it was delivered."""
        return self.entry.rows_delivered

    @property
    def unaccounted(self) -> int:
        """Return delivered rows that are nowhere: always 0, or something is wrong."""
        return self.delivered - self.accepted - self.quarantined - self.duplicates

    @property
    def conflicting(self) -> int:
        """Return the rows that another version contradicts; they are among the quarantined."""
        return self.quarantined - self.entry.rows_quarantined

    def share(self, rows: int) -> float:
        """Return a number of rows as a share of the file."""
        return rows / self.delivered if self.delivered else 0.0


def accounts(entries: Sequence[Entry], fates: Fates) -> list[Account]:
    """Return the account of every landed file."""
    return [
        Account(
            entry,
            fates.count(entry.file_id, *ACCEPTED),
            entry.rows_quarantined + fates.count(entry.file_id, "conflicting"),
            fates.count(entry.file_id, "duplicate"),
        )
        for entry in entries
    ]
