"""What a TOML says of a roll-out survey: its files, its scale, and which column is which item."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from fit_warehouse.errors import UsageError
from fit_warehouse.landing.files import LandingFile, content_hash

DIRECTIONS = ("5_agrees", "1_agrees")
LOWEST, HIGHEST = 1, 5
NOT_RELEVANT = (6, 7, 8)  # not to my role, not at this stage, not to this intervention
ITEM_CODE = re.compile(r"[a-z]+(_[a-z]+)*_[0-9]+")
KEYS = {
    "survey_code", "files", "sheet", "wave", "wave_column", "waves", "team_code", "team_column", "teams",
    "respondent_column", "anonymous", "scale", "items",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """An item: its code, its column by header or by position from 1, and its scale."""

    code: str
    column: str | int
    is_reversed: bool = False
    lowest: int = LOWEST
    highest: int = HIGHEST

    @property
    def agrees(self) -> bool:
        """Return whether the item is answered on the survey's scale of agreement."""
        return (self.lowest, self.highest) == (LOWEST, HIGHEST)


@dataclass(frozen=True, slots=True)
class Survey:
    """A roll-out survey; `docs/how_to/land_a_survey.md` explains the entries of its TOML."""

    survey_code: str
    files: tuple[str, ...]
    items: tuple[Item, ...]
    one_agrees: bool
    told: str
    sheet: str = ""
    wave: str = ""
    wave_column: str = ""
    waves: Mapping[str, str] = field(default_factory=dict)
    team_code: str = ""
    team_column: str = ""
    teams: Mapping[str, str] = field(default_factory=dict)
    respondent_column: str = ""
    answers: Mapping[str, int] = field(default_factory=dict)
    not_relevant: Mapping[str, int] = field(default_factory=dict)

    def has(self, file: LandingFile) -> bool:
        """Return whether a file of the landing folder is one of the survey's."""
        return any(is_named(file, pattern) for pattern in self.files)

    def wave_of(self, file: LandingFile) -> str:
        """Return the wave that a file is of, by constant or by name; empty if a column says it."""
        by_name = (wave for pattern, wave in self.waves.items() if is_named(file, pattern))
        return self.wave or next(by_name, "")


def is_named(file: LandingFile, pattern: str) -> bool:
    """Return whether a file's name, with or without its folders, fits a pattern."""
    return fnmatch(file.name, pattern) or fnmatch(file.path.name, pattern)


def load(folder: Path) -> tuple[Survey, ...]:
    """Return the surveys that the TOML files of a folder describe, ordered by file name.

    Raises
    ------
    UsageError
        When one of them cannot be understood, with the file and the entry.
    """
    if not folder.is_dir():
        return ()
    return tuple(_read(path) for path in sorted(folder.glob("*.toml")))


def _read(path: Path) -> Survey:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path} is not valid TOML: {problem}") from problem
    try:
        return _survey(content, content_hash(path))
    except (ValueError, TypeError, AttributeError) as problem:
        raise UsageError(f"{path}: {problem}. See docs/how_to/land_a_survey.md") from problem


def _survey(content: Mapping[str, Any], told: str) -> Survey:
    """Return a survey, or raise ValueError with what is wrong."""
    unknown = content.keys() - KEYS
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not known")
    for name in ("survey_code", "files", "items"):
        if not content.get(name):
            raise ValueError(f"{name} is missing")
    _one_of(content, "wave", "wave_column", "waves")
    _one_of(content, "team_code", "team_column")
    _one_of(content, "respondent_column", "anonymous")
    scale = content.get("scale", {})
    if scale.get("direction") not in DIRECTIONS:
        raise ValueError(
            f"scale.direction is required: {' or '.join(DIRECTIONS)}, by what the form says"
        )
    if scale.keys() - {"direction", "not_relevant", "answers"}:
        raise ValueError("scale has direction, not_relevant and answers")
    not_relevant = _numbers(scale.get("not_relevant", {}), NOT_RELEVANT, "scale.not_relevant")
    plain = ("survey_code", "sheet", "wave", "wave_column", "team_code", "team_column")
    files = content["files"]
    return Survey(
        **{name: str(content[name]) for name in (*plain, "respondent_column") if name in content},
        files=(files,) if isinstance(files, str) else tuple(files),
        items=tuple(_item(code, said) for code, said in content["items"].items()),
        one_agrees=scale["direction"] == "1_agrees",
        told=told,
        waves={name: str(wave) for name, wave in content.get("waves", {}).items()},
        teams={name: str(team) for name, team in content.get("teams", {}).items()},
        answers=_numbers(scale.get("answers", {}), range(LOWEST, HIGHEST + 1), "scale.answers"),
        not_relevant=not_relevant,
    )


def _one_of(content: Mapping[str, Any], *names: str) -> None:
    given = [name for name in names if content.get(name)]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(names)} is needed")


def _numbers(said: Mapping[str, Any], allowed: Any, name: str) -> dict[str, int]:
    """Return answers, without regard to case and surrounding space, with the numbers they stand for."""
    if not all(isinstance(number, int) and number in allowed for number in said.values()):
        raise ValueError(f"{name} leads to numbers from {min(allowed)} to {max(allowed)}")
    return {text.strip().lower(): number for text, number in said.items()}


def _item(code: str, said: Any) -> Item:
    """Return an item; a text or a number alone is its column."""
    if not ITEM_CODE.fullmatch(code):
        raise ValueError(f"items.{code}: a code is the construct and a number, as coherence_1")
    entries = said if isinstance(said, dict) else {"column": said}
    if entries.keys() - {"column", "reversed", "lowest", "highest"}:
        raise ValueError(f"items.{code} has column, reversed, lowest and highest")
    column = entries.get("column")
    if isinstance(column, bool) or not isinstance(column, str | int) or not column:
        raise ValueError(f"items.{code}.column is a header or a position, counted from 1")
    lowest, highest = entries.get("lowest", LOWEST), entries.get("highest", HIGHEST)
    if not isinstance(lowest, int) or not isinstance(highest, int) or lowest >= highest:
        raise ValueError(f"items.{code}: lowest and highest are whole numbers")
    return Item(code, column, entries.get("reversed", False) is True, lowest, highest)
