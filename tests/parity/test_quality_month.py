"""The counts of the quality mart are those of the planted truth, and of the accepted files by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fit_warehouse import project
from fit_warehouse.demo import truth

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

PLACE = ["team_code", "month_start"]
LATE_DAYS = 7
Counts = dict[tuple[object, ...], int]


def month(day: str) -> pl.Expr:
    return pl.col(day).dt.truncate("1mo").alias("month_start")


def in_mart(city: BuiltCity, indicator: str, *by: str, n: str = "n") -> Counts:
    """Return what the mart counts of an indicator, where it is not 0."""
    rows = city.frame(f"select * from marts.fct_quality_month where indicator_code = '{indicator}'")
    return counts(rows.rename({"instrument_kind": "kind"}), *by, n=pl.sum(n))


def counts(rows: pl.DataFrame, *by: str, n: pl.Expr | None = None) -> Counts:
    """Return the number of rows by team, month and more, where it is not 0."""
    number = (pl.len() if n is None else n).cast(pl.Int64).alias("counted")
    grouped = rows.group_by(*PLACE, *by).agg(number).filter(pl.col("counted") > 0)
    return {tuple(key): value for *key, value in grouped.iter_rows()}


def read(path: Path) -> pl.DataFrame:
    """Return a delivered file as texts: some use commas, some semicolons."""
    header = path.read_text(encoding="utf-8-sig").partition("\n")[0]
    return pl.read_csv(path, separator=";" if ";" in header else ",", infer_schema=False)


@pytest.fixture(scope="module")
def delivered(built_city: BuiltCity) -> pl.DataFrame:
    """Every delivered row of the forms with its flaw and fate."""
    rows = pl.concat(read(path) for path in built_city.settings.landing.glob("response*.csv"))
    planted = truth.read(built_city.settings.landing, "form")
    return rows.join(planted, on="source_record_id", validate="m:1").with_columns(
        pl.when(pl.col("flaw").ne_missing("wrong_century"))
        .then(pl.col("session_date").str.to_date().dt.truncate("1mo"))
        .alias("month_start")
    )


@pytest.fixture(scope="module")
def forms(built_city: BuiltCity) -> pl.DataFrame:
    """The accepted forms with their kind of instrument, as landing wrote them."""
    kinds = {row["instrument_code"]: row["kind"] for row in project.seed("instrument")}
    path = built_city.home.accepted / "response.parquet"
    return pl.read_parquet(path, glob=False).with_columns(
        month("session_date"), kind=pl.col("instrument_code").replace_strict(kinds)
    )


def test_forms_by_fate_are_those_of_the_truth(
    built_city: BuiltCity, delivered: pl.DataFrame
) -> None:
    kept_out = delivered.filter(pl.col("fate") == "row_quarantined")
    # A duplicate and a superseded version are one form.
    accepted = delivered.filter(pl.col("fate") != "row_quarantined").unique("source_record_id")
    assert set(accepted["fate"]) >= {"duplicate", "superseded", "kept_flagged", "accepted"}
    assert in_mart(built_city, "form_quarantined") == counts(kept_out)
    assert in_mart(built_city, "form_accepted") == counts(accepted)
    assert in_mart(built_city, "form_delivered") == counts(pl.concat([kept_out, accepted]))


@pytest.mark.parametrize(
    ("flaw", "indicator"),
    [("orphan_session", "form_orphan_session"), ("unknown_team", "form_unknown_team")],
)
def test_a_planted_flaw_is_counted_where_it_was_planted(
    built_city: BuiltCity, delivered: pl.DataFrame, flaw: str, indicator: str
) -> None:
    planted = delivered.filter(pl.col("flaw") == flaw)
    assert planted.height
    assert in_mart(built_city, indicator) == counts(planted)


@pytest.mark.parametrize(
    ("flaw", "reasons"),
    [
        ("item_out_of_range", {"score_out_of_range", "score_off_step"}),
        ("total_mismatch", {"total_mismatch"}),
        ("wrong_century", {"date_too_early"}),
    ],
)
def test_a_row_kept_out_is_counted_under_its_reason(
    built_city: BuiltCity, delivered: pl.DataFrame, flaw: str, reasons: set[str]
) -> None:
    planted = counts(delivered.filter(pl.col("flaw") == flaw))
    assert planted
    found = in_mart(built_city, "form_quarantined_reason", "detail")
    places = {(team, start) for team, start, reason in found if reason in reasons}
    assert places >= planted.keys()
    total = sum(n for (*_, reason), n in found.items() if reason in reasons)
    assert total == sum(planted.values())


def test_all_planted_zeros_are_counted(built_city: BuiltCity, delivered: pl.DataFrame) -> None:
    found = in_mart(built_city, "form_all_zero")
    for place, n in counts(delivered.filter(pl.col("flaw") == "all_zero")).items():
        assert found[place] >= n, place


def test_forms_counted_by_hand(built_city: BuiltCity, forms: pl.DataFrame) -> None:
    items = [f"item_{number}" for number in range(1, 5)]
    n_items = pl.sum_horizontal(pl.col(item).is_not_null() for item in items)
    filled = forms.filter(pl.col("is_skipped").fill_null(0) == 0)
    skipped = forms.filter(pl.col("is_skipped") == 1)
    day = pl.col("entered_at").dt.date() - pl.col("session_date")
    expected = {
        "form_filled": filled,
        "form_skipped": skipped,
        "form_partial": filled.filter(n_items.is_between(1, 3)),
        "form_total_only": filled.filter((n_items == 0) & pl.col("total").is_not_null()),
        "form_empty": filled.filter((n_items == 0) & pl.col("total").is_null()),
        "form_all_zero": filled.filter(pl.all_horizontal(pl.col(item) == 0 for item in items)),
        "form_timed": forms.filter(pl.col("entered_at").is_not_null()),
        "form_late_entry": forms.filter(day.dt.total_days() > LATE_DAYS),
    }
    for indicator, rows in expected.items():
        assert in_mart(built_city, indicator, "kind") == counts(rows, "kind"), indicator
    for indicator, rows in [("form_filled", forms), ("form_partial", filled)]:
        assert in_mart(built_city, indicator, "kind", n="n_of") == counts(rows, "kind"), indicator
    reasons = skipped.with_columns(detail=pl.col("skip_reason").fill_null("not_said"))
    assert in_mart(built_city, "form_skip_reason", "kind", "detail") == counts(
        reasons, "kind", "detail"
    )
    lost = pl.concat(
        filled.filter(pl.col(item).is_null()).with_columns(detail=pl.lit(item[-1]))
        for item in items
    )
    assert lost.height
    assert in_mart(built_city, "form_item_missing", "kind", "detail") == counts(
        lost, "kind", "detail"
    )


def test_meetings_and_episodes_counted_by_hand(built_city: BuiltCity) -> None:
    accepted = built_city.home.accepted
    sessions = pl.read_parquet(accepted / "session.parquet", glob=False)
    sessions = sessions.with_columns(month("session_date"))
    episodes = pl.read_parquet(accepted / "episode.parquet", glob=False)
    episodes = episodes.with_columns(start=pl.coalesce("opened_on", "referred_on"))
    episodes = episodes.with_columns(month("start"))
    held = sessions.filter(pl.col("attendance") == "attended")
    assert in_mart(built_city, "meeting_accepted") == counts(sessions)
    assert in_mart(built_city, "meeting_held") == counts(held)
    orphans = sessions.join(episodes, on="episode_ref", how="anti")
    assert in_mart(built_city, "meeting_orphan_episode") == counts(orphans)
    assert in_mart(built_city, "episode_accepted") == counts(episodes)
    overlapping = built_city.frame(
        "select episode_key as episode_ref from intermediate.int_episode_flag "
        "where is_overlapping = 1"
    )
    assert in_mart(built_city, "episode_overlapping") == counts(
        episodes.join(overlapping, on="episode_ref", how="semi")
    )


def test_late_baselines_are_those_of_the_episodes(built_city: BuiltCity) -> None:
    found = built_city.frame(
        "select sum(n) as late, sum(n_of) as measured from marts.fct_quality_month "
        "where indicator_code = 'course_late_baseline'"
    )
    expected = built_city.frame(
        "select count(*) filter (where is_late_baseline = 1) as late, count(*) as measured "
        "from marts.fct_episode where n_prom > 0"
    )
    assert expected["late"].item()
    assert found.row(0) == expected.row(0)


def test_every_indicator_counts_something_and_its_denominator_is_there(
    built_city: BuiltCity,
) -> None:
    """A share is formed from the sums of `n` and `n_of`: both are the denominator's own counts."""
    seed = {row["indicator_code"]: row for row in project.seed("quality_indicator")}
    rows = built_city.frame("select * from marts.fct_quality_month")
    whole = {"form_accepted", "form_quarantined", "form_quarantined_reason"}
    for (indicator,), part in rows.group_by("indicator_code"):
        denominator = seed[str(indicator)]["denominator_code"]
        assert part["n_of"].is_null().all() == (denominator == ""), indicator
        assert part["detail"].is_null().all() == (seed[str(indicator)]["detail_kind"] == "")
        if not denominator:
            continue
        by = [*PLACE] if indicator in whole else [*PLACE, "instrument_kind"]
        base = rows.filter(pl.col("indicator_code") == denominator).select(*by, base="n")
        joined = part.join(base, on=by, how="left", nulls_equal=True, validate="m:1")
        assert (joined["n_of"] == joined["base"]).all(), indicator
