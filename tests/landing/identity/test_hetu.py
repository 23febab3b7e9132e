"""The identity code alone: what is one, in whatever way it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.landing.identity import Kind, find_in_name, fold, hetu

# Made-up persons that the Digital and Population Data Services Agency publishes for tests of the
# separators of 2023 (https://dvv.fi/hetu-uudistus); none of them is anybody's.
PUBLISHED = re.findall(
    r"\S+",
    "010594Y9032 010594Y9021 020594X903P 020594X902N 030594W903B 030694W9024 040594V9030 040594V902Y "
    "050594U903M 050594U902L 010516B903X 010516B902W 020516C903K 020516C902J 030516D9037 030516D9026 "
    "010501E9032 020502E902X 020503F9037 020504A902E 020504B904H",
)
EVERY_DASH = sorted(
    {chr(point) for point in range(0x11000) if unicodedata.category(chr(point)) == "Pd"}
    | set("\u2212\u00ad\u207b\u208b\u2043\u02d7\u2796")
)
SEPARATORS = "+-YXWVUABCDEF"


def kinds(text: str, column_type: str = "ref") -> list[Kind]:
    return [found.kind for found in find_in_name(text, column_type)]


def wide(text: str) -> str:
    """Return a text in full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.mark.parametrize("code", PUBLISHED)
@pytest.mark.parametrize("written", [str, str.lower, wide, lambda code: wide(code.lower())])
def test_published_codes_are_found_however_written(
    code: str, written: Callable[[str], str]
) -> None:
    text = written(code)
    assert kinds(text) == [Kind.CODE]
    assert hetu.is_valid(fold.fold(text))


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("written", [str, str.lower, wide])
def test_every_separator(separator: str, written: Callable[[str], str]) -> None:
    # The separator is not in the check character: any makes a code of the same digits.
    assert kinds(written(f"010594{separator}9032")) == [Kind.CODE]


@pytest.mark.parametrize("dash", EVERY_DASH)
def test_every_dash(dash: str) -> None:
    assert kinds(f"010594{dash}9032") == [Kind.CODE]


@pytest.mark.parametrize("letter", list("GHIJKLMNOPQRSTZ"))
def test_other_letters_are_no_separator(letter: str) -> None:
    assert kinds(f"010594{letter}9032") == []


@pytest.mark.parametrize(
    "text",
    [
        "010594 - 9032",
        "010594-\u200b9032",  # a space of no width
        "0\u2060105\ufeff94-9032",
        "\u00a0010594-9032\u202f",
        "٠١٠٥٩٤-٩٠٣٢",  # Arabic digits
        "𝟎𝟏𝟎𝟓𝟗𝟒-𝟗𝟎𝟑𝟐",
        "010594﹣9032",
        "hetu:010594-9032.",
        "ää010594-9032ä",
        "a_010594-9032_b",
        "123456-010594-9032",
        "010594-9033 010594-9032",
    ],
)
def test_spaces_signs_and_neighbours(text: str) -> None:
    assert Kind.CODE in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "320152-308T",  # a right check character, no such day
        "290201-123N",  # no leap year
        "011394-903A",
        "1010594-9032",  # a digit more on either side
        "010594-90321",
        "01059-49032",
        "010594--9032",
        "010594-0019",  # numbers of persons begin at 002
        "010594-0008",
    ],
)
def test_what_only_looks_like_a_code(text: str) -> None:
    assert kinds(text) == []
    assert not hetu.is_valid(text)


def test_the_leap_day_is_one_of_its_century() -> None:
    digits = "290200123"
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]
    assert kinds(f"290200A123{check}") == [Kind.CODE]
    assert kinds(f"290200-123{check}") == []  # 1900 had none


@pytest.mark.parametrize("code", PUBLISHED)
def test_a_wrong_check_character_is_probable(code: str) -> None:
    wrong = [character for character in "0123456789ABCDEFHJKLMNPRSTUVWXY" if character != code[10]]
    for character in wrong:
        assert kinds(code[:10] + character) == [Kind.PROBABLE_CODE]


@pytest.mark.parametrize("gap", ["", " ", ".", "/", ":", "_"])
def test_without_separator_a_code_is_probable(gap: str) -> None:
    letter = f"020594{gap}903P"
    assert kinds(letter, "ref") == kinds(letter, "text") == [Kind.PROBABLE_CODE]
    assert kinds(f"020594{gap}903A") == []


@pytest.mark.parametrize(
    ("column_type", "expected"),
    [("ref", []), ("name", []), ("heading", []), ("text", [Kind.PROBABLE_CODE])],
)
def test_ten_digits_are_a_code_in_words_alone(column_type: str, expected: list[Kind]) -> None:
    assert kinds("0105949032", column_type) == expected


@pytest.mark.parametrize(
    ("column_type", "expected"), [("ref", []), ("name", [Kind.CODE]), ("text", [Kind.CODE])]
)
def test_letters_beside_a_code_hide_it_in_ids_alone(column_type: str, expected: list[Kind]) -> None:
    assert kinds("S010594-9032x", column_type) == expected


@given(
    st.dates(date(1800, 1, 1), date(2099, 12, 31)),
    st.integers(2, 999),
    st.sampled_from("0123456"),
    st.text(max_size=30),
    st.text(max_size=30),
    st.booleans(),
)
def test_any_code_is_found_in_any_text(
    day: date, number: int, mark: str, before: str, after: str, is_lower: bool
) -> None:
    marks = {18: "+", 19: "-YXWVU", 20: "ABCDEF"}[day.year // 100]
    digits = f"{day:%d%m%y}{number:03d}"
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]
    code = f"{digits[:6]}{marks[int(mark) % len(marks)]}{digits[6:]}{check}"
    # A digit on either side makes another number; long runs of hexadecimal digits are random ids.
    before, after = before.rstrip("0123456789abcdefABCDEF"), after.lstrip("0123456789abcdefABCDEF")
    folded_before, folded_after = fold.fold(before), fold.fold(after)
    if folded_before[-1:].isdigit() or folded_after[:1].isdigit():
        before, after = before + " ", " " + after
    text = before + (code.lower() if is_lower else code) + after
    assert kinds(text, "text")[:1] == [Kind.CODE]
