"""Every bad file is named with its place and its reason, and takes nothing else with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fit_warehouse import project
from fit_warehouse.accounts import Account
from fit_warehouse.landing import files, ledger
from fit_warehouse.landing.land import Landing
from fit_warehouse.landing.ledger import Entry
from tests.landing.faults import layouts, parquets, places, texts, values, workbooks
from tests.landing.faults.registry import SECRET, Case

if TYPE_CHECKING:
    from tests.landing.conftest import Site

FAMILIES = (texts, values, workbooks, parquets, places, layouts)
ALL = [case for family in FAMILIES for case in family.CASES]
CASES = [case for case in ALL if not (case.is_posix and sys.platform == "win32")]

# What needs a home or a setting of its own, or is no fault of one file.
ELSEWHERE = {
    "too_many_quarantined": "tests/landing/test_files.py",
    "synthetic_and_real": "tests/landing/test_files.py",
    "unknown_entry": "tests/landing/test_files.py",
    "two_mappings": "tests/landing/adapters/test_mapping.py",
    "unknown_sheet": "tests/landing/adapters/test_mapping.py",
}
# Rows that are kept, and flagged by the marts.
IN_MARTS = {
    "unknown_team": "tests/demo/test_flaws.py",
    "orphan_session": "tests/demo/test_flaws.py",
    "all_zero": "tests/demo/test_flaws.py",
    "closed_before_opened": "tests/parity/test_quarter_marts.py",
    "orphan_episode": "models/intermediate/int_response_scored.yml",
    "form_age_mismatch": "models/intermediate/int_response_scored.yml",
    "unknown_service": "fit_warehouse/summary.py",
}


@dataclass(frozen=True)
class Found:
    """What one landing of all cases gave."""

    site: Site
    landing: Landing
    entries: dict[str, Entry]
    accounts: dict[str, Account]
    problems: dict[tuple[str, int], set[tuple[str, str]]]

    @property
    def said(self) -> str:
        """Return all that a person may read of it."""
        return "\n".join([*self.landing.notes, *(entry.refusal for entry in self.entries.values())])


@pytest.fixture(scope="module")
def found(new_site: Callable[..., Site]) -> Iterator[Found]:
    """All cases in one folder: what is wrong with one must not touch another."""
    site = new_site()
    by_folder = {site.landing / case.name: case for case in CASES}
    for number, (folder, case) in enumerate(by_folder.items()):
        folder.mkdir()
        case.write(folder, f"c{number}-")
    real_hash, real_open = files.content_hash, Path.open

    def content_hash(path: Path) -> str:
        digest = real_hash(path)
        case = by_folder.get(path.parent)
        if case and case.during:
            case.during(path)
        return digest

    def locked_open(path: Path, *arguments: Any, **options: Any) -> Any:
        case = by_folder.get(path.parent)
        if case and case.is_locked:
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "content_hash", content_hash)
        patch.setattr(Path, "open", locked_open)
        landing = site.land()
    entries = {entry.file_name: entry for entry in ledger.entries(site.home)}
    accounts = {account.entry.file_name: account for account in site.accounts()}
    return Found(site, landing, entries, accounts, site.problems())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_its_reason_its_place_and_its_accounts(found: Found, case: Case) -> None:
    name = f"{case.name}/{case.file}"
    notes = [note for note in found.landing.notes if note.startswith(name)]
    assert any(case.note in note for note in notes) or not case.note
    kept_out = {row: faults for (file, row), faults in found.problems.items() if file == name}
    assert kept_out == {row: {fault} for row, fault in case.problems.items()}
    if case.note and name not in found.entries:
        return
    entry = found.entries[name]
    assert (entry.refused_for, entry.sheet if case.refused else "") == (case.refused, case.sheet)
    if case.refused:
        assert entry.status == ledger.REFUSED
        assert all(place in entry.refusal for place in case.says), entry.refusal
        assert name not in found.accounts
        return
    account = found.accounts[name]
    assert account.accepted == case.accepted
    assert account.quarantined == len(case.problems)
    assert account.duplicates == case.duplicates
    assert account.delivered == case.accepted + len(case.problems) + case.duplicates


def test_nothing_is_stored_of_refused_files(found: Found) -> None:
    landed = {entry.file_id for entry in ledger.landed(found.site.home)}
    stored = {Path(name).stem for name in found.site.stored("raw", "quarantine")}
    assert stored <= landed
    assert len(landed) == sum(entry.status == ledger.LANDED for entry in found.entries.values())


def test_no_message_and_no_quarantine_repeats_a_value(found: Found) -> None:
    assert SECRET not in found.said
    for name, raw in found.site.stored("quarantine", "ledger").items():
        assert SECRET.encode() not in raw, name


def test_every_message_is_one_line(found: Found) -> None:
    for text in (
        *found.landing.notes,
        *found.entries,
        *(e.refusal for e in found.entries.values()),
    ):
        assert files.shown(text) == text


def test_nothing_outside_of_the_folder_is_read(found: Found) -> None:
    teams = {row["team_code"] for row in found.site.accepted("team")}
    assert teams
    assert "outside" not in teams
    assert not any(team.endswith("hidden") for team in teams)


def test_a_name_like_a_pattern_takes_no_neighbour_in(found: Found) -> None:
    for case in CASES:
        if case.name.startswith("name ") and case.accepted:
            assert found.accounts[f"{case.name}/{case.file}"].delivered == 1


def test_every_reason_that_landing_gives_has_a_case() -> None:
    fates = ("file_refused", "row_quarantined", "kept_flagged")
    codes = {row["reason_code"] for row in project.seed("reason") if row["fate"] in fates}
    cases = set().union(*(case.reasons for case in ALL))
    assert cases | ELSEWHERE.keys() | IN_MARTS.keys() == codes
    assert not cases & (ELSEWHERE.keys() | IN_MARTS.keys())


@pytest.mark.parametrize(("code", "place"), [*ELSEWHERE.items(), *IN_MARTS.items()])
def test_what_is_tested_elsewhere_is_there(code: str, place: str) -> None:
    text = (Path(__file__).resolve().parents[3] / place).read_text(encoding="utf-8")
    assert code in text


def test_names_of_cases_are_their_own() -> None:
    assert len({case.name for case in ALL}) == len(ALL)
