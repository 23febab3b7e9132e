"""What is landed, quarantined, built and published, for a person at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fit_warehouse import database, summary
from fit_warehouse.accounts import Account, accounts
from fit_warehouse.erase import erase
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.landing.resolve import fates
from fit_warehouse.publish import switch
from fit_warehouse.settings import Settings


def landed_accounts(settings: Settings, home: Home) -> Sequence[Account]:
    """Return where every row of every landed file is; reads, and changes nothing."""
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    try:
        return accounts(ledger.landed(home), fates(connection, home))
    finally:
        connection.close()


def describe(settings: Settings, home: Home) -> list[str]:
    """Return the state of an installation in lines of text."""
    found = landed_accounts(settings, home)
    lines = [f"Home: {home.path.absolute()}"]
    lines += ["Landed: nothing yet"] if not found else _files(found)
    if erase.is_pending(home):
        lines.append("An erasure was stopped halfway. Finish it: fit erase --resume")
    refused = [entry for entry in ledger.entries(home) if entry.status == ledger.REFUSED]
    lines += [f"Refused: {entry.file_name}: {entry.refusal}" for entry in refused]
    if home.build_database.is_file():
        changed = datetime.fromtimestamp(home.build_database.stat().st_mtime, UTC)
        lines.append(f"Built: {changed:%Y-%m-%d %H:%M} UTC")
    else:
        lines.append("Built: not yet")
    manifest = switch.current_manifest(settings.paths.published)
    if manifest is None:
        lines.append("Published: nothing yet")
    else:
        kind = "synthetic data" if manifest["is_synthetic"] else "real data"
        lines.append(
            f"Published: release {manifest['release_id']} ({kind}), data up to {manifest['as_of']}, "
            f"in {(settings.paths.published / switch.CURRENT).absolute()}"
        )
    return lines


def _files(found: Sequence[Account]) -> list[str]:
    width = max(len(account.entry.file_name) for account in found)
    # Most installations never mend or erase a row, and then need no column for it.
    more = [name for name in ("mended", "erased") if any(getattr(one, name) for one in found)]
    head = f"{'file':<{width}}  delivered   accepted  quarantined  duplicates"
    head += "".join(f"  {name:>7}" for name in more)
    rows = [
        f"{account.entry.file_name:<{width}}  {account.delivered:>9}  {account.accepted:>9}  "
        f"{account.quarantined:>11}  {account.duplicates:>10}"
        + "".join(f"  {getattr(account, name):>7}" for name in more)
        for account in found
    ]
    return [head, *rows, *summary.fates(found)]
