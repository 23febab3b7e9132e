"""Notebooks are kept as text: no outputs in git, and nothing lost between text and notebook."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
TEXTS = sorted(NOTEBOOKS.rglob("*.py"))
EXPLORE = sorted((NOTEBOOKS / "explore").rglob("*.py"))


def _names(paths: list[Path]) -> list[str]:
    return [path.relative_to(NOTEBOOKS).as_posix() for path in paths]


def _body(text: str) -> str:
    """Return a notebook's text below its header."""
    head, _, body = text.removeprefix("# ---\n").partition("\n# ---\n")
    assert head.startswith("# jupyter:")
    return body


def _round_trip(text: str) -> str:
    written: str = jupytext.writes(jupytext.reads(text, fmt="py:percent"), fmt="py:percent")
    return written


def test_there_are_notebooks_of_both_kinds() -> None:
    assert EXPLORE
    assert len(TEXTS) > len(EXPLORE)


@pytest.mark.parametrize("path", TEXTS, ids=_names(TEXTS))
def test_round_trip_loses_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert _body(_round_trip(text)) == _body(text)


@pytest.mark.parametrize("path", EXPLORE, ids=_names(EXPLORE))
def test_saving_in_jupyter_leaves_the_header_as_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert _round_trip(text) == text
