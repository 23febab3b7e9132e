"""True wellbeing along an episode, and what a form shows of it.

The true total of a rater after s attended sessions is start + gain · log(1 + s) / log(1 + S), plus the
shocks of life until then: change comes early and slows down. A form adds the week's own state and
noise on each item; the items are marked to a tenth and the total is their exact sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fit_warehouse.demo.parameters import CourseParameters, Parameters, PremParameters
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams

ITEMS = 4
ITEM_STEPS = 100
GROUPS = ("child", "adolescent", "adult", "caretaker", "guardian", "professional")
# Marks and totals in tenths: short numbers, as a city has many of them.
Tenths = NDArray[np.int16]
GROUP_POSITION = {name: position for position, name in enumerate(GROUPS)}


@dataclass(frozen=True, slots=True)
class Courses:
    """True courses, one per rater or index client.

    Attributes
    ----------
    start, gain : (n,) array
        True total at the first session, and its change up to the reference session.
    shared : (n,) array
        Part of the family's shocks that reaches the rater.
    """

    start: Floats
    gain: Floats
    shared: Floats


@dataclass(frozen=True, slots=True)
class Standing:
    """Standard normal scores of an episode's index client, shared with the family's other raters.

    Attributes
    ----------
    start, gain : (n_episodes,) array
        Standing at the start and in gain.
    alliance : (n_episodes,) array
        Distance from a good alliance: high where meetings are rated low.
    context : (n_episodes,) array
        What service, team and worker add to the gain, points.
    shift : (n_episodes,) array
        What the service adds to the start, points.
    """

    start: Floats
    gain: Floats
    alliance: Floats
    context: Floats
    shift: Floats


def build_courses(
    parameters: Parameters,
    standing: Standing,
    episode: Ints,
    group: Ints,
    own: Floats,
    shared: Floats,
) -> Courses:
    """Return the courses of raters of the groups `group` in the episodes `episode`.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    standing : Standing
        Of all episodes.
    episode, group : (n,) array
        The rater's episode and position in `GROUPS`.
    own : (n, 2) array
        The rater's own standard normal scores for start and gain.
    shared : (n,) array
        Correlation with the index client's own course; 1 for that client.
    """
    rules = parameters.course
    mean = np.array([parameters.intake[name].mean for name in GROUPS])[group]
    sd = np.array([parameters.intake[name].sd for name in GROUPS])[group]
    rest = np.sqrt(1.0 - shared**2)
    start = mean + standing.shift[episode]
    start = start + sd * (shared * standing.start[episode] + rest * own[:, 0])
    start = np.clip(start, rules.floor, rules.ceiling)
    gain = rules.gain_mean + rules.gain_per_intake_point * (start - mean)
    # `gain_sd` is the spread of all clients: workers and teams make a part of it.
    client_sd = rules.gain_sd * np.sqrt(1.0 - rules.worker_icc - rules.team_icc)
    gain = gain + client_sd * (shared * standing.gain[episode] + rest * own[:, 1])
    return Courses(start=start, gain=gain + standing.context[episode], shared=shared)


def true_total(
    rules: CourseParameters, start: Floats, gain: Floats, shock: Floats, sessions: Ints
) -> Floats:
    """Return the true total after `sessions` attended sessions and shocks of `shock` points."""
    # A short table instead of a logarithm for each of many rows.
    longest = int(sessions.max(initial=0))
    progress = np.log1p(np.arange(longest + 1)) / np.log1p(rules.reference_sessions)
    total: Floats = start + gain * progress[sessions] + shock
    return np.clip(total, rules.floor, rules.ceiling, out=total)


def with_styles(marks: Tenths, is_straight: Flags, is_best: Flags) -> Tenths:
    """Return marks in tenths as raters of a fixed response style give them."""
    styled = marks.copy()
    straight = np.flatnonzero(is_straight)
    styled[straight] = np.rint(sums(marks[straight]) / ITEMS)[:, np.newaxis]
    styled[is_best] = ITEM_STEPS
    return styled


def sums(marks: Tenths) -> Tenths:
    """Return the sum of each row of marks; column by column, as a row is too short to be quick."""
    return marks[:, 0] + marks[:, 1] + marks[:, 2] + marks[:, 3]


def item_profiles(rules: CourseParameters, raters: int, streams: Streams) -> Floats:
    """Return what each rater's items differ by for good, (n_raters, 4), summing to zero."""
    profile = streams.named("item profiles").normal(0.0, rules.item_profile_sd, (raters, ITEMS))
    centred: Floats = profile - profile.mean(axis=1, keepdims=True)
    return centred


def prom_items(
    rules: CourseParameters, total: Floats, profile: Floats, rng: np.random.Generator
) -> Tenths:
    """Return item marks in tenths, (n, 4), of forms whose true total with the week's state is `total`."""
    noise = rng.normal(0.0, rules.item_noise_sd, profile.shape)
    return to_tenths((total / ITEMS)[:, np.newaxis] + profile + noise)


def prem_items(
    rules: PremParameters, client: Floats, sessions: Ints, rng: np.random.Generator
) -> Tenths:
    """Return item marks in tenths, (n, 4), of forms about the experience of a session.

    Parameters
    ----------
    rules : PremParameters
        The city's numbers.
    client : (n,) array
        The rater's own standard normal score.
    sessions : (n,) array
        Attended sessions before this one.
    rng : numpy.random.Generator
        Source of chance.
    """
    log_deficit = np.log(rules.median_deficit) + rules.client_log_sd * client
    log_deficit = log_deficit + rules.change_per_session * sessions
    log_deficit = log_deficit + rng.normal(0.0, rules.session_log_sd, client.size)
    deficit = np.minimum(np.exp(log_deficit), rules.largest_deficit) / ITEMS
    spread = np.exp(rng.normal(0.0, rules.item_log_sd, (client.size, ITEMS)))
    return to_tenths(ITEM_STEPS / 10 - deficit[:, np.newaxis] * spread)


def to_tenths(marks: Floats) -> Tenths:
    """Return marks on the ten-centimetre line as whole tenths, 0 to 100."""
    tenths = np.rint(marks * 10.0)
    return np.clip(tenths, 0, ITEM_STEPS, out=tenths).astype(np.int16)
