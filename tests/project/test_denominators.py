"""The page on denominators names every flag of the mart, and every page of an episode's numbers is whole."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fit_warehouse import project

METHOD = project.root() / "docs" / "method"
PAGES = ("denominators", "items", "prem", "re_referral", "sawtooth", "waiting")
SECTIONS = [
    "Meaning",
    "Formula",
    "Choices and why",
    "Edge cases",
    "When not to use",
    "Source",
    "Worked example",
    "Where in the code",
    "Which test",
]


def page(name: str) -> str:
    return (METHOD / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_page_has_every_section_and_names_files_that_exist(name: str) -> None:
    text = page(name)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS
    paths = re.findall(r"`((?:models|seeds|tests)/[\w/.]+)`", text)
    assert paths
    assert [path for path in paths if not (project.root() / path).exists()] == []


def test_every_denominator_is_on_the_page(manifest: dict[str, Any]) -> None:
    text = page("denominators")
    columns = manifest["nodes"]["model.fit.fct_episode"]["columns"]
    flags = [name for name in columns if name.startswith("is_in_")]
    assert len(flags) > 10
    short = {"is_in_rereferral_12": "`is_in_rereferral_6`, `_12`"}
    assert [name for name in flags if short.get(name, f"`{name}`") not in text] == []


def test_the_page_names_no_other_flag(manifest: dict[str, Any]) -> None:
    columns = manifest["nodes"]["model.fit.fct_episode"]["columns"]
    assert set(re.findall(r"`(is_in_\w+)`", page("denominators"))) <= set(columns)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "denominators"])
def test_the_mart_names_the_page(manifest: dict[str, Any], name: str) -> None:
    columns = manifest["nodes"]["model.fit.fct_episode"]["columns"].values()
    assert any(f"docs/method/{name}.md" in column["description"] for column in columns)
