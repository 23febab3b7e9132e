"""Which rows of the city stand in which import file."""

from __future__ import annotations

import numpy as np
import polars as pl

from fit_warehouse.demo.openfit import columns
from fit_warehouse.demo.organisation import Organisation, team_codes
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Streams

ITEMS = [f"item_{number}" for number in range(1, columns.N_ITEMS + 1)]
PROM = ["ORS", "CORS", "YCORS"]
MEMBER = ["episode_ref", "client_ref"]
VISIT = [*MEMBER, "session_ref", "respondent_ref"]


def teams_with_totals(
    parameters: Parameters, organisation: Organisation, streams: Streams
) -> list[str]:
    """Return the teams that key in totals only; `streams` are those of the whole city."""
    codes, _ = team_codes(organisation)
    uniform = streams.named("totals only").random(len(codes))
    chosen = np.flatnonzero(uniform < parameters.openfit.totals_only)
    return [codes[position] for position in chosen]


def openfit_files(
    parameters: Parameters,
    tables: dict[str, pl.DataFrame],
    responses: pl.DataFrame,
    totals_only: list[str],
) -> dict[str, pl.DataFrame]:
    """Return the import files of a block, by stem.

    Every attended session of an index client stands in one of the files of sessions: in a full one
    if anybody filled in a form or declined to, else in one without scores.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    tables : dict of str to DataFrame
        Landing tables `session`, `episode` and `episode_client`.
    responses : DataFrame
        Landing table `response` as it is delivered; later versions take the place of earlier ones,
        as the software keeps one of each.
    totals_only : list of str
        Teams that key in totals only.
    """
    latest = responses.sort("extracted_at", nulls_last=False, maintain_order=True)
    latest = latest.unique("source_record_id", keep="last", maintain_order=True)
    latest = latest.sort("source_record_id")
    members = case_members(tables)
    sessions = numbered(tables["session"])
    scored = visits(latest, totals_only).join(
        sessions.drop("worker_ref", "episode_ref"), on="session_ref"
    )
    about = members.drop("team_code", "worker_ref", "instrument_code")
    scored = in_order(scored.join(about, on=MEMBER))
    is_older = pl.col("session_date") < parameters.openfit.digits_from
    raters = latest.filter(pl.col("respondent_role") != "self")
    raters = raters.select(*MEMBER, "respondent_ref", "respondent_role").unique()
    unscored = members.filter(pl.col("role") == "index").drop("worker_ref")
    unscored = unscored.join(sessions, on="episode_ref")
    unscored = unscored.join(scored, on=[*MEMBER, "session_ref"], how="anti")
    return {
        "openfit_cases": in_order(members.join(raters, on=MEMBER, how="anti")).select(
            *person_and_case(), columns.notes(), *columns.custom()
        ),
        "openfit_collaterals": in_order(members.join(raters, on=MEMBER)).select(
            *person_and_case(), *columns.collateral(), columns.notes()
        ),
        "openfit_sessions": in_order(unscored.join(raters, on=MEMBER, how="anti")).select(
            *person_and_case(), *columns.session()
        ),
        "openfit_session_collaterals": in_order(unscored.join(raters, on=MEMBER)).select(
            *person_and_case(), *columns.session(), *columns.collateral()
        ),
        "openfit_full_letters": scored.filter(is_older).select(full(with_letters=True)),
        "openfit_full_digits": scored.filter(~is_older).select(
            *full(with_letters=False), *columns.custom()
        ),
    }


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows by day, case, client and rater, of which each frame has its own; joins keep none."""
    names = ("session_date", *VISIT, "respondent_role")
    return rows.sort([name for name in names if name in rows.columns], nulls_last=False)


def person_and_case() -> list[pl.Expr]:
    """Return the columns that every template has."""
    return [*columns.provider(), *columns.client(), *columns.case()]


def full(*, with_letters: bool) -> list[pl.Expr]:
    """Return the columns of the full template without custom fields."""
    return [
        *person_and_case(),
        *columns.session(),
        *columns.scores(with_letters=with_letters),
        columns.notes(),
        *columns.collateral(),
    ]


def case_members(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the clients of each case with who is in charge; a case without a session has nobody."""
    first = (
        tables["session"]
        .sort("session_date", "session_ref")
        .unique("episode_ref", keep="first", maintain_order=True)
    )
    episode = tables["episode"].select(
        "episode_ref", "team_code", "service_code", "opened_on", "planned_sessions"
    )
    cases = episode.join(first.select("episode_ref", "worker_ref"), on="episode_ref")
    return (
        tables["episode_client"]
        .join(cases, on="episode_ref")
        .with_columns(instrument_code=pl.lit(None, pl.String))
    )


def numbered(session: pl.DataFrame) -> pl.DataFrame:
    """Return the attended sessions with their numbers within the case, from 1."""
    attended = session.filter(pl.col("attendance") == "attended")
    number = pl.col("session_date").rank("ordinal").over("episode_ref")
    return attended.select(
        "session_ref", "episode_ref", "session_date", "worker_ref", number=number
    )


def visits(latest: pl.DataFrame, totals_only: list[str]) -> pl.DataFrame:
    """Return one row for each session, client and rater, with the scores of both forms."""
    keys = [*VISIT, "respondent_role", "worker_ref", "team_code", "instrument_code"]
    is_prom = pl.col("instrument_code").is_in(PROM)
    # The first form of a visit by its instrument, so that the group does not hang on the order.
    every = latest.select(keys).sort(~is_prom, maintain_order=True)
    every = every.unique(VISIT, keep="first", maintain_order=True)
    for scale, chosen in zip(columns.SCALES, (is_prom, ~is_prom), strict=True):
        forms = latest.filter(chosen).unique(VISIT, keep="first", maintain_order=True)
        forms = forms.select(*VISIT, *scores(scale, totals_only))
        every = every.join(forms, on=VISIT, how="left", nulls_equal=True)
    return every


def scores(scale: str, totals_only: list[str]) -> list[pl.Expr]:
    """Return the score columns of a form: items without a total, or a total without items."""
    has_items = pl.all_horizontal(pl.col(item).is_not_null() for item in ITEMS)
    has_items &= ~pl.col("team_code").is_in(totals_only)
    *items, total = columns.score_names(scale)
    return [
        *(
            pl.when(has_items).then(pl.col(item)).alias(name)
            for item, name in zip(ITEMS, items, strict=True)
        ),
        pl.when(~has_items).then(pl.col("total")).alias(total),
    ]
