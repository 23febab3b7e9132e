"""Settings that the models read: from file and environment, checked, and passed on to dbt."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fit_warehouse import build, project
from fit_warehouse import settings as settings_module
from fit_warehouse.errors import UsageError
from fit_warehouse.settings import Cost, Episodes, Settings


def test_gaps_are_read_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "fit.toml"
    file.write_text(
        "[episodes]\ngap_days = 60\n[episodes.gap_days_by_service]\nhehku = 120\n", encoding="utf-8"
    )
    assert settings_module.load(file, {}).episodes == Episodes(60, {"hehku": 120})
    stronger = {"FIT_EPISODES_GAP_DAYS": "30", "FIT_EPISODES_GAP_DAYS_BY_SERVICE": "other=45"}
    assert settings_module.load(file, stronger).episodes == Episodes(30, {"other": 45})
    assert settings_module.load(tmp_path / "none.toml", {}).episodes == Episodes(90, {})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GAP_DAYS", "0", "1 or more"),
        ("GAP_DAYS", "many", r"episodes\.gap_days = 'many'"),
        ("GAP_DAYS_BY_SERVICE", "hehku=0", "1 or more"),
        ("GAP_DAYS_BY_SERVICE", "hehku", r"episodes\.gap_days_by_service"),
    ],
)
def test_gaps_that_are_no_number_of_days_are_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        settings_module.load(environment={f"FIT_EPISODES_{name}": value})


def test_values_of_an_outcome_are_whole_euros_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "fit.toml"
    file.write_text("[cost]\nwillingness_to_pay = [0, 750]\ndraws = 2000\n", encoding="utf-8")
    assert settings_module.load(file, {}).cost == Cost((0, 750), 2000)
    stronger = {"FIT_COST_WILLINGNESS_TO_PAY": "500, 1500", "FIT_COST_SEED": "7"}
    assert settings_module.load(file, stronger).cost == Cost((500, 1500), 2000, 7)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WILLINGNESS_TO_PAY", "0,0", "a rising list of euros"),
        ("WILLINGNESS_TO_PAY", "1000,500", "a rising list of euros"),
        ("WILLINGNESS_TO_PAY", "-1,500", "a rising list of euros"),
        ("WILLINGNESS_TO_PAY", "many", r"cost\.willingness_to_pay = 'many'"),
        ("DRAWS", "999", "1000 or more"),
        ("SEED", "-1", "0 or more"),
    ],
)
def test_values_draws_and_seeds_that_make_no_sense_are_refused(
    name: str, value: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        settings_module.load(environment={f"FIT_COST_{name}": value})


@pytest.mark.parametrize("value", ["1000", "[]", '["a"]', "[0.5]"])
def test_a_list_of_values_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    file = tmp_path / "fit.toml"
    file.write_text(f"[cost]\nwillingness_to_pay = {value}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cost\.willingness_to_pay"):
        settings_module.load(file, {})


def test_dbt_is_told_the_gaps() -> None:
    given = build._variables(Settings(episodes=Episodes(60, {"hehku": 120})))
    assert given["gap_days"] == 60
    assert given["gap_days_by_service"] == {"hehku": 120}


def test_the_defaults_of_dbt_are_those_of_the_settings() -> None:
    defaults = yaml.safe_load((project.root() / "dbt_project.yml").read_text(encoding="utf-8"))[
        "vars"
    ]
    given = build._variables(Settings())
    assert {name: defaults[name] for name in given} == given


def test_a_least_chance_is_a_probability(tmp_path: Path) -> None:
    file = tmp_path / "fit.toml"
    file.write_text("[outcome]\nleast_chance = 0.05\n", encoding="utf-8")
    assert settings_module.load(file, {}).outcome.least_chance == 0.05
    for value in ("0", "1", "10 %"):
        with pytest.raises(UsageError, match=r"outcome\.least_chance"):
            settings_module.load(file, {"FIT_OUTCOME_LEAST_CHANCE": value})
