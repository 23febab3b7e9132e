"""The commands at a terminal's end: what they say, ask and read, and what they never show."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fit_warehouse import cli
from fit_warehouse.landing import ledger, resolve
from tests.landing.erase.conftest import mentions
from tests.landing.erase.test_person import GONE

if TYPE_CHECKING:
    from tests.landing.conftest import Site

Fit = Callable[..., tuple[int, str]]


@pytest.fixture
def fit(
    families: Site,
    key_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Fit:
    """Return a function that calls the command in the families' home: exit code and what it said."""
    own = tmp_path / "pseudonym.key"
    shutil.copy(key_file, own)
    own.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIT_HOME", str(families.home.path))
    monkeypatch.setenv("FIT_PATHS_KEY_FILE", str(own))

    def call(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["fit", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    return call


def test_quarantine_is_listed_shown_and_exported(families: Site, fit: Fit) -> None:
    code, listed = fit("quarantine")
    assert code == 0
    assert "response.csv, rows 7, 8, column total: The score is outside" in listed
    assert fit("quarantine", "list") == (code, listed)
    finnish = fit("quarantine", "list", "--language", "fi")[1]
    assert "Pistemäärä on asteikon ulkopuolella. Korjaa pistemäärä" in finnish
    shown = fit("quarantine", "show", "response.csv", "7")[1]
    (entry,) = (e for e in ledger.landed(families.home) if e.file_name == "response.csv")
    assert shown == fit("quarantine", "show", f"{entry.file_id}.7")[1]
    assert "C-1" not in shown
    assert "team_code" in shown
    assert "is not in the quarantine" in fit("quarantine", "show", "response.csv", "2")[1]
    code, said = fit("quarantine", "export", "--to", "out", "--reason", "score_out_of_range")
    (path,) = Path("out").iterdir()
    assert (code, f"{path.absolute()}: 2 rows" in said) == (0, True)
    assert fit("quarantine", "export", "--reason", "not_a_date")[1].startswith("No quarantined row")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("quarantine", "list", "--language", "de"), "fi, sv, en"),
        (("quarantine", "show", "response.csv"), "give a file and a row"),
        (("quarantine", "show", "nothing.csv", "2"), "no such file"),
        (("quarantine", "export", "--delimiter", "|"), "; and ,"),
        (("quarantine", "export", "--reason", "no_such"), "no such reason"),
        (("quarantine", "export", "--file", "no_such"), "no such file"),
        (("erase",), "standard input"),
        (("key", "rotate"), "--yes"),
    ],
)
def test_a_wrong_call_says_what_is_right(fit: Fit, arguments: tuple[str, ...], said: str) -> None:
    code, text = fit(*arguments)
    assert code == 2
    assert said in text


def test_a_person_is_erased_from_standard_input(families: Site, fit: Fit) -> None:
    before = families.stored("raw", "quarantine", "ledger")
    code, counted = fit("erase", "--dry-run", typed="C-1\n")
    assert code == 0
    assert "raw store, response: 3 rows" in counted
    assert "quarantine, response: 1 rows" in counted
    assert fit("erase", typed="C-1\n")[0] == 2, "nobody has confirmed it"
    assert families.stored("raw", "quarantine", "ledger") == before
    code, said = fit("erase", "--yes", typed="C-1\n")
    assert (code, "Erased." in said) == (0, True)
    assert not [text for text in ("C-1", *GONE) if text in counted + said]
    assert mentions(families.home.path, GONE) == []
    assert "Nothing is left to do." in fit("erase", "--resume")[1]
    with families.home.locked():
        resolve.ensure(families.settings, families.home)
    assert "+ erased" in fit("status")[1]


def test_the_reference_is_no_argument(fit: Fit) -> None:
    code, said = fit("erase", "C-1")
    assert code == 2
    assert "unexpected" in said.lower()


def test_retention_shows_before_it_removes(
    families: Site, fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No episode has been kept too long." in fit("retention")[1]
    monkeypatch.setenv("FIT_RETENTION_BY_SERVICE", "other=6")
    before = families.stored("raw")
    assert "other, closed 2025: 1 episodes" in fit("retention")[1]
    assert families.stored("raw") == before
    code, said = fit("retention", "--apply", "--yes")
    assert (code, "raw store, episode: 1 rows" in said) == (0, True)
    assert "No episode has been kept too long." in fit("retention")[1]


def test_a_key_is_rotated_and_never_shown(families: Site, fit: Fit, tmp_path: Path) -> None:
    code, said = fit("key", "rotate", "--yes")
    assert (code, "holds 2 keys" in said) == (0, True)
    for key in (tmp_path / "pseudonym.key").read_text("ascii").split():
        assert key not in said
    assert fit("quarantine")[0] == 0
