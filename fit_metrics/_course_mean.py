"""The mean course of scores by session and by band of the intake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._course_rows import intake_bands, score_step_of
from fit_metrics._options import Missing, check_choice, check_level, exact_integer
from fit_metrics._person_sessions import last_rows, person_sessions, scored
from fit_metrics._survival_records import freeze

Cohort = Literal["present", "stayers"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanCourse:
    """Mean score of each band of the intake at each session.

    All arrays are read-only, bands in rows and sessions in columns.

    Attributes
    ----------
    session : ndarray of int64, shape (n_sessions,)
        Session numbers, from 1.
    band_edges : ndarray of float64, shape (n_bands - 1,)
        Intake scores that part the bands; one at an edge belongs to the band above.
    n : ndarray of int64, shape (n_bands, n_sessions)
        Persons with a score at the session.
    estimate, ci_low, ci_high, sd : ndarray of float64, shape (n_bands, n_sessions)
        Their mean with Student's interval, and their standard deviation, in score units. nan for
        nobody; limits and sd nan for one person.
    n_leaving : ndarray of int64, shape (n_bands, n_sessions)
        Persons among `n` whose last score this is.
    mean_leaving, mean_staying : ndarray of float64, shape (n_bands, n_sessions)
        Mean score of those and of the others at this session; nan for nobody.
    n_persons : ndarray of int64, shape (n_bands,)
        Persons of the band in the cohort.
    ci_level : float
        Coverage that the interval of one mean aims at.
    n_missing : int
        Rows left out because a value was missing.
    cohort : str
        Whose course it is.
    method : str
        Code of the estimator and of its interval.
    """

    session: NDArray[np.int64]
    band_edges: FloatArray
    n: NDArray[np.int64]
    estimate: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    sd: FloatArray
    n_leaving: NDArray[np.int64]
    mean_leaving: FloatArray
    mean_staying: FloatArray
    n_persons: NDArray[np.int64]
    ci_level: float
    n_missing: int
    cohort: str
    method: str


def mean_course(
    person: ArrayLike,
    session: ArrayLike,
    score: ArrayLike,
    *,
    last_session: SupportsIndex,
    cohort: Cohort = "present",
    band_edges: ArrayLike | None = None,
    score_step: SupportsFloat | None = None,
    level: float = 0.95,
    missing: Missing = "raise",
) -> MeanCourse:
    r"""Give the mean score at each session, by band of the intake.

    Parameters
    ----------
    person : array_like, shape (n_rows,)
        Text or whole numbers.
    session : array_like of int, shape (n_rows,)
        Session number, the first being 1; a person has each at most once. Rows in any order.
    score : array_like, shape (n_rows,)
        Score at the session, in score units.
    last_session : int
        Session up to which the course goes, 1 or more.
    cohort : {"present", "stayers"}
        "present": at each session whoever has a score there. "stayers": at every session the same
        persons, those with a score at `last_session` or later.
    band_edges : array_like, shape (n_bands - 1,), optional
        Rising intake scores that part the bands; a score at an edge belongs to the band above it.
        The intake is the person's first score, at whichever session. Without edges one band.
    score_step : float or Decimal, optional
        Smallest step between two scores (0.1), read as written; needed with `band_edges`.
    level : float
        Coverage of the interval of each mean, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them.

    Returns
    -------
    MeanCourse
        Bands by sessions, in score units.

    Raises
    ------
    ValueError
        An argument breaks its rule; a person has a session twice.

    Notes
    -----
    Mean ± t · s / √n in each cell. The two cohorts answer different questions. At session 10
    "present" holds those who are still there: who leaves when well takes good scores out of the
    later means, who leaves when unwell takes bad ones, and the line can rise or fall though nobody
    changes. "stayers" follows the same persons, hence shows change, but of those who stay alone.
    `mean_leaving` beside `mean_staying` says which way the line is bent at each session. A score
    that is missing at a session in between takes the person out of that cell in both.

    The cells share persons: their intervals are not independent and none is one of a difference
    between sessions. Bands of the intake regress to the mean of all: the lowest band rises and the
    highest falls without any help (docs/method/regression_to_the_mean.md).

    Nominal property: 20 persons and more in the cell, scores with a ceiling; covers 93 to 97 % of
    the mean of those whom the cohort holds, at 95 %.

    References
    ----------
    .. [1] Baldwin, S. A., Berkeljon, A., Atkins, D. C., Olsen, J. A., & Nielsen, S. L. (2009). Rates
       of change in naturalistic psychotherapy: contrasting dose-effect and good-enough level models
       of change. Journal of Consulting and Clinical Psychology, 77(2), 203-211.

    Examples
    --------
    >>> person, session = ["a", "a", "a", "b", "b", "c"], [1, 2, 3, 1, 2, 1]
    >>> score = [18.0, 22.0, 25.0, 20.0, 24.0, 30.0]
    >>> course = mean_course(person, session, score, last_session=3)
    >>> course.n.tolist(), course.estimate.round(2).tolist()
    ([[3, 2, 1]], [[22.67, 23.0, 25.0]])
    >>> mean_course(person, session, score, last_session=3, cohort="stayers").estimate.tolist()
    [[18.0, 22.0, 25.0]]
    """
    check_choice("cohort", cohort, Cohort)
    checked_level = check_level(level)
    m = exact_integer("last_session", last_session, minimum=1)
    step = None if score_step is None else score_step_of(score_step)
    rows = scored(person_sessions(person, session, "score", score, missing))
    if rows.session.size and rows.session.min() < 1:
        raise ValueError("session is 0 at least once: sessions are counted from 1")
    band, n_bands = intake_bands(rows, band_edges, step)
    final = last_rows(rows)
    follows = np.ones(rows.first.size, dtype=np.bool_)
    if cohort == "stayers":
        follows = rows.session[final] >= m
    kept = follows[rows.person] & (rows.session <= m)
    leaves = np.zeros(rows.person.size, dtype=np.bool_)
    leaves[final] = True
    cell = band[rows.person[kept]] * m + rows.session[kept].astype(np.intp) - 1
    scores, leaving = rows.score[kept], leaves[kept]
    n, mean, sd = _cells(cell, scores, (n_bands, m))
    n_leaving, mean_leaving, _ = _cells(cell[leaving], scores[leaving], (n_bands, m))
    _, mean_staying, _ = _cells(cell[~leaving], scores[~leaving], (n_bands, m))
    several = n >= 2
    error = np.where(several, sd, np.nan) / np.sqrt(np.maximum(n, 1))
    half = -special.stdtrit(np.maximum(n - 1, 1), (1.0 - checked_level) / 2.0) * error
    edges = np.empty(0) if band_edges is None else np.array(band_edges, dtype=np.float64)
    n_persons = np.bincount(band[follows], minlength=n_bands).astype(np.int64)
    result = MeanCourse(
        session=np.arange(1, m + 1, dtype=np.int64),
        band_edges=edges,
        n=n,
        estimate=mean,
        ci_low=mean - half,
        ci_high=mean + half,
        sd=sd,
        n_leaving=n_leaving,
        mean_leaving=mean_leaving,
        mean_staying=mean_staying,
        n_persons=n_persons,
        ci_level=checked_level,
        n_missing=rows.n_missing,
        cohort=cohort,
        method=f"mean_course_{cohort}_student_t",
    )
    freeze(result.session, edges, n, mean, result.ci_low, result.ci_high, sd)
    freeze(n_leaving, mean_leaving, mean_staying, n_persons)
    return result


def _cells(
    cell: NDArray[np.intp], scores: FloatArray, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Give count, mean and standard deviation of each cell."""
    size = shape[0] * shape[1]
    n = np.bincount(cell, minlength=size).astype(np.int64)
    divisor = np.maximum(n, 1)
    # Measured from one score of the cell, so that equal scores have exactly no spread.
    start = np.zeros(size)
    start[cell] = scores
    apart = scores - start[cell]
    centre = np.bincount(cell, weights=apart, minlength=size) / divisor
    squares = np.bincount(cell, weights=(apart - centre[cell]) ** 2, minlength=size)
    mean = np.where(n > 0, start + centre, np.nan)
    sd = np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)
    return n.reshape(shape), mean.reshape(shape), sd.reshape(shape)
