"""Text stands out by 4.5 to 1 from what is behind it, and what is drawn by 3 to 1 (WCAG 2.1 AA)."""

from __future__ import annotations

import re

import pytest

from fit_warehouse.report.site import TEMPLATES
from fit_warehouse.report.theme import BLACK_90, PALETTE, QUIET_TEXT

STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
NAMED = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", STYLE))
WHITE = "#ffffff"


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2.1 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_that_of_the_published_examples() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#0000bf", WHITE) == pytest.approx(11.98, abs=0.01)
    assert contrast("#fd4f00", WHITE) == pytest.approx(3.34, abs=0.01)


@pytest.mark.parametrize("behind", ["paper", "wash", "summer-light", "bus-light"])
@pytest.mark.parametrize("text", ["ink", "quiet", "bus"])
def test_text_of_the_page_stands_out(text: str, behind: str) -> None:
    assert contrast(NAMED[text], NAMED[behind]) >= 4.5


def test_the_page_has_no_colour_of_text_that_is_not_among_them() -> None:
    named = set(re.findall(r"(?<!-)color: ([^;]+);", STYLE))
    assert named == {"var(--ink)", "var(--quiet)", "var(--bus)"}


@pytest.mark.parametrize("text", [BLACK_90, QUIET_TEXT])
def test_text_of_charts_stands_out(text: str) -> None:
    assert contrast(text, WHITE) >= 4.5


@pytest.mark.parametrize("drawn", PALETTE)
def test_what_is_drawn_stands_out(drawn: str) -> None:
    assert contrast(drawn, WHITE) >= 3
