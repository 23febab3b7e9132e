"""Where every delivered row is.

Per file: delivered = accepted + quarantined + mended + duplicates + erased. A mended row is counted
again in the file in which it was mended; there it is accepted, or what else becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fit_warehouse.landing.ledger import Entry
from fit_warehouse.landing.quarantine import closing
from fit_warehouse.landing.resolved import ACCEPTED, Fates


@dataclass(frozen=True, slots=True)
class Account:
    """Rows of one landed file by their fate."""

    entry: Entry
    accepted: int
    quarantined: int
    duplicates: int
    mended: int = 0

    @property
    def erased(self) -> int:
        """Return the rows that an erasure has taken out or kept out."""
        return self.entry.rows_erased

    @property
    def delivered(self) -> int:
        """Return the rows of the file as it was delivered."""
        return self.entry.rows_delivered

    @property
    def unaccounted(self) -> int:
        """Return delivered rows that are nowhere: always 0, or something is wrong."""
        there = self.accepted + self.quarantined + self.mended + self.duplicates + self.erased
        return self.delivered - there

    @property
    def conflicting(self) -> int:
        """Return the rows that another version contradicts; they are among the quarantined."""
        return self.quarantined - self.faulty

    @property
    def faulty(self) -> int:
        """Return the rows that are still kept out for a fault of their own."""
        return self.entry.rows_quarantined - self.mended - self.entry.rows_quarantined_erased

    def share(self, rows: int) -> float:
        """Return a number of rows as a share of the file."""
        return rows / self.delivered if self.delivered else 0.0


def accounts(entries: Sequence[Entry], fates: Fates) -> list[Account]:
    """Return the account of every landed file."""
    closed = closing.counts(entries)
    found = []
    for entry in entries:
        mended = closed.get(entry.file_id, 0)
        faulty = entry.rows_quarantined - mended - entry.rows_quarantined_erased
        found.append(
            Account(
                entry,
                fates.count(entry.file_id, *ACCEPTED),
                faulty + fates.count(entry.file_id, "conflicting"),
                fates.count(entry.file_id, "duplicate"),
                mended,
            )
        )
    return found
