"""What an organisation may add to the registry, and how a faulty row is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse import project, registry
from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract
from tests.landing.registry.conftest import BDI, BDI_ADULT, BURDEN, Row, text, write

ORS_ADULT = next(row for row in project.seed("instrument_parameter"))


def refusal(folder: Path, instruments: list[Row], parameters: list[Row] | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        registry.of(write(folder, instruments, parameters or []))
    return str(refused.value)


def test_the_shipped_rows_pass_their_own_checks(tmp_path: Path) -> None:
    """Under other codes the package's own registry could be an organisation's."""
    codes = {
        row["instrument_code"]: f"X{number}"
        for number, row in enumerate(project.seed("instrument"))
    }
    instruments = [
        {**row, "instrument_code": codes[row["instrument_code"]]}
        for row in project.seed("instrument")
    ]
    parameters = [
        {**row, "instrument_code": codes[row["instrument_code"]]}
        for row in project.seed("instrument_parameter")
    ]
    found = registry.of(write(tmp_path, instruments, parameters))
    assert len(found.instruments) == 2 * len(instruments)
    assert len(found.parameters) == 2 * len(parameters)


def test_no_folder_is_the_package_alone(tmp_path: Path) -> None:
    found = registry.of(tmp_path / "none")
    assert list(found.instruments) == project.seed("instrument")
    assert list(found.parameters) == project.seed("instrument_parameter")
    assert not found.added


def test_dbt_called_by_hand_has_the_items_of_the_package() -> None:
    (line,) = (
        line
        for line in (project.root() / "dbt_project.yml").read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("max_items:")
    )
    assert int(line.split(":")[1]) == registry.of(None).max_items


def test_a_longer_instrument_gives_the_contract_its_items(tmp_path: Path) -> None:
    assert contract.item_columns()[-1] == "item_4"
    registry.use(write(tmp_path, [BDI], [BDI_ADULT]))
    assert contract.item_columns()[-1] == "item_21"
    names = contract.tables()["response"].names
    assert [name for name in names if name.startswith("item_")] == list(contract.item_columns())
    assert names.index("item_21") + 1 == names.index("total")
    assert "BDI" in {known.code for known in contract.instruments()}
    registry.forget()
    assert "item_5" not in contract.tables()["response"].names


def test_a_spreadsheets_semicolons_and_commas(tmp_path: Path) -> None:
    row = {**BDI, "score_step": "0,5", "item_max": "3,0"}
    (tmp_path / "instrument.csv").write_text("\ufeff" + text([row], ";"), encoding="utf-8")
    (added,) = registry.of(tmp_path).added["instrument"]
    assert (added["score_step"], added["item_max"], added["source"]) == (
        "0.5",
        "3.0",
        row["source"],
    )


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"instrument_code": "bdi"}, "instrument_code", "capital letters"),
        (
            {"instrument_code": "ORS"},
            "instrument_code",
            "not replaced: give your instrument another",
        ),
        ({"name_sv": ""}, "name_sv", "fill it in"),
        ({"kind": "prom"}, "kind", "PROM or PREM"),
        ({"item_count": "0"}, "item_count", "a whole number from 1 to 200"),
        ({"item_count": "21.0"}, "item_count", "a whole number"),
        ({"item_max": "0"}, "item_max", "not above item_min"),
        ({"item_max": "999", "item_count": "11"}, "item_count", "above 9999.99"),
        ({"item_max": "nan"}, "item_max", "a number from"),
        ({"item_max": "3.001"}, "item_max", "2 decimals"),
        ({"score_step": "0"}, "score_step", "a number from 0.01"),
        ({"score_step": "2"}, "score_step", "no multiples of 2"),
        ({"direction": "down"}, "direction", "higher_is_better or lower_is_better"),
        ({"is_zero_total_valid": ""}, "is_zero_total_valid", "fill it in"),
        ({"age_min": "18", "age_max": "12"}, "age_max", "below age_min"),
        ({"source": " "}, "source", "fill it in"),
        ({"parameter_group": ""}, "parameter_group", "or by_age"),
    ],
)
def test_a_faulty_instrument(tmp_path: Path, changes: Row, column: str, words: str) -> None:
    told = refusal(tmp_path, [BURDEN, {**BDI, **changes}])
    assert f"instrument.csv cannot be used:\n  line 3, column {column}: " in told
    assert words in told
    assert "docs/how_to/add_an_instrument.md" in told


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"instrument_code": "PHQ-9"}, "instrument_code", "add it to instrument.csv"),
        ({"parameter_group": "child"}, "parameter_group", "BDI has adult"),
        ({"respondent_role": "professional"}, "respondent_role", "self or caretaker"),
        ({"cutoff": "63.01"}, "cutoff", "from 0 to 63"),
        ({"cutoff": ""}, "cutoff", "fill it in"),
        ({"cutoff_is_functional": "yes"}, "cutoff_is_functional", "0 or 1"),
        ({"reliable_change": "", "reliable_change_inclusive": ""}, "reliable_change", "classified"),
        ({"reliable_change": "0"}, "reliable_change", "from 0.01"),
        ({"reliable_change_inclusive": ""}, "reliable_change_inclusive", "both or neither"),
        ({"reliability": "1.1"}, "reliability", "from 0 to 1"),
        ({"valid_from": "1.1.2002"}, "valid_from", "1996-01-31"),
        ({"source": ""}, "source", "fill it in"),
    ],
)
def test_a_faulty_threshold(tmp_path: Path, changes: Row, column: str, words: str) -> None:
    told = refusal(tmp_path, [BDI], [{**BDI_ADULT, **changes}])
    assert f"instrument_parameter.csv cannot be used:\n  line 2, column {column}: " in told
    assert words in told


def test_thresholds_of_the_package_are_not_replaced_in_silence(tmp_path: Path) -> None:
    told = refusal(tmp_path, [], [{**ORS_ADULT, "cutoff": "24", "valid_from": "2014-01-01"}])
    assert "pcoms, ORS, adult, self is in the package already, and is not replaced" in told
    assert "outcome.parameter_set" in told


def test_a_set_of_ones_own_for_an_instrument_of_the_package(tmp_path: Path) -> None:
    found = registry.of(write(tmp_path, [], [{**ORS_ADULT, "parameter_set": "local"}]))
    assert found.parameter_sets == ("icce", "local", "pcoms")


def test_two_rows_of_one_key_also_with_another_day(tmp_path: Path) -> None:
    later = {**BDI_ADULT, "valid_from": "2020-01-01"}
    told = refusal(tmp_path, [BDI, BDI])
    assert "line 3, column instrument_code: BDI is in line 2 already: delete one" in told
    told = refusal(tmp_path / "of_one", [BDI], [BDI_ADULT, later])
    assert "line 3, column parameter_set: pcoms, BDI, adult, self is in line 2 already" in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "line 1: columns missing: instrument_code, name_fi"),
        (text([BDI]).replace("name_sv", "nimi"), "missing: name_sv; not known: nimi"),
        (text([BDI]).replace("name_sv", "name_fi"), "missing: name_sv; there twice: name_fi"),
        (text([BDI]) + "BDI2,x\n", "line 3: 2 cells, the header has 16"),
        (text([BDI]) + '"BDI2', "line 3: "),
        ("\udcff", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_registry(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "instrument.csv").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(UsageError) as refused:
        registry.of(tmp_path)
    assert str(tmp_path / "instrument.csv") in str(refused.value)
    assert words in str(refused.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(max_size=12), min_size=16, max_size=16))
def test_any_cells_are_taken_or_refused_by_name(tmp_path: Path, cells: list[str]) -> None:
    row = dict(zip(BDI, cells, strict=True))
    path = tmp_path / "instrument.csv"
    path.write_bytes(text([row]).encode(errors="replace"))
    told = ""
    try:
        added = registry.of(tmp_path).added
    except UsageError as refused:
        told = str(refused)
    if told:
        assert str(path) in told
    else:
        assert added == {} or all(added["instrument"][0][name] for name in ("name_fi", "source"))
