"""The same city in the layout of OpenFIT's import file, for the adapters that will read it.

Columns and rules follow the vendor's import template (support.openfit.care 204000000593 and
204000077334): a row is a client's session with its ORS and its SRS; either four items and no total, or
a total and no items; a form that was not done has `*_Skip` = 1 and no scores. Ratings by others stand
in a file of their own, whose two last columns are assumed: the vendor's names were not found. Names
and addresses of people are made of their references.
"""

from __future__ import annotations

import polars as pl

ITEMS = [f"item_{number}" for number in range(1, 5)]
PROM, PREM = ["ORS", "CORS", "YCORS"], ["SRS", "CSRS", "YCSRS"]
GENDERS = {
    "female": "Female",
    "male": "Male",
    "other": "AdditionalCategory",
    "unknown": "DeclinedToState",
}
VISIT = ["episode_ref", "session_ref", "client_ref", "respondent_ref"]
COLLATERAL = {"respondent_role": "Collateral_Role", "respondent_ref": "Collateral_ID"}
NOTES = "Synthetic data"


def openfit_files(
    tables: dict[str, pl.DataFrame], responses: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return the import files of a block, by stem.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Landing tables `session`, `episode` and `episode_client`.
    responses : DataFrame
        Landing table `response` as it is delivered; later versions take the place of earlier ones,
        as the software keeps one of each.
    """
    latest = responses.drop("file_year").sort("extracted_at", nulls_last=False)
    latest = latest.unique("source_record_id", keep="last", maintain_order=True)
    latest = latest.sort("source_record_id")
    rows = visits(latest).join(numbered(tables["session"]), on="session_ref")
    rows = rows.join(tables["episode"].select("episode_ref", "opened_on"), on="episode_ref")
    rows = rows.join(tables["episode_client"], on=["episode_ref", "client_ref"])
    rows = rows.sort("session_date", *VISIT)
    is_own = pl.col("respondent_role") == "self"
    others = [pl.col(name).alias(label) for name, label in COLLATERAL.items()]
    return {
        "openfit": rows.filter(is_own).select(columns()),
        "openfit_collateral": rows.filter(~is_own).select([*columns(), *others]),
    }


def visits(latest: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each session, client and rater, with the scores of both forms."""
    keys = [*VISIT, "respondent_role", "worker_ref", "team_code"]
    is_prom = pl.col("instrument_code").is_in(PROM)
    every = latest.select(keys).unique(VISIT, keep="first", maintain_order=True)
    for prefix, chosen in (("ORS", is_prom), ("SRS", ~is_prom)):
        forms = latest.filter(chosen).unique(VISIT, keep="first", maintain_order=True)
        forms = forms.select(*VISIT, *scores(prefix), instrument=pl.col("instrument_code"))
        forms = forms.rename({"instrument": f"{prefix}_instrument"})
        every = every.join(forms, on=VISIT, how="left", nulls_equal=True)
    return every


def scores(prefix: str) -> list[pl.Expr]:
    """Return the score columns of a form: items without a total, or a total without items."""
    has_items = pl.all_horizontal(pl.col(item).is_not_null() for item in ITEMS)
    items = [
        pl.when(has_items).then(pl.col(item)).alias(f"{prefix}Q{number}")
        for number, item in enumerate(ITEMS, start=1)
    ]
    return [*items, pl.when(~has_items).then(pl.col("total")).alias(f"Total_{prefix}")]


def numbered(session: pl.DataFrame) -> pl.DataFrame:
    """Return the date and the number of each attended session within its case, from 1."""
    attended = session.filter(pl.col("attendance") == "attended")
    number = pl.col("session_date").rank("ordinal").over("episode_ref")
    return attended.select("session_ref", "session_date", number.alias("number"))


def columns() -> list[pl.Expr]:
    """Return the columns of the import file in their order."""
    is_child = pl.coalesce("ORS_instrument", "SRS_instrument").is_in(
        ["CORS", "CSRS", "YCORS", "YCSRS"]
    )
    scored = {
        prefix: [*[f"{prefix}Q{number}" for number in range(1, 5)], f"Total_{prefix}"]
        for prefix in ("ORS", "SRS")
    }
    skipped = {
        prefix: pl.all_horizontal(pl.col(name).is_null() for name in names).cast(pl.Int64)
        for prefix, names in scored.items()
    }
    return [
        pl.col("team_code").alias("Service_Location"),
        pl.lit("Synthetic").alias("Provider_FirstName"),
        pl.col("worker_ref").alias("Provider_LastName"),
        pl.concat_str(pl.col("worker_ref").str.to_lowercase(), pl.lit("@example.invalid")).alias(
            "Provider_Email"
        ),
        pl.col("worker_ref").alias("Provider_ID"),
        pl.col("client_ref").alias("Client_ID"),
        pl.lit("Synthetic").alias("Client_FirstName"),
        pl.col("client_ref").alias("Client_LastName"),
        pl.col("gender").replace_strict(GENDERS).alias("Client_Gender"),
        pl.when(is_child).then(pl.lit("Child")).otherwise(pl.lit("Adult")).alias("Client_Group"),
        pl.col("episode_ref").alias("Case_ID"),
        pl.col("opened_on").alias("Case_Date"),
        pl.col("number").alias("Session_ID"),
        pl.col("session_date").alias("Session_Date"),
        skipped["ORS"].alias("ORS_Skip"),
        *[pl.col(name) for name in scored["ORS"]],
        skipped["SRS"].alias("SRS_Skip"),
        *[pl.col(name) for name in scored["SRS"]],
        pl.lit(NOTES).alias("Notes"),
    ]
