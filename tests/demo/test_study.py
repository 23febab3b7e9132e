"""Switches for studies do what they say, and impossible numbers are refused in a sentence."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fit_warehouse import cli, demo_data
from fit_warehouse.demo import make_city, truth
from fit_warehouse.demo.checks import check
from fit_warehouse.demo.parameters import Parameters, load_parameters
from fit_warehouse.demo.study import Switches, presets, study_parameters
from fit_warehouse.errors import UsageError


def test_without_switches_the_numbers_are_those_of_the_package() -> None:
    assert study_parameters(Switches()) == load_parameters()


@pytest.mark.parametrize("months", [6, 12, 70])
def test_months_are_the_length_of_the_period(tmp_path: Path, months: int) -> None:
    parameters = study_parameters(Switches(months=months))
    make_city(tmp_path / "landing", forms=1_500, seed=1, parameters=parameters)
    session = pl.read_csv(tmp_path / "landing" / "session.csv", try_parse_dates=True)
    first, last = session["session_date"].min(), session["session_date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    length = (last.year - first.year) * 12 + last.month - first.month + 1
    assert months - 2 <= length <= months
    assert last.replace(day=1) == date(2026, 10, 1)
    team = pl.read_csv(tmp_path / "landing" / "team.csv", try_parse_dates=True)
    assert team["fit_adopted_on"].min() >= first.replace(day=1)
    assert team["fit_adopted_on"].max() <= last


def test_teams_are_as_many_as_asked(tmp_path: Path) -> None:
    parameters = study_parameters(Switches(teams=31))
    summary = make_city(tmp_path / "landing", forms=800, seed=1, parameters=parameters)
    assert summary.rows["team"] == 31
    team = pl.read_csv(tmp_path / "landing" / "team.csv")
    assert team["team_code"].is_unique().all()


def test_without_effect_nothing_is_saved_and_with_more_of_it_more(tmp_path: Path) -> None:
    saved = []
    for effect in (0.0, 1.0, 2.0):
        landing = tmp_path / f"effect_{effect:g}"
        parameters = study_parameters(Switches(effect=effect))
        make_city(landing, forms=20_000, seed=1, parameters=parameters)
        episodes = truth.read(landing, "episode")
        saved.append(episodes["saving_eur"].mean())
        ended = (episodes["ending_code"] != episodes["ending_code_without_fit"]).any()
        assert ended == (effect > 0)
    assert saved[0] == 0.0
    assert saved[0] < saved[1] < saved[2]


def test_own_numbers_replace_those_of_the_package(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[course]\nworker_icc = 0.2\n[intake.adult]\nmean = 17.5\n", encoding="utf-8")
    parameters = study_parameters(Switches(own=own))
    assert parameters.course.worker_icc == 0.2
    assert parameters.intake["adult"].mean == 17.5
    assert parameters.intake["adult"].sd == load_parameters().intake["adult"].sd


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[course]\ngain_sd = -1.0", "course.gain_sd is a spread and must not be negative: -1"),
        ("[intake.child]\nsd = -2.0", "intake.child.sd is a spread"),
        ("[course]\nworker_icc = 1.0", "together below 1, not 1 and 0.01"),
        ("[course]\nteam_icc = -0.1", "each 0 or more"),
        (
            "[organisation]\nlast_adoption = 2026-12-01",
            "last adoption 2026-12-01 must not be after the end of the period, 2026-10-31",
        ),
        ("[organisation]\nfirst_adoption = 2025-10-01", "first adoption 2025-10-01 must not be"),
        ("[calendar]\nfirst_opening = 2027-01-01", "must come after the first opening"),
        ("[endings]\nmoved = 1.5", "moved is a probability, 0 to 1, not 1.5"),
        ("[extracts]\nwrong_date = 2", "wrong_date is a probability, 0 to 1, not 2"),
        ("[extracts]\ncorrection_days = [5, 28]", r"from 1 to 27, not \[5, 28\]"),
        ("[extracts]\ncorrection_days = [9, 3]", "the smaller one first"),
        ("[extracts]\noverlap_days = -1", "overlap_days must be 0 to 27, not -1"),
        ("[forms]\nprom_filled = 1.0", "prom_filled must be between 0 and 1"),
        ("[course]\nworker_sd = 1.0", r"worker_sd is not known; there are .*worker_icc"),
        ("[course]\nstate_sd = 'much'", "state_sd must be of the kind float, not 'much'"),
        ("[organisation]\nteams = 7.5", "teams must be of the kind int, not 7.5"),
        ("[[price]]\nservice_code = 'spa'", "names spa, which is no service"),
        ("[[price]]\nservice_code = 'hehku'", "there is no price for adult_social_work, family"),
        ("[sessions]\nchannels = ['a', 'b;c']", "sessions.channels: .* commas, .* not 'b;c'"),
        ("[next]\nstart_carry = -0.1", "next.start_carry is a share, 0 to 1, not -0.1"),
        ("[next]\nonward_starts = 1.2", "next.onward_starts is a share, 0 to 1, not 1.2"),
        ("[next]\nreturn_chance = -1", "next.return_chance is a share"),
        ("[next]\nreturn_days = [500, 30]", "next.return_days must be two numbers of days"),
        ("[next]\nreturn_mean_days = 0", "next.return_mean_days must be above 0, not 0"),
        ("[queue]\nshare_used = 2", "queue.share_used is a share, 0 to 1, not 2"),
        ("[queue]\nshortest_share = 0", "queue.shortest_share must be above 0 and at most 1"),
        ("course = 3", "course is a table in one place and a value in the other"),
        ("[course", "are not valid TOML"),
    ],
)
def test_impossible_numbers_are_refused(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        study_parameters(Switches(own=own))


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        (Switches(months=5), "months must be 6 to 240, not 5"),
        (Switches(months=241), "months must be 6 to 240, not 241"),
        (Switches(teams=4), "teams must be 5 or more, one for each service, not 4"),
        (Switches(teams=2_001), "teams must be 0 to 2000"),
        (Switches(effect=-0.1), "effect must be 0 to 10, not -0.1"),
        (Switches(own=Path("nowhere.toml")), r"nowhere\.toml cannot be read"),
    ],
)
def test_impossible_switches_are_refused(switches: Switches, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        study_parameters(switches)


def test_a_city_of_impossible_numbers_is_not_begun(tmp_path: Path, parameters: Parameters) -> None:
    course = dataclasses.replace(parameters.course, state_sd=-1.0)
    impossible = dataclasses.replace(parameters, course=course)
    with pytest.raises(ValueError, match=r"course\.state_sd is a spread"):
        make_city(tmp_path / "new" / "landing", parameters=impossible)
    assert list(tmp_path.iterdir()) == []


def test_services_that_nobody_can_leave_or_wait_for_are_refused(parameters: Parameters) -> None:
    first, *rest = parameters.services

    def with_first(**changes: object) -> Parameters:
        changed = dataclasses.replace(first, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(parameters, services=(changed, *rest))

    with pytest.raises(ValueError, match="hehku must name a service in onward"):
        check(with_first(onward=[]))
    with pytest.raises(ValueError, match="wait_days of hehku must be 0 or more, not -3"):
        check(with_first(wait_days=-3))
    check(with_first(wait_days=0))


def test_presets_are_possible_and_grow() -> None:
    sizes = presets()
    assert list(sizes) == ["city", "county", "nation"]
    forms = [size.forms for size in sizes.values()]
    assert forms == sorted(forms)
    for size in sizes.values():
        check(study_parameters(Switches(teams=size.teams)))


def test_a_preset_gives_way_to_what_is_said_beside_it() -> None:
    size, switches = demo_data.sized("county", None, Switches())
    assert (size, switches.teams) == (500_000, 50)
    size, switches = demo_data.sized("county", 700, Switches(teams=6))
    assert (size, switches.teams) == (700, 6)
    assert demo_data.sized(None, None, Switches()) == (10_000, Switches())


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(UsageError, match="there are city, county, nation"):
        demo_data.sized("village", None, Switches())


def test_what_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="effect must be"):
        demo_data.write(tmp_path / "landing", switches=Switches(effect=-1.0))
    with pytest.raises(UsageError, match="processes must be"):
        demo_data.write(tmp_path / "landing", processes=0)


def test_the_command_passes_its_switches_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    landing = tmp_path / "import"
    arguments = ["--forms", "900", "--seed", "7", "--months", "24", "--teams", "9"]
    arguments += ["--effect", "0.5", "--layout", "openfit", "--processes", "1"]
    monkeypatch.setattr("sys.argv", ["fit", "demo", str(landing), *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    assert (landing / "openfit_cases.csv").is_file()
    made_with = truth.parameters_of(landing)
    assert (made_with["forms"], made_with["seed"]) == (900, 7)
    parameters = made_with["parameters"]
    assert isinstance(parameters, dict)
    assert parameters["organisation"]["teams"] == 9
    assert parameters["endings"]["fit_effect"] == 0.5
    assert parameters["calendar"]["first_opening"] == "2024-11-01"
    assert "Synthetic city in" in capsys.readouterr().out
