"""The dbt project keeps its own rules: what is described, contracted, keyed, portable and used."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from fit_warehouse import project

PREFIX = {"staging": ("stg_fit__",), "intermediate": ("int_",), "marts": ("fct_", "dim_")}
TYPES = {"int", "bigint", "smallint", "string", "date", "timestamp", "double"}
# Composite keys of seeds: a list to be read by people has no surrogate.
SEED_KEYS = {
    "instrument_parameter": (
        *("parameter_set", "instrument_code", "parameter_group", "respondent_role"),
        "valid_from",
    )
}
# What an organisation pays and has found in its books only it can say: nothing is invented.
DELIVERED_ALONE = {"fit_cost", "price_index", "finance_confirmation"}
FORBIDDEN = {
    "target.type": r"\btarget\.type\b",
    "qualify": r"\bqualify\b",
    "::": r"::",
    "exclude": r"\bexclude\s*\(",
    "list function": r"\blist_\w+\s*\(",
    "unnest": r"\bunnest\b",
    "decimal division": r"\b\d+\.0\s*/",
}
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)

Node = dict[str, Any]


def own(manifest: dict[str, Any], kind: str) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == kind]


def layer(model: Node) -> str:
    return str(model["fqn"][1])


def marts(manifest: dict[str, Any]) -> list[Node]:
    found = [model for model in own(manifest, "model") if layer(model) == "marts"]
    assert found
    return found


def unique_tests(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """Return the columns or expressions tested as unique, by the id of their model or seed."""
    tested: dict[str, list[str]] = {}
    for test in own(manifest, "test"):
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "unique":
            column = metadata["kwargs"]["column_name"]
            tested.setdefault(test["attached_node"], []).append(column)
    return tested


def test_every_model_is_described_and_says_its_grain(manifest: dict[str, Any]) -> None:
    for model in own(manifest, "model"):
        assert "One row per " in model["description"], model["name"]
        assert model["config"]["meta"]["grain"], model["name"]
        assert model["config"]["meta"]["sensitivity"] in {"person", "aggregate"}, model["name"]


def test_every_seed_is_described(manifest: dict[str, Any]) -> None:
    for seed in own(manifest, "seed"):
        assert "One row per " in seed["description"], seed["name"]


def test_every_mart_column_is_described_and_of_a_plain_type(manifest: dict[str, Any]) -> None:
    for model in marts(manifest):
        for column in model["columns"].values():
            name = f"{model['name']}.{column['name']}"
            assert column["description"].strip().endswith((".", '"')), name
            decimal = re.fullmatch(r"decimal\((\d+),(\d)\)", column["data_type"])
            plain = column["data_type"] in TYPES
            assert plain or (decimal and int(decimal[1]) <= 18 and int(decimal[2]) <= 4), name


def test_every_mart_is_contracted_and_public_and_nothing_else_is(manifest: dict[str, Any]) -> None:
    for model in own(manifest, "model"):
        is_mart = layer(model) == "marts"
        assert model["contract"]["enforced"] is is_mart, model["name"]
        assert (model["access"] == "public") is is_mart, model["name"]


def test_every_model_and_seed_has_a_key_test(manifest: dict[str, Any]) -> None:
    tested = unique_tests(manifest)
    for node in [*own(manifest, "model"), *own(manifest, "seed")]:
        if node["name"] in SEED_KEYS:
            continue
        assert node["unique_id"] in tested, node["name"]
        grain = node["config"]["meta"].get("grain", [])
        for expression in tested[node["unique_id"]]:
            if expression not in node["columns"]:
                assert all(re.search(rf"\b{column}\b", expression) for column in grain), expression


@pytest.mark.parametrize("name", SEED_KEYS)
def test_composite_keys_of_seeds_are_unique(name: str) -> None:
    keys = Counter(tuple(row[column] for column in SEED_KEYS[name]) for row in project.seed(name))
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_report_and_power_bi_are_exposures_of_marts(manifest: dict[str, Any]) -> None:
    pages = yaml.safe_load((project.root() / "notebooks" / "reports.yml").read_text("utf-8"))
    exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
    assert set(exposures) == {page["id"] for page in pages["pages"]} | {"power_bi"}
    public = {model["unique_id"] for model in marts(manifest)}
    for exposure in exposures.values():
        assert set(exposure["depends_on"]["nodes"]) <= public, exposure["name"]


def test_prefix_and_folder_agree(manifest: dict[str, Any]) -> None:
    for model in own(manifest, "model"):
        assert model["name"].startswith(PREFIX[layer(model)]), model["original_file_path"]


def test_only_staging_reads_sources(manifest: dict[str, Any]) -> None:
    for model in own(manifest, "model"):
        sources = [node for node in model["depends_on"]["nodes"] if node.startswith("source.")]
        assert len(sources) == (1 if layer(model) == "staging" else 0), model["name"]


def test_every_seed_row_names_its_source(manifest: dict[str, Any]) -> None:
    seeds = own(manifest, "seed")
    assert seeds
    for seed in seeds:
        rows = project.seed(seed["name"])
        assert bool(rows) != (seed["name"] in DELIVERED_ALONE), seed["name"]
        for number, row in enumerate(rows, start=2):
            assert row["source"].strip(), f"{seed['name']}.csv, line {number}"


def sql_of_both_engines(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the text, without comments, of every model and every macro that is not for an engine."""
    texts = {model["name"]: model["raw_code"] for model in own(manifest, "model")}
    for macro in manifest["macros"].values():
        if macro["package_name"] == "fit" and "engine" not in macro["path"].replace("\\", "/"):
            texts[macro["name"]] = macro["macro_sql"]
    return {name: COMMENT.sub("", text).lower() for name, text in texts.items()}


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_word_of_one_engine(manifest: dict[str, Any], word: str) -> None:
    texts = sql_of_both_engines(manifest)
    assert [name for name, text in texts.items() if re.search(FORBIDDEN[word], text)] == []


def test_no_quoted_identifier(manifest: dict[str, Any]) -> None:
    texts = sql_of_both_engines(manifest)
    assert [name for name, text in texts.items() if '"' in JINJA.sub("", text)] == []


def test_every_mart_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert {model["name"] for model in marts(manifest)} - tested == set()


def test_unit_tests_are_named_after_model_and_rule(manifest: dict[str, Any]) -> None:
    for test in manifest["unit_tests"].values():
        assert re.fullmatch(rf"test_{test['model']}__[a-z0-9_]+", test["name"]), test["name"]
        assert test["description"].endswith("."), test["name"]


def test_every_macro_is_used(manifest: dict[str, Any]) -> None:
    own_macros = {
        name: macro for name, macro in manifest["macros"].items() if macro["package_name"] == "fit"
    }
    users = [*manifest["nodes"].values(), *own_macros.values()]
    used = {name for user in users for name in user["depends_on"]["macros"]}
    used.add("macro.fit.generate_schema_name")  # dbt itself calls it
    # adapter.dispatch picks one: those of the other engines are used where the macro is.
    used |= {
        name for name in own_macros if f"macro.fit.{name.split('.')[-1].split('__')[-1]}" in used
    }
    assert sorted(set(own_macros) - used) == []
