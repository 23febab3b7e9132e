"""What is landed, quarantined, built and published, for a person at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fit_warehouse import summary
from fit_warehouse.accounts import Account, accounts
from fit_warehouse.erase import erase
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolve, resolved
from fit_warehouse.publish import switch
from fit_warehouse.settings import Settings


def landed_accounts(settings: Settings, home: Home) -> Sequence[Account]:
    """Return where every row of every landed file is; the caller holds the home's lock."""
    return accounts(ledger.landed(home), resolve.ensure(settings, home))


def describe(settings: Settings, home: Home) -> list[str]:
    """Return the state of an installation in lines of text."""
    lines = [f"Home: {home.path.absolute()}", *_landed(home)]
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


def _landed(home: Home) -> list[str]:
    """Return the files and the fates of their rows as of the last resolve: nothing is changed."""
    entries, last = ledger.landed(home), resolved.last(home)
    if not entries:
        return ["Landed: nothing yet"]
    settled = [entry for entry in entries if last is not None and last.has(entry.file_id)]
    lines = _files(accounts(settled, last.fates)) if last is not None and settled else []
    newer = [entry for entry in entries if entry not in settled]
    if newer:
        lines += [
            *summary.files(newer),
            "Landed since versions were last compared, and in no number of accepted rows until "
            f"fit build: {len(newer)} file{'s' if len(newer) != 1 else ''}",
        ]
    return lines


def _files(found: Sequence[Account]) -> list[str]:
    width = max(len(summary.name_of(account.entry)) for account in found)
    # Most installations never mend or erase a row, and then need no column for it.
    more = [name for name in ("mended", "erased") if any(getattr(one, name) for one in found)]
    head = f"{'file':<{width}}  delivered   accepted  quarantined  duplicates"
    head += "".join(f"  {name:>7}" for name in more)
    rows = [
        f"{summary.name_of(account.entry):<{width}}  {account.delivered:>9}  {account.accepted:>9}  "
        f"{account.quarantined:>11}  {account.duplicates:>10}"
        + "".join(f"  {getattr(account, name):>7}" for name in more)
        for account in found
    ]
    return [head, *rows, *summary.fates(found)]
