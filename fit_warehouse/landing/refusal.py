"""A file that is refused as a whole, and the words for every reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import get_args

from fit_warehouse import project
from fit_warehouse.settings import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Reason:
    """A row of seeds/reason.csv."""

    code: str
    fate: str
    text: str
    hint: str
    texts: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    def text_in(self, language: Language) -> str:
        """Return what is wrong, in a language."""
        return self.texts[language]

    def hint_in(self, language: Language) -> str:
        """Return what to do, in a language."""
        return self.hints[language]


@cache
def reasons() -> dict[str, Reason]:
    """Return all reasons by code."""
    return {
        row["reason_code"]: Reason(
            row["reason_code"],
            row["fate"],
            row["text_en"],
            row["hint_en"],
            {language: row[f"text_{language}"] for language in LANGUAGES},
            {language: row[f"hint_{language}"] for language in LANGUAGES},
        )
        for row in project.seed("reason")
    }


class RefusedFileError(Exception):
    """Nothing of the file is taken; says which reason and where in the file."""

    def __init__(self, reason_code: str, where: str = "") -> None:
        self.reason = reasons()[reason_code]
        self.where = where
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """Return what is wrong, where, and what to do, in that order."""
        where = f" ({self.where})" if self.where else ""
        return f"{self.reason.text}{where}. {self.reason.hint}"
