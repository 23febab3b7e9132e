"""A file that is refused as a whole, and the words for every reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fit_warehouse import project


@dataclass(frozen=True, slots=True)
class Reason:
    """A row of seeds/reason.csv."""

    code: str
    fate: str
    text: str
    hint: str


@cache
def reasons() -> dict[str, Reason]:
    """Return all reasons by code."""
    return {
        row["reason_code"]: Reason(row["reason_code"], row["fate"], row["text_en"], row["hint_en"])
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
