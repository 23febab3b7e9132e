"""Workers end episodes by what they see: forms carry the week's state, and no form an error more."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fit_warehouse.demo.forms import CHILD_FORM, MISSING
from fit_warehouse.demo.hazards import CODES, PLANNED_END, judged_levels
from fit_warehouse.demo.organisation import build_organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Streams
from fit_warehouse.demo.simulation import City, simulate

GOALS, STUCK = CODES.index("goals_reached_early"), CODES.index("not_benefiting_early")


@pytest.fixture(scope="module")
def simulated(parameters: Parameters) -> City:
    streams = Streams(9)
    return simulate(parameters, build_organisation(parameters, 60_000, streams), 8_000, streams)


def test_the_index_client_fills_in_the_state_that_the_worker_sees(simulated: City) -> None:
    forms = simulated.forms
    is_prom = (forms.instrument <= CHILD_FORM) & (forms.total != MISSING)
    # The ends of the scale cut marks off.
    is_prom &= (forms.level > 12) & (forms.level < 30)
    noise = forms.total / 10 - forms.level
    state = simulated.slots.state[forms.slot]
    is_index = simulated.raters.shared[forms.rater] == 1.0
    own, other = is_prom & is_index, is_prom & ~is_index
    assert np.corrcoef(noise[own], state[own])[0, 1] > 0.6
    assert abs(np.corrcoef(noise[other], state[other])[0, 1]) < 0.03
    assert noise[other].std() == pytest.approx(noise[own].std(), rel=0.05)


def test_without_forms_a_judgement_errs_and_with_them_only_the_state_remains(
    simulated: City, parameters: Parameters
) -> None:
    slots, size = simulated.slots, simulated.slots.day.size
    level, error = np.full(size, 20.0), np.full(size, 4.0)
    has_fit = np.arange(size) % 2 == 0

    def judged(effect: float) -> np.ndarray:
        endings = dataclasses.replace(parameters.endings, fit_effect=effect)
        changed = dataclasses.replace(parameters, endings=endings)
        return judged_levels(changed, slots, level, has_fit, error) - level - slots.state

    assert judged(1.0) == pytest.approx(np.where(has_fit, 0.0, 4.0))
    assert judged(0.5) == pytest.approx(np.where(has_fit, 2.0, 4.0))
    assert judged(0.0) == pytest.approx(np.full(size, 4.0))
    assert judged(3.0) == pytest.approx(judged(1.0))


def test_early_endings_come_in_good_weeks_and_bad_ones(simulated: City) -> None:
    ends = simulated.endings.actual
    state = simulated.slots.state[ends.last]
    assert state[ends.code == GOALS].mean() > 0.5
    assert state[ends.code == STUCK].mean() < -0.3
    neither = ~np.isin(ends.code, [GOALS, STUCK, CODES.index("referred_on_early")])
    assert abs(state[neither].mean()) < 0.1


def test_the_last_form_before_reached_goals_shows_too_much(simulated: City) -> None:
    forms, ends = simulated.forms, simulated.endings.actual
    is_own = simulated.raters.shared[forms.rater] == 1.0
    is_own &= (forms.instrument <= CHILD_FORM) & (forms.total != MISSING)
    # The same levels, as the upper end of the scale cuts marks off.
    is_own &= (forms.level > 20) & (forms.level < 32)
    is_last = is_own & (forms.slot == ends.last[simulated.form_episode])
    code = ends.code[simulated.form_episode]
    noise = forms.total / 10 - forms.level
    reached, planned, stuck = (
        noise[is_last & (code == ending)] for ending in (GOALS, PLANNED_END, STUCK)
    )
    assert min(reached.size, planned.size, stuck.size) > 50
    assert abs(planned.mean()) < 0.3
    assert reached.mean() > planned.mean() + 0.4
    assert stuck.mean() < planned.mean() - 0.3
