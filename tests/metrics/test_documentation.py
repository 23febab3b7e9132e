"""The examples in docstrings and in docs/method/ are true, and every page is whole."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import fit_metrics

PAGES = sorted((Path(__file__).parents[2] / "docs" / "method").glob("*.md"))
OWN_PAGES = (
    *(
        "agreement",
        "benchmark",
        "case_mix",
        "dropout",
        "early_ending",
        "funnel_limits",
        "icce_indices",
    ),
    *(
        "multilevel",
        "pool",
        "pre_post_d",
        "regression_to_the_mean",
        "reliable_change",
        "scale_quality",
    ),
    *("avoided_service", "cost_comparison", "cost_effect", "cost_outcome", "queue"),
    *("severity_adjusted", "share_interval", "talking_therapies", "two_group_d"),
    *("course", "survival", "visits_without_benefit"),
)
SECTIONS = (
    "Meaning",
    "Formula",
    "Choices and why",
    "Edge cases",
    "When not to use",
    "Source",
    "Worked example",
    "Where in the code",
    "Which test",
)
MODULES = sorted(module.name for module in pkgutil.iter_modules(fit_metrics.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    module = importlib.import_module(f"fit_metrics.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "name",
    sorted(name for name in fit_metrics.__all__ if name != "results"),
)
def test_every_public_function_has_an_example(name: str) -> None:
    module = importlib.import_module(f"fit_metrics.{name}")
    functions = [getattr(module, public) for public in module.__all__ if public.islower()]
    assert functions
    assert [f.__name__ for f in functions if ">>> " not in (f.__doc__ or "")] == []


@pytest.mark.parametrize("name", OWN_PAGES)
def test_page_has_every_section(name: str) -> None:
    text = (PAGES[0].parent / f"{name}.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^## (.+)$", text, flags=re.MULTILINE)) == SECTIONS


@pytest.mark.parametrize("name", [*OWN_PAGES, "quarter_sums", "survey_construct"])
def test_page_examples(name: str) -> None:
    text = (PAGES[0].parent / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, name, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("name", [page.stem for page in PAGES])
def test_page_names_files_that_exist(name: str) -> None:
    root = PAGES[0].parents[2]
    text = (PAGES[0].parent / f"{name}.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:fit_metrics|fit_warehouse|macros|models|tests)/[\w/.]+)`", text)
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []
