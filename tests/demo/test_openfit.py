"""The same city in the layout of OpenFIT's import file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fit_warehouse.demo import make_city

HEADER = (
    "Service_Location,Provider_FirstName,Provider_LastName,Provider_Email,Provider_ID,Client_ID,"
    "Client_FirstName,Client_LastName,Client_Gender,Client_Group,Case_ID,Case_Date,Session_ID,"
    "Session_Date,ORS_Skip,ORSQ1,ORSQ2,ORSQ3,ORSQ4,Total_ORS,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,"
    "Total_SRS,Notes"
)
OPTIONAL = {"Provider_ID", "Notes"}
FORMS = 6_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openfit") / "import"
    make_city(folder, forms=FORMS, seed=4, layout="openfit")
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "openfit.csv", try_parse_dates=True, infer_schema_length=None)


def test_only_import_files_are_written(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"delivery.toml", "openfit.csv", "openfit_collateral.csv"}


def test_columns_are_those_of_the_template(folder: Path) -> None:
    for name, more in (("openfit", ""), ("openfit_collateral", ",Collateral_Role,Collateral_ID")):
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        assert text.split("\n", 1)[0] == HEADER + more


def test_required_columns_are_filled(rows: pl.DataFrame) -> None:
    scores = {column for column in rows.columns if "Q" in column or column.startswith("Total")}
    required = set(rows.columns) - scores - OPTIONAL
    assert rows.select(sorted(required)).null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize("form", ["ORS", "SRS"])
def test_a_form_has_items_or_a_total_or_is_skipped(rows: pl.DataFrame, form: str) -> None:
    items = pl.sum_horizontal(
        pl.col(f"{form}Q{n}").is_not_null().cast(pl.Int8) for n in range(1, 5)
    )
    kinds = rows.select(
        skip=f"{form}_Skip", items=items, total=pl.col(f"Total_{form}").is_not_null()
    ).unique()
    assert set(kinds.rows()) == {(1, 0, False), (0, 4, False), (0, 0, True)}


def test_sessions_are_numbered_in_the_order_of_their_days(rows: pl.DataFrame) -> None:
    visits = (
        rows.select("Case_ID", "Session_ID", "Session_Date").unique().sort("Case_ID", "Session_ID")
    )
    assert visits.select("Case_ID", "Session_ID").is_unique().all()
    later = visits.filter(pl.col("Case_ID") == pl.col("Case_ID").shift())
    before = visits.filter(pl.col("Case_ID") == pl.col("Case_ID").shift(-1))
    assert (later["Session_Date"] > before["Session_Date"]).all()
    assert rows["Session_ID"].min() == 1


def test_codes_are_those_of_the_template(rows: pl.DataFrame) -> None:
    genders = {"Female", "Male", "AdditionalCategory", "DeclinedToState"}
    assert set(rows["Client_Gender"].to_list()) == genders
    assert set(rows["Client_Group"].to_list()) == {"Adult", "Child"}


def test_a_row_is_a_client_at_a_session_and_says_what_the_landing_files_say(
    rows: pl.DataFrame, tmp_path: Path
) -> None:
    assert rows.select("Case_ID", "Session_ID", "Client_ID").is_unique().all()
    make_city(tmp_path / "landing", forms=FORMS, seed=4)
    forms = pl.concat(
        pl.read_csv(tmp_path / "landing" / f"response_{year}.csv", infer_schema=False)
        for year in (2024, 2026)
    )
    own = forms.filter(
        (pl.col("respondent_role") == "self")
        & pl.col("instrument_code").is_in(["ORS", "CORS"])
        & (pl.col("is_skipped") == "0")
        & pl.col("extracted_at").is_null()
        & pl.col("item_1").is_not_null()
        & pl.col("item_4").is_not_null()
    )
    marks = own.select("client_ref", "session_date", pl.col("item_1").cast(pl.Float64))
    shown = rows.with_columns(pl.col("Session_Date").cast(pl.String)).filter(
        pl.col("ORS_Skip") == 0
    )
    joined = marks.join(
        shown, left_on=["client_ref", "session_date"], right_on=["Client_ID", "Session_Date"]
    ).filter(pl.col("ORSQ1").is_not_null())
    # All but the few whose session or date is one of the planted slips.
    assert joined.height > 0.95 * marks.height
    assert (joined["item_1"] == joined["ORSQ1"]).mean() > 0.995


def test_collateral_rows_are_by_others(folder: Path) -> None:
    rows = pl.read_csv(folder / "openfit_collateral.csv", infer_schema_length=None)
    assert set(rows["Collateral_Role"].to_list()) <= {"caretaker", "professional"}
    assert rows["Collateral_ID"].null_count() == 0
    assert rows.height > 100


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="layout must be one of landing, monthly, openfit, not xml"
    ):
        make_city(tmp_path / "new", forms=300, layout="xml")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
