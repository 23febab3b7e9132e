"""A person goes from all that is stored, nobody else does, and the books stay true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fit_warehouse.erase import erase as erasing
from fit_warehouse.erase import purge
from fit_warehouse.erase.erase import Erasure
from fit_warehouse.errors import DataError, UsageError
from fit_warehouse.landing import ledger
from fit_warehouse.status import describe
from tests.landing.erase.conftest import mentions, write_families
from tests.landing.quarantine.test_mending import exported
from tests.landing.test_pseudonyms import expected

if TYPE_CHECKING:
    from tests.landing.conftest import Site

Erase = Callable[..., Erasure]
# Of the episode E-1 the name stays, in the meeting S-9 of several families that was planned in it.
GONE = {
    expected("C-1", "client"),
    expected("S-1", "session"),
    *(expected(text, "record") for text in ("1", "2", "5", "6")),
}
STAY = {
    "response": {expected(text, "record") for text in ("3", "4", "8")},
    "session": {expected(text, "session") for text in ("S-2", "S-9")},
    "episode": {expected("E-2", "episode")},
    "episode_client": {expected("E-2", "episode")},
    "session_episode": {expected("S-9", "session")},
    "session_worker": set(),
    "avoided_service": set(),
    "client_link": set(),
}
KEYS = {
    "response": "source_record_id",
    "session": "session_ref",
    "episode": "episode_ref",
    "session_episode": "session_ref",
    "session_worker": "session_ref",
    "episode_client": "episode_ref",
    "avoided_service": "client_ref",
    "client_link": "client_ref",
}


def kept(site: Site) -> dict[str, set[str]]:
    return {table: {row[key] for row in site.accepted(table)} for table, key in KEYS.items()}


@pytest.mark.parametrize(("reference", "system"), [("C-1", None), (" C-1\n", None), ("17", "app")])
def test_a_person_goes_and_nobody_else(
    families: Site, erase: Erase, reference: str, system: str | None
) -> None:
    exported(families)
    done = erase(families, reference, system)
    assert done.raw["response"] == 3
    assert done.quarantine == {"response": 1}
    families.land()
    assert kept(families) == STAY
    assert mentions(families.home.path, GONE) == []
    account = families.account("response.csv")
    assert (account.delivered, account.accepted, account.quarantined, account.erased) == (
        8,
        3,
        1,
        4,
    )


def test_a_client_whose_id_only_looks_like_the_person_s_stays(families: Site, erase: Erase) -> None:
    erase(families, "17", "fit")
    families.land()
    records = {row["source_record_id"] for row in families.accepted("response")}
    assert expected("2", "record") in records, "17 of the app is another client"
    assert expected("3", "record") not in records
    assert expected("1", "record") in records


def test_a_delivery_does_not_bring_a_person_back(families: Site, erase: Erase) -> None:
    erase(families, "C-1")
    families.land()
    before = kept(families)
    write_families(families, "again", "2025-09-01T06:00:00")
    families.land()
    assert kept(families) == before
    account = families.account("again/response.csv")
    assert (account.delivered, account.erased, account.duplicates) == (8, 4, 3)
    assert families.account("again/client_link.csv").erased == 1
    assert mentions(families.home.path, GONE) == []
    # What is said of others later, in an episode that was the person's alone, is theirs.
    families.delivered_at("2025-10-01T06:00:00", "later")
    families.csv(
        "later/response.csv",
        families.row("response", source_record_id="9", client_ref="C-4", respondent_ref="C-2"),
    )
    families.land()
    assert expected("9", "record") in kept(families)["response"]


def test_an_erased_person_s_exported_row_is_not_taken_back(families: Site, erase: Erase) -> None:
    rows = exported(families)["response_mended_2026-11-22.csv"]
    (mine,) = (row for row in rows if row["client_ref"].endswith(expected("C-1", "client")))
    erase(families, "C-1")
    assert not list(families.home.mend.glob("*"))
    families.csv("response_mended.csv", {**mine, "total": "17.2"})
    (refused,) = families.land().refused
    assert refused.refused_for == "unknown_entry"


def test_a_mended_and_then_erased_row_is_counted_where_it_was(families: Site, erase: Erase) -> None:
    rows = exported(families)["response_mended_2026-11-22.csv"]
    families.csv("response_mended.csv", *({**row, "total": "17.2"} for row in rows))
    families.land()
    done = erase(families, "C-1")
    assert any("response_mended.csv" in note for note in done.notes)
    families.land()
    old = families.account("response.csv")
    assert (old.quarantined, old.mended, old.erased) == (0, 2, 3)
    assert families.account("response_mended.csv").erased == 1
    assert mentions(families.home.path, GONE) == []


def test_a_preview_changes_nothing(families: Site, erase: Erase) -> None:
    before = families.stored("")
    doom = erasing.of_person(families.home, "C-1", None)
    counted = erasing.preview(families.settings, families.home, doom)
    after = families.stored("")
    assert after == before
    done = erase(families, "C-1")
    assert (done.raw, done.quarantine) == (counted.raw, counted.quarantine)


def test_erasing_again_or_somebody_unknown_removes_nothing(families: Site, erase: Erase) -> None:
    assert erase(families, "C-99").n_rows == 0
    erase(families, "C-1")
    families.land()
    before = families.stored("raw", "ledger", "quarantine")
    assert erase(families, "C-1").n_rows == 0
    assert families.stored("raw", "ledger", "quarantine") == before


def test_the_log_and_the_tombstones_name_nobody(families: Site, erase: Erase) -> None:
    erase(families, "C-1")
    log = families.home.erasures.read_text("utf-8")
    assert '"kind": "person"' in log
    for content in (log, families.home.tombstones.read_bytes().decode("latin-1")):
        assert not [text for text in ("C-1", *GONE) if text in content]


STOPS = ("tombstones", "a raw file", "the ledger", "the releases", "the log")


@pytest.mark.parametrize("stop_at", STOPS)
def test_a_stop_anywhere_is_made_up_for(
    families: Site, erase: Erase, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    calls = 0

    def stop(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        if stop_at != "a raw file" or calls > 2:
            raise KeyboardInterrupt
        real(*_, **__)  # type: ignore[arg-type]  # as it was called

    owner, name = {
        "tombstones": (erasing.database, "write_parquet"),
        "a raw file": (purge, "_rewrite"),
        "the ledger": (ledger, "write"),
        "the releases": (purge.releases, "purge"),
        "the log": (erasing, "_log"),
    }[stop_at]
    real = getattr(owner, name)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(KeyboardInterrupt):
            erase(families, "C-1")
    assert erasing.is_pending(families.home)
    with families.home.locked():
        notes = erasing.finish(families.settings, families.home)
    assert not erasing.is_pending(families.home)
    if stop_at == "tombstones":
        assert "nothing has been erased" in notes[0]
        erase(families, "C-1")
    families.land()
    assert kept(families) == STAY
    assert mentions(families.home.path, GONE) == []


def test_an_id_of_several_persons_is_not_guessed(site: Site, erase: Erase) -> None:
    links = (
        site.row("client_link", source_system="app", source_client_ref="17", client_ref=client)
        for client in ("C-1", "C-2")
    )
    site.csv(
        "client_link.csv",
        *({**link, "valid_from": f"202{n}-01-01"} for n, link in enumerate(links)),
    )
    site.land()
    for reference, system in (("17", "app"), ("C-1", None)):
        with pytest.raises(DataError, match="several persons"):
            erase(site, reference, system)
    with pytest.raises(UsageError, match="standard input"):
        erase(site, " \n")


KILLED = """
import os, signal, sys
from pathlib import Path
from fit_warehouse.erase import erase, purge
from fit_warehouse.home import Home
from fit_warehouse.settings import Paths, Settings

home = Home(Path(sys.argv[1]))
settings = Settings(paths=Paths(home=home.path, key_file=Path(sys.argv[2])))
real, calls = purge._rewrite, []

def killed(*given):
    calls.append(given)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*given)

purge._rewrite = killed
with home.locked():
    erase.erase(settings, home, erase.of_person(home, "C-1", None), "person")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_killed_erasure_says_so_and_is_finished(families: Site, key_file: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(families.home.path), str(key_file)],
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL
    assert mentions(families.home.path, GONE), "it was killed halfway"
    assert any("fit erase --resume" in line for line in describe(families.settings, families.home))
    # Even before it is finished nothing comes back.
    write_families(families, "again", "2025-09-01T06:00:00")
    with families.home.locked():
        erasing.finish(families.settings, families.home)
    families.land()
    assert kept(families) == STAY
    assert mentions(families.home.path, GONE) == []
