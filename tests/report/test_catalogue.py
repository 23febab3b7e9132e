"""Every key that the code asks for is there, and every key that is there is asked for."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import fit_warehouse.report
from fit_metrics.cost_effect import EstimatedEffect
from fit_warehouse import project
from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract
from fit_warehouse.measure.cost_comparison import interval_reason
from fit_warehouse.measure.counts import FUNNEL
from fit_warehouse.report.catalogue import TEXTS, Catalogue, load_catalogue
from fit_warehouse.report.cost_basis import FACTORS
from fit_warehouse.report.errors import ReportError
from fit_warehouse.report.page import GROUP_ORDER
from fit_warehouse.report.site import read_page_list

PACKAGE = Path(fit_warehouse.report.__file__).parent
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LANGUAGES = sorted(path.stem for path in TEXTS.glob("*.toml"))
EFFECT = project.root() / "models" / "marts" / "episode" / "fct_early_ending_effect.yml"


def reasons() -> set[str]:
    """Return why an early ending that was agreed may have no net amount."""
    (model,) = yaml.safe_load(EFFECT.read_text(encoding="utf-8"))["models"]
    (column,) = [row for row in model["columns"] if row["name"] == "net_exclusion_reason"]
    values = column["data_tests"][0]["accepted_values"]["arguments"]["values"]
    return set(values) - {"not_agreed"}


# Codes that come from the data and are named nowhere in the code.
DATA_CODES = {"month", "session", "day", "professional", "pcoms", "icce", *FUNNEL}
DATA_CODES |= {"payer", "none", "times", "units", *reasons()}
DATA_CODES |= {"caretaker", "self"} | {f"{code}_{role}".lower() for code, role in GROUP_ORDER}
# Why a comparison has no interval, and a queue no simulation; what must be said beside both.
DATA_CODES |= {"few_teams", "few_teams_on_a_side", "few_episodes", "no_variation", "no_contrast"}
DATA_CODES |= {"few_lengths", "few_referrals", "wait_unknown", "nobody_waits", "no_places_fit"}
DATA_CODES |= {"no_simpy", "pert", "adoption_not_by_lot", "model_not_forecast"}


def trees() -> Iterator[ast.Module]:
    for path in sorted(PACKAGE.glob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def literals() -> set[str]:
    return {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def first_arguments(*methods: str) -> set[str]:
    return {
        node.args[0].value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in methods
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).replace(".", "_").isidentifier()
    }


def page_keys() -> set[str]:
    return {key for spec in read_page_list(NOTEBOOKS) for key in (spec.title, spec.lead)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_asked_for_is_there(language: str) -> None:
    keys = set(load_catalogue(language).entries)
    asked = first_arguments("text") | page_keys()
    assert len(asked) > 80
    assert not asked - keys
    for prefix in first_arguments("label", "count"):
        assert any(key.startswith(f"{prefix}.") for key in keys), prefix


def estimate(
    n_teams: int, n_fit_teams: int = 9, estimate: float = -0.5, reason: str = ""
) -> EstimatedEffect:
    nothing = math.nan
    return EstimatedEffect(
        estimate=estimate,
        ci_low=nothing,
        ci_high=nothing,
        ci_level=0.95,
        n=90,
        n_missing=0,
        method="",
        standard_error=nothing,
        df=nothing,
        p_value=nothing,
        n_fit=45,
        n_comparison=45,
        n_teams=n_teams,
        n_fit_teams=n_fit_teams,
        n_comparison_teams=9,
        reason=reason,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "no_contrast"),
        (estimate(n_teams=9), "few_teams"),
        (estimate(n_teams=12, n_fit_teams=3), "few_teams_on_a_side"),
        (estimate(n_teams=12, n_fit_teams=9, reason="alike"), "no_variation"),
        (estimate(n_teams=12, estimate=math.nan), "few_episodes"),
    ],
)
def test_every_reason_for_no_interval_has_its_words(
    language: str, found: EstimatedEffect | None, reason: str
) -> None:
    assert interval_reason(found) == reason
    assert load_catalogue(language).has(f"comparison.reason.{reason}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_there_is_asked_for(language: str) -> None:
    known = literals()
    prefixes = first_arguments("label", "count")
    codes = {text.lower() for text in known} | DATA_CODES

    def is_asked(key: str) -> bool:
        if key in known or key in page_keys():
            return True
        return any(
            key.startswith(f"{prefix}.") and set(key[len(prefix) + 1 :].split(".")) <= codes
            for prefix in prefixes
        )

    assert not [key for key in load_catalogue(language).entries if not is_asked(key)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_every_factor_has_its_words(language: str) -> None:
    keys = set(load_catalogue(language).entries)
    factors = set(contract.tables()["cost_assumption"]["factor"].values)
    assert factors == set(FACTORS)
    assert {f"reason.{code}" for code in reasons()} <= keys
    assert {f"factor.{code}" for code in factors} <= keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_clean_text(language: str) -> None:
    for key, sentence in load_catalogue(language).entries.items():
        assert sentence == sentence.strip(), key
        assert "  " not in sentence, key
        assert not set("<>") & set(sentence), key


def catalogue() -> Catalogue:
    return Catalogue(
        "fi", {"greeting": "Hei {name}", "n.one": "{n} jakso", "n.other": "{n} jaksoa"}
    )


def test_missing_key_is_an_error_that_names_it() -> None:
    with pytest.raises(ReportError, match=r"no key 'farewell'"):
        catalogue().text("farewell")


@pytest.mark.parametrize("slots", [{}, {"name": "Aino", "age": "5"}, {"nam": "Aino"}])
def test_slots_must_be_those_of_the_sentence(slots: dict[str, str]) -> None:
    with pytest.raises(ReportError, match="greeting"):
        catalogue().text("greeting", **slots)


def test_number_that_was_not_formatted_is_refused() -> None:
    with pytest.raises(TypeError, match="name"):
        catalogue().text("greeting", name=3.5)  # type: ignore[arg-type]


def test_count_agrees_with_its_number() -> None:
    assert [catalogue().count("n", value, str(value)) for value in (0, 1, 2)] == [
        "0 jaksoa",
        "1 jakso",
        "2 jaksoa",
    ]


def test_language_without_texts_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match="'xx'"):
        load_catalogue("xx")
