"""The words of the pages, one file a language.

Code holds keys, never words. A key that is not there, a slot that is left open and a slot that is not
in the sentence are errors, so that a page is either whole or not written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from string import Formatter

from fit_warehouse.errors import UsageError
from fit_warehouse.report.errors import ReportError

TEXTS = Path(__file__).resolve().parent / "text"


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        elif isinstance(value, str):
            yield key, value
        else:
            raise ReportError(f"text catalogue: {key} is not text")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sentences by dotted key.

    Parameters
    ----------
    language
        The language of the sentences.
    entries
        Sentence by key; slots are written `{name}`.
    """

    language: str
    entries: Mapping[str, str]

    def has(self, key: str) -> bool:
        """Tell whether the catalogue holds `key`."""
        return key in self.entries

    def text(self, key: str, **slots: str) -> str:
        """Return the sentence of `key` with its slots filled in.

        Raises
        ------
        ReportError
            When the key is missing, or when `slots` are not exactly those of the sentence.
        TypeError
            When a slot holds a number: numbers pass through `Formats` first.
        """
        if key not in self.entries:
            raise ReportError(f"text catalogue {self.language}: no key {key!r}")
        sentence = self.entries[key]
        wanted = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
        if wanted != slots.keys():
            raise ReportError(
                f"text catalogue {self.language}: {key!r} has slots {sorted(wanted)}, "
                f"got {sorted(slots)}"
            )
        for name, value in slots.items():
            if not isinstance(value, str):
                raise TypeError(f"slot {name!r} of {key!r} is not formatted text: {value!r}")
        return sentence.format(**slots)

    def label(self, prefix: str, code: str, **slots: str) -> str:
        """Return the sentence of a code of the data or of a rule: that of `prefix.code`."""
        return self.text(f"{prefix}.{code.lower()}", **slots)

    def count(self, prefix: str, value: int | Decimal, shown: str) -> str:
        """Return a count with its noun in the right number: `1 jakso`, `28 jaksoa`."""
        return self.text(f"{prefix}.{'one' if value == 1 else 'other'}", n=shown)


def load_catalogue(language: str) -> Catalogue:
    """Read the catalogue of a language.

    Raises
    ------
    UsageError
        When there is no catalogue for the language.
    """
    path = TEXTS / f"{language}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in TEXTS.glob("*.toml")))
        raise UsageError(f"no texts for the language {language!r}; there are: {known}")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Catalogue(language=language, entries=dict(_flat(table)))
