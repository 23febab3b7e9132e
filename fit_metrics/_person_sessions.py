"""Rows of persons by session number, put in order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column, check_same_length, refuse_missing
from fit_metrics._flags import whole_column
from fit_metrics._groups import as_groups
from fit_metrics._options import Missing

Index = NDArray[np.intp]


class PersonSessions(NamedTuple):
    """Rows sorted by person and session; where person or session is missing there is no row.

    Attributes
    ----------
    labels : ndarray, shape (n_persons,)
        The persons, sorted.
    person : ndarray of int, shape (n,)
        Position among `labels`.
    session, score : ndarray of float64, shape (n,)
        Session number, and score (nan where none was given).
    first : ndarray of int, shape (n_persons,)
        Where each person's rows begin.
    rows : ndarray of int, shape (n,)
        Which row of the input it was.
    n_missing : int
        Rows of the input in which something is missing, the score among it.
    """

    labels: NDArray[Any]
    person: Index
    session: FloatArray
    score: FloatArray
    first: Index
    rows: Index
    n_missing: int


def person_sessions(
    person: ArrayLike,
    session: ArrayLike,
    name: str,
    score: ArrayLike,
    missing: Missing,
) -> PersonSessions:
    """Give the rows in order; a session that a person has twice is refused."""
    groups = as_groups("person", person)
    numbers, scores = whole_column("session", session), as_column(name, score)
    check_same_length("person", groups.codes, "session", numbers)
    check_same_length("person", groups.codes, name, scores)
    usable = (groups.codes >= 0) & ~np.isnan(numbers)
    n_missing = int(scores.size - np.count_nonzero(usable & ~np.isnan(scores)))
    refuse_missing(f"person, session and {name}", n_missing, scores.size, missing)
    rows = np.flatnonzero(usable)
    codes, numbers = groups.codes[usable], numbers[usable]
    if not _is_sorted(codes, numbers):
        order = np.lexsort((numbers, codes))
        rows, codes, numbers = rows[order], codes[order], numbers[order]
    twice = np.flatnonzero((np.diff(codes) == 0) & (np.diff(numbers) == 0))
    if twice.size:
        raise ValueError(
            f"session is {numbers[twice[0]]:g} in {twice.size + 1} or more rows of the same "
            f"persons (first in rows {sorted(rows[twice[0] : twice[0] + 2].tolist())}): a person "
            "has one row for a session"
        )
    begins = np.flatnonzero(np.diff(codes, prepend=-1))
    position = np.repeat(np.arange(begins.size), np.diff(begins, append=codes.size))
    labels = groups.labels[codes[begins]] if begins.size else groups.labels[:0]
    return PersonSessions(labels, position, numbers, scores[rows], begins, rows, n_missing)


def _is_sorted(codes: NDArray[np.int64], numbers: FloatArray) -> bool:
    step = np.diff(codes)
    return bool(((step > 0) | ((step == 0) & (np.diff(numbers) > 0))).all())


def scored(rows: PersonSessions) -> PersonSessions:
    """Give the rows that have a score, and the persons that have any."""
    kept = ~np.isnan(rows.score)
    person = rows.person[kept]
    begins = np.flatnonzero(np.diff(person, prepend=-1))
    position = np.repeat(np.arange(begins.size), np.diff(begins, append=person.size))
    return PersonSessions(
        rows.labels[person[begins]],
        position,
        rows.session[kept],
        rows.score[kept],
        begins,
        rows.rows[kept],
        rows.n_missing,
    )


def last_rows(rows: PersonSessions) -> Index:
    """Give where each person's rows end."""
    return np.append(rows.first, rows.person.size)[1:] - 1
