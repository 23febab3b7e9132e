from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from fit_warehouse.demo import CitySummary, make_city
from fit_warehouse.demo.parameters import Parameters, load_parameters

FORMS = 40_000
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Delivered:
    """A city read back from its files, with nothing taken from the generator."""

    folder: Path
    summary: CitySummary
    response: pl.DataFrame
    session: pl.DataFrame
    episode: pl.DataFrame
    episode_client: pl.DataFrame
    team: pl.DataFrame
    service: pl.DataFrame
    worker: pl.DataFrame
    unit_price: pl.DataFrame
    cost_assumption: pl.DataFrame
    fit_cost: pl.DataFrame
    survey_response: pl.DataFrame
    avoided_service: pl.DataFrame

    def table(self, name: str) -> pl.DataFrame:
        frame = getattr(self, name)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def closed_with_fit(self) -> pl.DataFrame:
        """Closed episodes that were opened after their team had adopted FIT."""
        adopted = self.team.select("team_code", "fit_adopted_on")
        return self.episode.join(adopted, on="team_code").filter(
            pl.col("closed_on").is_not_null() & (pl.col("opened_on") >= pl.col("fit_adopted_on"))
        )

    def valid_responses(self) -> pl.DataFrame:
        """Complete forms with every mark on its line and the right total, one per record."""
        marks = pl.concat_list([f"item_{number}" for number in range(1, 5)])
        return (
            self.response.filter(
                (pl.col("is_skipped") == 0)
                & (marks.list.drop_nulls().list.len() == 4)
                & marks.list.eval(pl.element().is_between(0, 10)).list.all()
                & ((marks.list.sum() - pl.col("total")).abs() < 0.05)
                & (pl.col("total") > 0)
                & (pl.col("session_date").dt.year() >= 2023)
            )
            .sort("source_record_id", "extracted_at", nulls_last=False)
            .unique("source_record_id", keep="last", maintain_order=True)
        )


DECIMALS = {"item_1", "item_2", "item_3", "item_4", "total", "amount_eur"}
DECIMALS |= {"low", "base", "high", "quantity"}
INTEGERS = {
    *(
        "is_assumption",
        "is_skipped",
        "is_trainer",
        "no_show_is_used",
        "vat_included",
        "duration_minutes",
    ),
    *("birth_year", "price_year", "planned_units", "value"),
    *("planned_sessions", "planned_months", "planned_days"),
}
DATES = {"session_date", "birth_date", "valid_from", "valid_to", "period_from", "period_to"}


def typed(column: str) -> pl.Expr:
    """Give a column of texts the type that the contract gives its name; other texts fail."""
    text = pl.col(column)
    if column in DECIMALS:
        return text.cast(pl.Float64)
    if column in INTEGERS:
        return text.cast(pl.Int64)
    if column in DATES or column.endswith("_on"):
        return text.str.to_date("%Y-%m-%d")
    if column.endswith("_at"):
        return text.str.to_datetime("%Y-%m-%dT%H:%M:%S")
    return text


def read(folder: Path, table: str) -> pl.DataFrame:
    frames = []
    for path in sorted([*folder.glob(f"{table}.csv"), *folder.glob(f"{table}_20*.csv")]):
        is_finnish = path.read_bytes().startswith(BOM)
        frame = pl.read_csv(path, separator=";" if is_finnish else ",", infer_schema=False)
        if is_finnish:
            numbers = [column for column in frame.columns if column in DECIMALS]
            frame = frame.with_columns(pl.col(numbers).str.replace(",", ".", literal=True))
        frames.append(frame.with_columns(typed(column) for column in frame.columns))
    return pl.concat(frames)


TABLES = (
    "response",
    "session",
    "episode",
    "episode_client",
    "team",
    "service",
    "worker",
    "unit_price",
    "cost_assumption",
    "fit_cost",
    "survey_response",
    "avoided_service",
)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("demo") / "landing"
    summary = make_city(folder, forms=FORMS, seed=12)
    return Delivered(folder, summary, **{table: read(folder, table) for table in TABLES})


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return load_parameters()


@pytest.fixture(scope="session")
def read_table() -> Callable[[Path, str], pl.DataFrame]:
    return read
