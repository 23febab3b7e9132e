"""Look over the bytes of a JSON file before anything parses it: how deep it nests, how long its lines are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fit_warehouse.landing.files import chunks
from fit_warehouse.landing.refusal import RefusedFileError

DEEPEST = 64  # a bundle's answers lie some 15 levels deep
LONGEST_LINE = 1 << 24

QUOTE, NEWLINE = b'"\n'
STEPS = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1)}
STEP = np.array([STEPS.get(code, 0) for code in range(256)], np.int32)
IS_MARK = (STEP != 0) | np.isin(np.arange(256), [QUOTE, NEWLINE])


@dataclass(slots=True)
class _State:
    """What is carried from one piece of a file to the next."""

    is_in_string: bool = False
    depth: int = 0
    line: int = 1
    line_length: int = 0


def check(path: Path, *, by_line: bool) -> None:
    """Refuse a file that nests deeper than any resource, or has a line longer than any.

    Parameters
    ----------
    path
        A JSON document, or a file with a JSON object on each line.
    by_line
        Whether each line is an object of its own: only then is the length of a line bounded, and a
        broken line does not count for the next.

    Raises
    ------
    RefusedFileError
        `nested_too_deep` or `file_too_large`, with the line.
    """
    state, rest = _State(), b""
    for piece in chunks(path):
        whole = rest + piece
        # A backslash and what it escapes stay together.
        n_last = len(whole) - len(whole.rstrip(b"\\"))
        rest = whole[len(whole) - n_last % 2 :]
        whole = whole[: len(whole) - len(rest)]
        # Escaped quotation marks end no string; as many bytes stay in their place.
        whole = whole.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        if whole:
            _check_piece(np.frombuffer(whole, np.uint8), state, by_line=by_line)


def _check_piece(codes: npt.NDArray[np.uint8], state: _State, *, by_line: bool) -> None:
    """Check one piece of a file and move the state to its end."""
    at = np.flatnonzero(IS_MARK[codes])
    marks = codes[at]
    ends = np.flatnonzero(marks == NEWLINE)
    if by_line:
        lengths = np.diff(at[ends], prepend=-1 - state.line_length, append=codes.size)
        if lengths.max() > LONGEST_LINE:
            line = state.line + int(np.argmax(lengths > LONGEST_LINE))
            raise RefusedFileError(
                "file_too_large", f"line {line} is longer than {LONGEST_LINE >> 20} MB"
            )
        state.line_length = int(lengths[-1]) - 1
    if not at.size:
        return
    # No string goes on over the end of a line, so a broken one hides nothing after it.
    n_quotes = np.cumsum(marks == QUOTE, dtype=np.int32)
    is_inside = _since_line(n_quotes, ends, int(state.is_in_string)) % 2 == 1
    depth = np.cumsum(np.where(is_inside, 0, STEP[marks]), dtype=np.int32)
    depth = _since_line(depth, ends, state.depth) if by_line else depth + state.depth
    if depth.max() > DEEPEST:
        line = state.line + int(np.searchsorted(ends, np.argmax(depth > DEEPEST)))
        raise RefusedFileError("nested_too_deep", f"line {line}, more than {DEEPEST} levels")
    state.is_in_string, state.depth = bool(is_inside[-1]), int(depth[-1])
    state.line += ends.size


def _since_line(
    counted: npt.NDArray[np.int32], ends: npt.NDArray[np.intp], carried: int
) -> npt.NDArray[np.int32]:
    """Return running counts begun anew after each line end; `carried` is the count before the first."""
    before = np.concatenate((np.array([-carried], np.int32), counted[ends]))
    lengths = np.diff(ends, prepend=-1, append=counted.size - 1)
    return counted - np.repeat(before, lengths)
