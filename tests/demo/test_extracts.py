"""Monthly extracts of the forms, and what counts when all extracts have landed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fit_warehouse import status
from fit_warehouse.accounts import Account
from fit_warehouse.demo import make_city, truth
from fit_warehouse.home import Home
from fit_warehouse.landing.land import land
from fit_warehouse.settings import Paths, Settings

KEY = ["source_system", "source_record_id"]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monthly") / "landing"
    make_city(folder, forms=8_000, seed=6, layout="monthly")
    return folder


def table(landing: Path, stem: str) -> pl.DataFrame:
    return pl.read_csv(landing / f"{stem}.csv", infer_schema=False)


@pytest.fixture(scope="module")
def response(landing: Path) -> pl.DataFrame:
    frames = [
        table(landing, path.stem).with_columns(file=pl.lit(path.stem))
        for path in sorted(landing.glob("response_*.csv"))
    ]
    return pl.concat(frames).with_columns(
        pl.col("entered_at", "extracted_at").str.to_datetime("%Y-%m-%dT%H:%M:%S")
    )


def test_there_is_a_file_for_every_month_and_every_row_has_a_time(response: pl.DataFrame) -> None:
    assert response["file"].n_unique() > 40
    assert response["extracted_at"].null_count() == 0
    assert (response["entered_at"] <= response["extracted_at"]).all()
    assert response["extracted_at"].max() == datetime(2026, 11, 5, 6)


def test_the_last_week_comes_twice_with_a_later_time_and_the_same_content(
    response: pl.DataFrame,
) -> None:
    content = [name for name in response.columns if name not in {"extracted_at", "file"}]
    twice = response.group_by(content).agg(
        pl.col("extracted_at").n_unique().alias("times"),
        pl.col("extracted_at").min().alias("first"),
    )
    again = twice.filter(pl.col("times") == 2)
    assert 0.15 < again.height / twice.height < 0.35
    assert twice["times"].max() == 2
    assert (again["first"] - again["entered_at"] <= timedelta(days=7)).all()


def test_own_ids_are_linked_to_those_of_the_client_system(
    landing: Path, response: pl.DataFrame
) -> None:
    link = table(landing, "client_link")
    client = pl.concat(
        table(landing, path.stem) for path in sorted(landing.glob("episode_client_*.csv"))
    )
    assert response.join(client, on="client_ref").height == 0
    linked = response.join(link, left_on="client_ref", right_on="source_client_ref")
    assert linked.height == response.height
    assert linked.join(
        client, left_on="client_ref_right", right_on="client_ref", how="anti"
    ).is_empty()
    by_caretaker = response.filter(pl.col("respondent_role") == "caretaker")
    assert by_caretaker.join(
        link, left_on="respondent_ref", right_on="source_client_ref", how="anti"
    ).is_empty()


def test_deleted_forms_are_those_that_the_truth_calls_so(
    landing: Path, response: pl.DataFrame
) -> None:
    correction = table(landing, "correction").filter(table_name="response")
    fates = truth.read(landing, "form").filter(pl.col("fate") == "deleted")
    assert set(correction["source_record_id"]) == set(fates["source_record_id"])
    assert correction.height > 0
    versions = correction.join(response, on=KEY)
    corrected = versions["corrected_at"].str.to_datetime("%Y-%m-%dT%H:%M:%S")
    assert (versions["extracted_at"] < corrected).all()


@dataclass(frozen=True)
class Landed:
    """A delivery after landing: the accounts of its files, and the rows that count."""

    accounts: Sequence[Account]
    home: Home

    def accepted(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.home.accepted / f"{name}.parquet").drop("version_at")


def landed(landing: Path, folder: Path) -> Landed:
    paths = Paths(
        home=folder / landing.parent.name / "var",
        landing=landing,
        published=folder / "published",
        key_file=folder / "pseudonym.key",  # one key, so that the same reference has one pseudonym
    )
    settings = Settings(paths=paths)
    home = Home(settings.paths.home)
    with home.locked():
        result = land(settings, home)
        assert result.refused == []
        return Landed(status.landed_accounts(settings, home), home)


@pytest.fixture(scope="module")
def both(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, Landed]:
    folder = tmp_path_factory.mktemp("landed")
    plain = folder / "plain" / "landing"
    make_city(plain, forms=8_000, seed=6)
    return landed(plain, folder), landed(landing, folder)


def test_all_that_overlaps_is_known_for_a_repetition(
    both: tuple[Landed, Landed], response: pl.DataFrame
) -> None:
    accounts = both[1].accounts
    assert sum(account.unaccounted for account in accounts) == 0
    forms = [account for account in accounts if account.entry.table_name == "response"]
    assert sum(account.delivered for account in forms) == response.height
    twice = response.height - response.select(KEY).unique().height
    assert 0.9 * twice < sum(account.duplicates for account in forms) <= twice
    assert sum(account.quarantined for account in forms) < 0.05 * response.height
    of_clients = [
        a for a in accounts if a.entry.table_name in {"session", "episode", "episode_client"}
    ]
    assert sum(account.quarantined for account in of_clients) == 0
    assert sum(account.duplicates for account in of_clients) > 1_000


@pytest.mark.parametrize("name", ["session", "episode", "episode_client"])
def test_the_rows_that_count_are_those_of_the_plain_delivery(
    both: tuple[Landed, Landed], name: str
) -> None:
    plain, monthly = (delivery.accepted(name) for delivery in both)
    assert plain.height > 700
    assert monthly.equals(plain)


def test_the_forms_that_count_are_those_of_the_plain_delivery_but_the_deleted(
    both: tuple[Landed, Landed], landing: Path
) -> None:
    plain, monthly = (delivery.accepted("response") for delivery in both)
    link = both[1].accepted("client_link")
    own = dict(link.select("source_client_ref", "client_ref").iter_rows())
    monthly = monthly.with_columns(pl.col("client_ref", "respondent_ref").replace(own))
    n_deleted = truth.read(landing, "form").filter(fate="deleted").height
    assert n_deleted > 0
    assert monthly.height == plain.height - n_deleted
    assert monthly.join(plain, on=plain.columns, how="anti", nulls_equal=True).is_empty()


@pytest.mark.parametrize(("forms", "seed"), [(600, 1), (1_000, 3), (2_000, 3), (8_000, 5)])
def test_no_month_has_so_many_flaws_that_its_file_is_refused(
    tmp_path: Path, forms: int, seed: int
) -> None:
    make_city(tmp_path / "landing", forms=forms, seed=seed, layout="monthly")
    fates = truth.read(tmp_path / "landing", "form").filter(fate="row_quarantined")
    most = Settings(Paths()).land.max_quarantined_share
    for path in sorted((tmp_path / "landing").glob("response_*.csv")):
        rows = table(path.parent, path.stem)
        bad = rows["source_record_id"].is_in(fates["source_record_id"].implode())
        assert bad.sum() <= most * rows.height
