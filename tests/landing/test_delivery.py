"""What is said beside the files: when they were extracted, and whether they are synthetic."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fit_warehouse.errors import DataError, UsageError
from fit_warehouse.landing import files

if TYPE_CHECKING:
    from tests.landing.conftest import Site

TEAM = "team_code,name_fi\nT1,Hehku\n"


def test_a_delivery_toml_without_permission_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("team.csv", TEAM)
    site.delivered_at("2025-01-01T00:00:00")

    def read_text(path: Path, **_: Any) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", read_text)
    with pytest.raises(UsageError, match=r"no permission to read .*delivery\.toml"):
        files.scan(site.landing)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extracted_at = ", "not valid TOML"),
        ("extracted_at = 2025-01-01", "date and time without zone"),
        ("extracted_at = 2025-01-01T06:00:00Z", "date and time without zone"),
        ('extracted_at = "2025-01-01T06:00:00"', "date and time without zone"),
        ('synthetic = "false"', "true or false"),
        ("synthethic = true", "synthethic is not known"),
        ("note = 'P\xe4iv\xe4'", "not valid TOML"),
    ],
)
def test_a_delivery_toml_that_cannot_be_understood_stops_the_landing(
    site: Site, text: str, said: str
) -> None:
    site.write("team.csv", TEAM)
    site.write("delivery.toml", text.encode("latin-1"))
    with pytest.raises(DataError, match=said) as raised:
        site.land()
    assert "delivery.toml" in str(raised.value)
    assert not site.stored("raw", "ledger")


def test_a_delivery_toml_speaks_for_the_files_of_its_own_folder(site: Site) -> None:
    site.write("a/delivery.toml", "\ufeffextracted_at = 2025-01-02T03:04:05\nnote = 'x'\n")
    site.write("a/team_2024-12-31.csv", TEAM)
    site.write("b/team_2024-12-31.csv", TEAM.replace("T1", "T2"))
    site.write("b/team.csv", TEAM.replace("T1", "T3"))
    site.land()
    assert {row["team_code"]: row["version_at"] for row in site.accepted("team")} == {
        "T1": datetime(2025, 1, 2, 3, 4, 5),
        "T2": datetime(2024, 12, 31),
        "T3": None,
    }


@pytest.mark.parametrize("first_is_synthetic", [True, False])
def test_synthetic_and_real_data_never_meet_in_one_home(
    site: Site, first_is_synthetic: bool
) -> None:
    site.write("team.csv", TEAM)
    site.delivered_at("2025-01-01T00:00:00", synthetic=first_is_synthetic)
    site.land()
    before = site.stored("raw")
    site.write("team.csv", TEAM.replace("T1", "T2"))
    site.delivered_at("2025-01-02T00:00:00", synthetic=not first_is_synthetic)
    landing = site.land()
    assert [entry.refused_for for entry in landing.refused] == ["synthetic_and_real"]
    assert site.stored("raw") == before
    assert [row["team_code"] for row in site.accepted("team")] == ["T1"]
