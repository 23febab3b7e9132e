"""The same city in the layout of OpenFIT's import templates."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fit_warehouse.demo import make_city
from fit_warehouse.demo.parameters import load_parameters

PROVIDER = (
    "Service_Location,Provider_FirstName,Provider_LastName,Provider_Email,Provider_ID,Client_ID,"
    "Client_FirstName,Client_LastName,Client_Gender,Client_Group,Case_ID,Case_Date"
)
SESSION = ",Session_ID,Session_Date"
SCORES = (
    ",ORS_Skip,ORSQ1,ORSQ2,ORSQ3,ORSQ4,Total_ORS,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,Total_SRS,Notes"
)
COLLATERAL = ",Collateral_ID,Collateral_FirstName,Collateral_LastName,Collateral_Role"
CUSTOM = ",Episode_Service,Episode_PlannedSessions,Client_BirthYear"
HEADERS = {
    "openfit_cases": PROVIDER + ",Notes" + CUSTOM,
    "openfit_collaterals": PROVIDER + COLLATERAL + ",Notes",
    "openfit_sessions": PROVIDER + SESSION,
    "openfit_session_collaterals": PROVIDER + SESSION + COLLATERAL,
    "openfit_full_letters": PROVIDER + SESSION + SCORES + COLLATERAL,
    "openfit_full_digits": PROVIDER + SESSION + SCORES + COLLATERAL + CUSTOM,
}
FULL = {"openfit_full_letters": ("Y", "N"), "openfit_full_digits": ("1", "0")}
REQUIRED = set((PROVIDER + SESSION + ",ORS_Skip,SRS_Skip").split(",")) - {"Provider_ID"}
VISIT = ["Case_ID", "Session_ID", "Client_ID"]
FORMS, SEED = 6_000, 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openfit") / "import"
    make_city(folder, forms=FORMS, seed=SEED, layout="openfit")
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, pl.DataFrame]:
    return {stem: pl.read_csv(folder / f"{stem}.csv", infer_schema=False) for stem in HEADERS}


@pytest.fixture(scope="module")
def full(files: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """All sessions with scores, flags as 1 and 0."""
    numbers = [name for name in SCORES.split(",") if "Q" in name or name.startswith("Total")]
    return pl.concat(
        files[stem]
        .select(HEADERS["openfit_full_letters"].split(","))
        .with_columns(
            *(
                pl.col(flag).replace_strict({yes: 1, no: 0}, return_dtype=pl.Int64)
                for flag in ("ORS_Skip", "SRS_Skip")
            ),
            pl.col(numbers).cast(pl.Float64),
            pl.col("Session_ID").cast(pl.Int64),
            file=pl.lit(stem),
        )
        for stem, (yes, no) in FULL.items()
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("plain") / "landing"
    make_city(folder, forms=FORMS, seed=SEED)
    tables = {
        name: pl.read_csv(folder / f"{name}.csv", infer_schema=False)
        for name in ("session", "episode", "episode_client")
    }
    years = [
        pl.read_csv(folder / f"response_{year}.csv", infer_schema=False) for year in (2024, 2026)
    ]
    return {**tables, "response": pl.concat(years)}


def test_only_import_files_are_written_one_for_each_template(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"delivery.toml", *(f"{stem}.csv" for stem in HEADERS)}
    for stem, header in HEADERS.items():
        text = (folder / f"{stem}.csv").read_text(encoding="utf-8")
        assert text.split("\n", 1)[0] == header


def test_required_columns_are_filled(files: dict[str, pl.DataFrame]) -> None:
    for rows in files.values():
        assert rows.height > 0
        required = sorted(REQUIRED & set(rows.columns))
        assert rows.select(required).null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize("form", ["ORS", "SRS"])
def test_a_form_has_items_or_a_total_or_is_skipped(full: pl.DataFrame, form: str) -> None:
    items = pl.sum_horizontal(
        pl.col(f"{form}Q{n}").is_not_null().cast(pl.Int8) for n in range(1, 5)
    )
    kinds = full.select(
        skip=f"{form}_Skip", items=items, total=pl.col(f"Total_{form}").is_not_null()
    ).unique()
    assert set(kinds.rows()) == {(1, 0, False), (0, 4, False), (0, 0, True)}


def test_letters_stand_before_the_day_of_the_digits_and_digits_after(full: pl.DataFrame) -> None:
    days = pl.col("Session_Date").str.to_date()
    is_late = full.select(days >= load_parameters().openfit.digits_from).to_series()
    assert (is_late == (full["file"] == "openfit_full_digits")).all()
    assert is_late.any()
    assert not is_late.all()


def test_some_teams_key_in_totals_only(full: pl.DataFrame) -> None:
    scored = full.filter(pl.col("ORS_Skip") == 0)
    shares = scored.group_by("Service_Location").agg(
        pl.len(), pl.col("Total_ORS").is_not_null().mean().alias("share")
    )
    by_team = shares.filter(pl.col("len") >= 50)["share"]
    assert (by_team == 1.0).any()
    assert ((by_team == 1.0) | (by_team < 0.1)).all()


def test_sessions_are_numbered_in_the_order_of_their_days(files: dict[str, pl.DataFrame]) -> None:
    visits = pl.concat(
        rows.select("Case_ID", pl.col("Session_ID").cast(pl.Int64), "Session_Date")
        for rows in files.values()
        if "Session_ID" in rows.columns
    )
    visits = visits.unique().sort("Case_ID", "Session_ID")
    assert visits.select("Case_ID", "Session_ID").is_unique().all()
    is_same = pl.col("Case_ID") == pl.col("Case_ID").shift()
    later = visits.filter(is_same)
    assert later.height > 1_000
    steps = visits.select(
        number=pl.col("Session_ID").diff(),
        follows=pl.col("Session_Date") > pl.col("Session_Date").shift(),
    ).filter(visits.select(is_same).to_series())
    assert (steps["number"] == 1).all()
    assert steps["follows"].all()
    assert (visits.filter(~is_same.fill_null(value=False))["Session_ID"] == 1).all()


def test_every_attended_session_of_an_index_client_stands_in_one_kind_of_file(
    files: dict[str, pl.DataFrame], plain: dict[str, pl.DataFrame]
) -> None:
    kinds = [
        pl.concat(files[stem].select(VISIT).unique() for stem in stems).unique()
        for stems in (FULL, ["openfit_sessions"], ["openfit_session_collaterals"])
    ]
    for number, kind in enumerate(kinds):
        assert all(kind.join(other, on=VISIT).is_empty() for other in kinds[:number])
    found = pl.concat(kinds).select("Case_ID", "Client_ID", "Session_ID")
    attended = plain["session"].filter(attendance="attended")
    index = plain["episode_client"].filter(role="index")
    expected = attended.join(index, on="episode_ref").group_by("episode_ref", "client_ref").len()
    per_client = found.group_by("Case_ID", "Client_ID").len("found")
    joined = expected.join(
        per_client,
        left_on=["episode_ref", "client_ref"],
        right_on=["Case_ID", "Client_ID"],
        how="left",
    )
    assert joined.height > 500
    assert joined["len"].cast(pl.Int64).equals(joined["found"].cast(pl.Int64))


def test_every_client_of_a_case_with_a_session_stands_in_one_file_of_cases(
    files: dict[str, pl.DataFrame], plain: dict[str, pl.DataFrame]
) -> None:
    case = ["Case_ID", "Client_ID"]
    alone, rated = files["openfit_cases"], files["openfit_collaterals"]
    assert alone.select(case).is_unique().all()
    assert rated.select(*case, "Collateral_ID").is_unique().all()
    assert alone.join(rated, on=case).is_empty()
    begun = plain["episode_client"].join(plain["session"], on="episode_ref", how="semi")
    assert set(pl.concat([alone.select(case), rated.select(case)]).rows()) == set(
        begun.select("episode_ref", "client_ref").rows()
    )


def test_codes_are_those_of_the_templates(files: dict[str, pl.DataFrame]) -> None:
    genders = {"Female", "Male", "AdditionalCategory", "DeclinedToState"}
    assert set(files["openfit_cases"]["Client_Gender"].to_list()) == genders
    for rows in files.values():
        assert set(rows["Client_Group"].to_list()) == {"Adult", "Child"}
        assert set(rows["Client_Gender"].to_list()) <= genders


def test_a_child_is_who_fills_in_the_forms_of_children_or_is_under_13(
    files: dict[str, pl.DataFrame],
) -> None:
    cases = files["openfit_cases"].with_columns(
        age=pl.col("Case_Date").str.to_date().dt.year() - pl.col("Client_BirthYear").cast(pl.Int32)
    )
    assert (cases["age"] < 13).eq(cases["Client_Group"] == "Child").all()
    digits = files["openfit_full_digits"].with_columns(
        age=pl.col("Case_Date").str.to_date().dt.year() - pl.col("Client_BirthYear").cast(pl.Int32)
    )
    groups = dict(digits.group_by("Client_Group").agg(pl.col("age").mean()).rows())
    assert groups["Child"] < 13 < groups["Adult"]


def test_nobody_has_a_name_or_an_address_that_could_be_real(
    files: dict[str, pl.DataFrame],
) -> None:
    for rows in files.values():
        assert rows["Provider_Email"].str.ends_with("@example.invalid").all()
        for name in (name for name in rows.columns if name.endswith("_FirstName")):
            assert set(rows[name].drop_nulls().to_list()) <= {"Synthetic"}
        for name in (name for name in rows.columns if name.endswith("_LastName")):
            assert rows[name].drop_nulls().str.contains(r"^[CW]-\d+$").all()


def test_custom_fields_belong_to_the_episode_or_the_client(
    files: dict[str, pl.DataFrame], plain: dict[str, pl.DataFrame]
) -> None:
    for stem in ("openfit_cases", "openfit_full_digits"):
        custom = [name for name in files[stem].columns if re.match(r"(Episode|Client)_", name)]
        assert set(CUSTOM.strip(",").split(",")) <= set(custom)
        joined = files[stem].join(plain["episode"], left_on="Case_ID", right_on="episode_ref")
        assert joined.height == files[stem].height
        assert (joined["Episode_Service"] == joined["service_code"]).all()
        assert joined["Episode_PlannedSessions"].equals(joined["planned_sessions"], null_equal=True)


def test_a_row_is_a_client_at_a_session_and_says_what_the_landing_files_say(
    full: pl.DataFrame, plain: dict[str, pl.DataFrame]
) -> None:
    rows = full.filter(pl.col("Collateral_ID").is_null())
    assert rows.select(VISIT).is_unique().all()
    own = plain["response"].filter(
        (pl.col("respondent_role") == "self")
        & pl.col("instrument_code").is_in(["ORS", "CORS"])
        & (pl.col("is_skipped") == "0")
        & pl.col("extracted_at").is_null()
        & pl.col("item_1").is_not_null()
        & pl.col("item_4").is_not_null()
    )
    marks = own.select("client_ref", "session_date", pl.col("item_1", "total").cast(pl.Float64))
    joined = marks.join(
        rows.filter(pl.col("ORS_Skip") == 0),
        left_on=["client_ref", "session_date"],
        right_on=["Client_ID", "Session_Date"],
    )
    # All but the few whose session or date is one of the planted slips.
    assert joined.height > 0.98 * marks.height
    for mark, shown in (("item_1", "ORSQ1"), ("total", "Total_ORS")):
        both = joined.drop_nulls([mark, shown])
        assert both.height > 100
        assert (both[mark] == both[shown]).mean() > 0.995


def test_collateral_rows_are_by_others_and_empty_in_own_ones(
    files: dict[str, pl.DataFrame], full: pl.DataFrame
) -> None:
    names = COLLATERAL.strip(",").split(",")
    is_other = full["Collateral_ID"].is_not_null()
    assert is_other.sum() > 100
    others, own = full.filter(is_other), full.filter(~is_other)
    assert others.select(names).null_count().sum_horizontal().item() == 0
    assert own.select(names).drop_nulls().is_empty()
    roles = {"caretaker", "professional"}
    for rows in (others, files["openfit_collaterals"], files["openfit_session_collaterals"]):
        assert set(rows["Collateral_Role"].to_list()) <= roles
    raters = files["openfit_collaterals"].select("Case_ID", "Client_ID", "Collateral_ID")
    assert others.join(raters, on=raters.columns, how="anti").is_empty()


def test_without_teams_that_key_in_totals_there_are_items(tmp_path: Path) -> None:
    parameters = load_parameters()
    openfit = dataclasses.replace(parameters.openfit, totals_only=0.0, digits_from=date(2020, 1, 1))
    chosen = dataclasses.replace(parameters, openfit=openfit)
    make_city(tmp_path / "import", forms=1_000, seed=1, parameters=chosen, layout="openfit")
    rows = pl.read_csv(tmp_path / "import" / "openfit_full_digits.csv", infer_schema_length=None)
    assert rows["ORSQ1"].count() > 10 * rows["Total_ORS"].count()
    letters = pl.read_csv(tmp_path / "import" / "openfit_full_letters.csv", infer_schema=False)
    assert letters.is_empty()


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="layout must be one of landing, monthly, openfit, not xml"
    ):
        make_city(tmp_path / "new", forms=300, layout="xml")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
