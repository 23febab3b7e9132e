"""Constructs of surveys in SQL are those of exact fractions over the answers as delivered."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.demo.parameters import load_parameters
from fit_warehouse.demo.rollout import wave_days

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

Answer = tuple[str, str, str, str, str, int]  # survey, wave, respondent, team, item, value
Cell = tuple[str, str, str, str | None, str]  # survey, wave, construct, global item, team
NUMBERS = ("n_items", "n_respondents", "n_scored", "n_answers", "n_scored_answers")
NUMBERS += ("n_not_my_role", "n_not_at_this_stage", "n_not_to_this", "n_off_scale")
ANSWER = ["survey_code", "wave", "respondent_key", "team_code", "item_code"]
CELL = ["survey_code", "wave", "construct", "item_code", "team_code"]


def expected(answers: list[Answer]) -> dict[Cell, dict[str, Fraction]]:
    """Return counts and the exact sums of means and of their squares."""
    items: dict[tuple[str, str, str, str | None], set[str]] = defaultdict(set)
    given_by: dict[Cell, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for survey, wave, respondent, team, item, value in answers:
        construct, _, number = item.rpartition("_")
        assert number.isdecimal()
        alone = item if construct == "general" else None
        items[survey, wave, construct, alone].add(item)
        given_by[survey, wave, construct, alone, team][respondent].append(value)
    found = {}
    for cell, by_respondent in given_by.items():
        lowest, highest = (0, 10) if cell[2] == "general" else (1, 5)
        n_items = len(items[cell[:4]])
        values = [value for listed in by_respondent.values() for value in listed]
        on_scale = {
            key: [v for v in listed if lowest <= v <= highest]
            for key, listed in by_respondent.items()
        }
        means = [
            Fraction(sum(listed), len(listed))
            for listed in on_scale.values()
            if listed and len(listed) >= Fraction(n_items, 2)
        ]
        absent = [0 if cell[2] == "general" else values.count(code) for code in (6, 7, 8)]
        n_scored_answers = sum(map(len, on_scale.values()))
        counts = (n_items, len(by_respondent), len(means), len(values), n_scored_answers, *absent)
        off_scale = len(values) - n_scored_answers - sum(absent)
        found[cell] = dict(zip(NUMBERS, map(Fraction, (*counts, off_scale)), strict=True))
        found[cell] |= {
            "sum": sum(means, Fraction(0)),
            "squares": sum((m * m for m in means), Fraction(0)),
        }
    return found


def numbers(rows: pl.DataFrame) -> dict[Cell, dict[str, Fraction]]:
    found = {}
    for row in rows.iter_rows(named=True):
        unit = Fraction(1, row["units_per_point"])
        survey, wave, construct, item, team = (row[name] for name in CELL)
        found[survey, wave, construct, item, team] = {
            **{name: Fraction(row[name]) for name in NUMBERS},
            "sum": row["sum_score"] * unit,
            "squares": row["sum_score_squared"] * unit * unit,
        }
    assert len(found) == rows.height
    return found


def test_the_city(built_city: BuiltCity) -> None:
    landed = pl.read_csv(
        built_city.settings.paths.landing / "survey_response.csv",
        schema_overrides={"wave": pl.String},
    )
    answers = landed.select(
        "survey_code", "wave", "respondent_hash", "team_code", "item_code", "value"
    ).rows()
    rows = built_city.frame("select * from marts.fct_survey_construct")
    assert numbers(rows) == expected(answers)
    assert rows.filter(pl.col("n_scored") > 1).height > 10


def test_the_waves_are_those_of_the_simulator(built_city: BuiltCity) -> None:
    parameters = load_parameters()
    rules = parameters.rollout
    rows = built_city.frame("select * from marts.fct_survey_construct")
    assert set(rows["wave"]) == {str(number + 1) for number in range(wave_days(parameters).size)}
    assert dict(rows.select("construct", "n_items").iter_rows()) == dict(
        zip(rules.constructs, rules.items, strict=True)
    )
    assert rows["n_off_scale"].sum() == 0
    n = rows["n_answers"].sum()
    absent = sum(rows[name].sum() for name in NUMBERS if name.startswith("n_not"))
    share = rules.not_relevant
    assert abs(absent - n * share) < 4 * (n * share * (1 - share)) ** 0.5
    sums = rows.group_by("construct").agg(pl.col("sum_score", "n_scored").sum())
    means = {name: total / n_scored for name, total, n_scored in sums.iter_rows()}
    hardest = rules.constructs[rules.start.index(min(rules.start))]
    assert min(means, key=means.__getitem__) == hardest


codes = st.sampled_from(
    ["coherence_1", "coherence_2", "coherence_3", "a_b_1", "a_b_12", "general_1", "general_2"]
)
keys = st.tuples(st.sampled_from("nm"), st.sampled_from("12"), st.sampled_from("rstu"), codes)


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    drawn=st.dictionaries(
        keys, st.tuples(st.sampled_from("XY"), st.integers(0, 11)), min_size=1, max_size=25
    )
)
def test_any_answers(sandbox: Sandbox, drawn: dict[tuple[str, ...], tuple[str, int]]) -> None:
    answers: list[Answer] = [
        (survey, wave, respondent, team, item, value)
        for (survey, wave, respondent, item), (team, value) in drawn.items()
    ]
    frame = pl.DataFrame(answers, schema=[*ANSWER, "value"], orient="row").with_columns(
        pl.col("value").cast(pl.Int32)
    )
    split = sandbox.run("int_survey_answer", stg_fit__survey_response=frame)
    assert numbers(sandbox.run("fct_survey_construct", int_survey_answer=split)) == expected(
        answers
    )
