"""Who rates whom in an episode: clients themselves, caretakers, guardians, now and then a worker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import GROUP_POSITION
from fit_warehouse.demo.parameters import FormParameters, Parameters
from fit_warehouse.demo.people import GUARDIAN, INDEX, SIBLING, People, age_on
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams

ROLES = ("self", "caretaker", "professional")
SELF, CARETAKER, PROFESSIONAL = range(3)
NO_ONE = -1
FIRST_SCORED_AGE = 6
TEENS_BEGIN = 13
CORS_ENDS = 16


@dataclass(frozen=True, slots=True)
class Raters:
    """One rater of one client in one episode; every array is (n_raters,), ordered by episode.

    Attributes
    ----------
    episode : array
        Episode.
    client, respondent : array
        Places in the episode's family; `respondent` is `NO_ONE` for own forms and for workers.
    role : array
        Position in `ROLES`.
    group : array
        Position in `course.GROUPS`.
    shared : array
        Correlation with the index client's course.
    presence : array
        Share of attended sessions at which the rater is present.
    has_prem : array
        The rater also rates the session.
    is_child_form, changes_form : array
        The first form is a CORS; it gives way to the ORS at thirteen.
    is_too_young : array
        Under six: forms are not scored and at most noted as not offered.
    """

    episode: Ints
    client: Ints
    respondent: Ints
    role: Ints
    group: Ints
    shared: Floats
    presence: Floats
    has_prem: Flags
    is_child_form: Flags
    changes_form: Flags
    is_too_young: Flags


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rater, the same for all episodes that have it."""

    client: int
    respondent: int
    role: int
    group: str
    is_index: bool
    has_prem: bool


KINDS = (
    Kind(INDEX, NO_ONE, SELF, "self", is_index=True, has_prem=True),
    Kind(SIBLING, NO_ONE, SELF, "self", is_index=False, has_prem=True),
    Kind(INDEX, GUARDIAN, CARETAKER, "caretaker", is_index=False, has_prem=False),
    Kind(GUARDIAN, NO_ONE, SELF, "guardian", is_index=False, has_prem=True),
    Kind(INDEX, NO_ONE, PROFESSIONAL, "professional", is_index=False, has_prem=False),
)


def build_raters(
    parameters: Parameters, people: People, first_form_day: Ints, streams: Streams
) -> Raters:
    """Return the raters of all episodes; age counts on `first_form_day` (n_episodes,)."""
    rules = parameters.forms
    rng = streams.named("raters")
    size = first_form_day.size
    ages = age_on(first_form_day[:, np.newaxis], people.birth_day)
    keeps_cors = rng.random(size) < rules.cors_in_early_teens
    changes = rng.random(size) < rules.changes_form_at_13
    takes_part = participation(rules, people, ages, rng.random((size, len(KINDS))))
    parts = []
    for number, kind in enumerate(KINDS):
        episode = np.flatnonzero(takes_part[:, number])
        age = ages[episode, kind.client]
        is_teen_cors = keeps_cors[episode] & (age < CORS_ENDS)
        parts.append(raters_of_kind(parameters, kind, episode, age, is_teen_cors, changes[episode]))
    return in_episode_order(parts)


def participation(rules: FormParameters, people: People, ages: Floats, uniform: Floats) -> Flags:
    """Return which kinds of rater (n_episodes, 5) each episode has."""
    index_age = ages[:, INDEX]
    is_family = people.present[:, GUARDIAN]
    bands = [index_age < FIRST_SCORED_AGE, index_age < TEENS_BEGIN]
    caretaker = np.select(
        bands, [rules.caretaker_under_6, rules.caretaker_6_to_12], rules.caretaker_over_12
    )
    return np.column_stack(
        [
            np.ones(index_age.size, dtype=np.bool_),
            people.present[:, SIBLING]
            & (ages[:, SIBLING] >= FIRST_SCORED_AGE)
            & (uniform[:, 1] < rules.sibling_rates),
            is_family & (uniform[:, 2] < caretaker),
            is_family & (uniform[:, 3] < rules.guardian_rates),
            is_family & (uniform[:, 4] < rules.professional_rates),
        ]
    )


def raters_of_kind(
    parameters: Parameters,
    kind: Kind,
    episode: Ints,
    age: Floats,
    is_teen_cors: Flags,
    changes: Flags,
) -> Raters:
    """Return the raters of one kind in the episodes `episode`, whose clients are `age` years old."""
    rules, size = parameters.forms, episode.size
    is_child_form = (age < TEENS_BEGIN) | (is_teen_cors & (kind.role == SELF))
    own = np.select(
        [is_child_form, age < 18],
        [GROUP_POSITION["child"], GROUP_POSITION["adolescent"]],
        GROUP_POSITION["adult"],
    )
    group = own if kind.group == "self" else np.full(size, GROUP_POSITION[kind.group])
    presence = {
        (INDEX, SELF): 1.0,
        (SIBLING, SELF): rules.sibling_presence,
        (INDEX, CARETAKER): rules.caretaker_presence,
        (GUARDIAN, SELF): rules.guardian_presence,
        (INDEX, PROFESSIONAL): rules.professional_presence,
    }[kind.client, kind.role]
    return Raters(
        episode=episode,
        client=np.full(size, kind.client),
        respondent=np.full(size, kind.respondent),
        role=np.full(size, kind.role),
        group=group.astype(np.int64),
        shared=np.full(size, 1.0 if kind.is_index else parameters.course.shared_with_index),
        presence=np.full(size, presence),
        has_prem=np.full(size, kind.has_prem),
        is_child_form=is_child_form,
        # A teenager who was given the CORS on purpose keeps it.
        changes_form=changes & (age < TEENS_BEGIN),
        is_too_young=(age < FIRST_SCORED_AGE) & (kind.role == SELF),
    )


def in_episode_order(parts: list[Raters]) -> Raters:
    """Return the raters of all kinds as one table, by episode and then by kind."""
    fields = Raters.__dataclass_fields__
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
    order = np.argsort(joined["episode"], kind="stable")
    return Raters(**{name: values[order] for name, values in joined.items()})
