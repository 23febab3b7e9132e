"""What a case of a bad file is: how it is made, and what landing it must give."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECRET = "Virtanen"  # stands in the cells of bad files: no message may repeat it

Write = Callable[[Path, str], object]


@dataclass(frozen=True)
class Case:
    """One bad file, or one file with bad rows, in a folder of its own.

    Attributes
    ----------
    name : str
        Also the name of the folder.
    write : callable
        Makes the file in a folder; the second argument begins every key in it, so that the rows of
        two cases never meet.
    file : str
        The file that is meant.
    refused : str
        The reason code for which the file is refused; empty when it lands.
    sheet : str
        The sheet that is refused, where it is not the whole file.
    says : tuple of str
        What the sentence must name: line, row, column, sheet.
    problems : dict
        {row number: (column, reason)} of the rows that are kept out.
    accepted, duplicates : int
        Rows that are not kept out.
    note : str
        What a note on the file must say.
    during : callable
        What happens to the file while it is read.
    is_locked : bool
        The system gives no permission to open it.
    is_posix : bool
        Windows cannot have such a file.
    """

    name: str
    write: Write
    file: str = "team.csv"
    refused: str = ""
    sheet: str = ""
    says: tuple[str, ...] = ()
    problems: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    accepted: int = 0
    duplicates: int = 0
    note: str = ""
    during: Callable[[Path], object] | None = None
    is_locked: bool = False
    is_posix: bool = False

    @property
    def reasons(self) -> set[str]:
        """Return the reason codes that the case is a case of."""
        return {reason for _, reason in self.problems.values()} | ({self.refused} - {""})


def as_text(rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    """Return rows as CSV; the columns are all that any of the rows has."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def content(text: str | bytes, file: str = "team.csv", encoding: str = "utf-8") -> Write:
    """Return a writer of a file; `KEY` and `SECRET` in its text are filled in."""

    def write(folder: Path, key: str) -> None:
        raw = text if isinstance(text, bytes) else text.encode(encoding)
        marks = ((b"KEY", key), (b"SECRET", SECRET))
        if encoding != "utf-8":
            marks = tuple((m.decode().encode(encoding), v) for m, v in marks)  # type: ignore[assignment]
        for mark, value in marks:
            raw = raw.replace(mark, value.encode(encoding))
        (folder / file).write_bytes(raw)

    return write
