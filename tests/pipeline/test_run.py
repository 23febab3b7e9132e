"""The main job as a person runs it: exit codes, messages, and the old publication untouched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fit_warehouse.measure import measure as measuring

if TYPE_CHECKING:
    from tests.pipeline.conftest import Outcome

Fit = Callable[..., "Outcome"]
Run = Callable[[], "Outcome"]


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_main_job_publishes_and_says_so(
    fit: Fit, run: Run, first_run: tuple[Path, Outcome], installation: Path
) -> None:
    folder, first = first_run
    assert first.code == 0, first.err
    assert "Delivered 26 = accepted 26 + quarantined 0 + duplicates 0." in first.out
    assert "too few families" in first.out
    index = folder / "published" / "current" / "open" / "reports" / "index.html"
    assert str(index) in first.out
    assert "city_overview_fi.html" in index.read_text(encoding="utf-8")

    current = folder / "published" / "current"
    manifest = json.loads((current / "manifest.json").read_text("utf-8"))
    assert manifest["is_synthetic"] is True
    assert len(manifest["inputs"]) == 8
    assert all(check["success"] for check in manifest["checks"])
    files = {name: hash_ for name, hash_ in fingerprint(current).items() if name != "manifest.json"}
    assert manifest["files"] == files

    raw = fingerprint(installation / "var" / "raw")
    second = run()
    assert second.code == 0, second.err
    assert "8 files had been landed before" in second.out
    assert fingerprint(installation / "var" / "raw") == raw


def test_a_refused_file_stops_the_job_and_leaves_the_publication(
    fit: Fit, run: Run, installation: Path
) -> None:
    before = fingerprint(installation / "published" / "current")
    late = installation / "landing" / "response_late.csv"
    header, row, *_ = (installation / "landing" / "response.csv").read_text("utf-8").splitlines()
    late.write_text(
        f"{header}\n{row.replace('4.1', '10.1').replace(',1,', ',99,')}\n", encoding="utf-8"
    )

    stopped = run()
    assert stopped.code == 1
    for part in (
        "response_late.csv",
        "row 2",
        "item_1",
        "score_out_of_range",
        "nothing is published",
    ):
        assert part in stopped.err
    assert fingerprint(installation / "published" / "current") == before

    status = fit("status")
    assert status.code == 0
    assert "Refused: response_late.csv" in status.out
    assert "Delivered 26 = accepted 26 + quarantined 0 + duplicates 0." in status.out

    late.unlink()
    assert fit("land", "--landing", "landing").code == 0
    assert "Refused" not in fit("status").out


def test_a_failed_data_test_publishes_nothing(
    fit: Fit, run: Run, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(installation / "published" / "current")
    whole = dict(measuring.MEASURES)

    def impossible(context: object) -> object:
        rows = list(whole["city_outcome"](context))  # type: ignore[arg-type]
        return [
            {**row, "estimate": 1.5} if row["indicator"].startswith("share") else row
            for row in rows
        ]

    monkeypatch.setitem(measuring.MEASURES, "city_outcome", impossible)
    stopped = run()
    assert stopped.code == 1
    assert "higher than its indicator can be" in stopped.err
    assert "ORS self share_recovered" in stopped.err
    assert fingerprint(installation / "published" / "current") == before


def test_a_defect_is_called_one_and_publishes_nothing(
    fit: Fit, run: Run, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("fit_warehouse.pipeline.build.build", broken)
    stopped = run()
    assert stopped.code == 3
    assert "defect of the program" in stopped.err
    assert not (fresh / "published").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--landing", "nowhere"), "no landing folder nowhere"),
        (("run", "--landing", "empty"), "is empty"),
        (("run", "--landing", "landing", "--as-of", "1.8.2025"), "write the day as"),
        (("run", "--landing", "landing", "--as-of", "2199-12-31"), "still to come"),
        (("build",), "nothing has been landed yet"),
        (("measure",), "nothing has been built yet"),
        (("check",), "nothing has been built yet"),
        (("report",), "nothing has been built yet"),
        (("publish",), "nothing has been built yet"),
    ],
)
def test_a_wrong_call_is_a_sentence_and_exit_code_two(
    fit: Fit, fresh: Path, arguments: tuple[str, ...], message: str
) -> None:
    (fresh / "empty").mkdir()
    stopped = fit(*arguments)
    assert stopped.code == 2
    assert message in stopped.err
    assert "Traceback" not in stopped.err


def test_an_unknown_option_is_exit_code_two(fit: Fit) -> None:
    assert fit("run", "--nonsense").code == 2


def test_synthetic_data_never_replace_a_real_publication(fit: Fit, run: Run, fresh: Path) -> None:
    delivery = fresh / "landing" / "delivery.toml"
    delivery.write_text("extracted_at = 2025-08-01T06:00:00\n")
    assert run().code == 0
    assert "Synteettinen aineisto" not in (
        fresh / "published/current/open/reports/city_overview_fi.html"
    ).read_text(encoding="utf-8")
    # A real publication is compared with the real one before it.
    again = run()
    assert again.code == 0, again.err
    assert "stay as they were" not in again.out
    before = fingerprint(fresh / "published" / "current")

    delivery.write_text("extracted_at = 2025-08-01T06:00:00\nsynthetic = true\n")
    stopped = run()
    assert stopped.code == 2
    assert "FIT_PUBLISHED" in stopped.err
    assert fingerprint(fresh / "published" / "current") == before


def test_without_files_the_synthetic_city_is_used_and_named(
    fit: Fit, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fit_warehouse import demo_data

    whole = demo_data.write
    monkeypatch.setattr(
        demo_data, "write", lambda folder, *, seed: whole(folder, forms=400, seed=seed)
    )
    done = fit("run")
    assert done.code == 0, done.err
    assert "this is a synthetic city" in done.out
    page = fresh / "published/current/open/reports/city_overview_fi.html"
    assert "Synteettinen aineisto" in page.read_text(encoding="utf-8")


def test_the_steps_alone_do_what_the_job_does(fit: Fit, fresh: Path) -> None:
    for arguments in (
        ("land", "--landing", "landing"),
        ("build",),
        ("measure", "--as-of", "2025-08-01"),
        ("check",),
        ("report",),
        ("publish",),
    ):
        done = fit(*arguments)
        assert done.code == 0, (arguments, done.err)
    assert (fresh / "var" / "report" / "index.html").is_file()
    manifest = json.loads((fresh / "published/current/manifest.json").read_text("utf-8"))
    assert manifest["as_of"] == "2025-08-01"


def test_a_second_command_at_the_same_time_is_told_to_wait(fit: Fit, run: Run, fresh: Path) -> None:
    from fit_warehouse.home import Home

    with Home(fresh / "var").locked():
        stopped = run()
    assert stopped.code == 2
    assert "another fit command" in stopped.err


def test_contradicting_versions_are_named_with_their_cure(fit: Fit, fresh: Path) -> None:
    (fresh / "landing" / "delivery.toml").write_text("synthetic = true\n")
    good = (fresh / "landing" / "response.csv").read_text("utf-8")
    other = good.replace("17.3", "17.4").replace("4.2,4.9", "4.3,4.9")
    (fresh / "landing" / "response_again.csv").write_text(other, encoding="utf-8")
    assert fit("land", "--landing", "landing").code == 0
    stopped = fit("build")
    assert stopped.code == 1
    for part in ("conflicting_versions", "response_again.csv", "extracted_at", "fit quarantine"):
        assert part in stopped.err
    listed = fit("quarantine")
    assert "response_again.csv, row 5" in listed.out

    (fresh / "landing" / "response_again.csv").unlink()
    (fresh / "landing" / "delivery.toml").write_text(
        "synthetic = true\nextracted_at = 2025-08-01T06:00:00\n"
    )
    assert fit("land", "--landing", "landing").code == 0
    assert fit("build").code == 1, "the other file still has no time"
    (fresh / "landing" / "later").mkdir()
    (fresh / "landing" / "later" / "response_again.csv").write_text(other, encoding="utf-8")
    (fresh / "landing" / "later" / "delivery.toml").write_text(
        "synthetic = true\nextracted_at = 2025-08-02T06:00:00\n"
    )
    assert fit("land", "--landing", "landing").code == 0
    assert "until fit build: 1 file" in fit("status").out
    cured = fit("build")
    assert cured.code == 0, cured.err


def test_flagged_rows_are_named(fit: Fit, fresh: Path) -> None:
    path = fresh / "landing" / "response.csv"
    text = (
        path.read_text("utf-8").replace("5.0,6.0,5.5,5.5,22.0", "0,0,0,0,0").replace(",T2,", ",T9,")
    )
    path.write_text(text, encoding="utf-8")
    assert fit("land", "--landing", "landing").code == 0
    built = fit("build")
    assert built.code == 0, built.err
    assert "flagged 1: All items are 0" in built.out
    assert "flagged 2: The team is not in the table team" in built.out
