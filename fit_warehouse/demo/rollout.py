"""The roll-out as the staff sees it: waves of NoMAD, answered by workers of teams that use FIT."""

from __future__ import annotations

import numpy as np
import polars as pl

from fit_warehouse.demo.organisation import Organisation, team_codes
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams
from fit_warehouse.demo.working_time import day_number

DAYS_PER_YEAR = 365.25
LOWEST, HIGHEST = 1, 5
NOT_RELEVANT = [6, 7, 8]


def wave_days(parameters: Parameters) -> Ints:
    """Return the day of each wave that lies in the period."""
    rules = parameters.rollout
    first = day_number(parameters.organisation.first_adoption) + rules.first_wave_days
    days = first + rules.wave_gap_days * np.arange(rules.waves)
    return days[days <= day_number(parameters.calendar.last_session)]


def item_codes(parameters: Parameters) -> tuple[list[str], Ints]:
    """Return the neutral codes of the items and the position of each one's construct."""
    rules = parameters.rollout
    pairs = list(zip(rules.constructs, rules.items, strict=True))
    names = [f"{construct}_{n}" for construct, items in pairs for n in range(1, items + 1)]
    return names, np.repeat(np.arange(len(pairs)), rules.items)


def survey_table(
    parameters: Parameters, organisation: Organisation, streams: Streams
) -> pl.DataFrame:
    """Return the landing table `survey_response`: one row an answer, 5 = agrees fully.

    A worker keeps a respondent number over all waves; it is no worker reference.
    """
    rules = parameters.rollout
    rng = streams.named("roll-out survey")
    days = wave_days(parameters)
    posts = organisation.post_team.size
    person: Floats = rng.normal(0.0, rules.worker_sd, posts)
    person = (
        person
        + rng.normal(0.0, rules.team_sd, organisation.team_adopted.size)[organisation.post_team]
    )
    number = rng.permutation(posts) + 1
    years = (
        days[:, np.newaxis] - organisation.team_adopted[organisation.post_team]
    ) / DAYS_PER_YEAR
    answers: Flags = (rng.random(years.shape) < rules.response_rate) & (years >= 0)
    wave, post = np.nonzero(answers)
    names, construct = item_codes(parameters)
    mean = np.array(rules.start)[construct] + rules.growth * years[wave, post, np.newaxis]
    latent = np.minimum(mean, rules.largest) + person[post, np.newaxis]
    latent = latent + rng.normal(0.0, rules.item_sd, latent.shape)
    value = np.clip(np.rint(latent), LOWEST, HIGHEST).astype(np.int64)
    has_no_answer = rng.random(value.shape) < rules.not_relevant
    value = np.where(has_no_answer, rng.choice(NOT_RELEVANT, value.shape), value)
    codes = np.array(team_codes(organisation)[0])
    rows = np.repeat(np.arange(wave.size), len(names))
    return pl.DataFrame(
        {
            "survey_code": [rules.survey_code] * rows.size,
            "wave": (wave[rows] + 1).astype(str),
            "respondent_hash": np.char.add("N-", np.char.zfill(number[post].astype(str), 5))[rows],
            "team_code": codes[organisation.post_team[post]][rows],
            "item_code": np.tile(names, wave.size),
            "value": value.ravel(),
        },
        schema_overrides={"survey_code": pl.String, "wave": pl.String, "item_code": pl.String},
    )
