"""The columns of OpenFIT's import templates, made from those of the landing tables.

Names and addresses of people are made of their references.
"""

from __future__ import annotations

import polars as pl

GENDERS = {
    "female": "Female",
    "male": "Male",
    "other": "AdditionalCategory",
    "unknown": "DeclinedToState",
}
CHILD_FORMS = ["CORS", "CSRS", "YCORS", "YCSRS"]
TEENS_BEGIN = 13
NOTES = "Synthetic data"
SCALES = ("ORS", "SRS")
N_ITEMS = 4


def names(prefix: str, ref: str) -> list[pl.Expr]:
    """Return first and last name of a person who does not exist, empty where there is no person."""
    first = pl.when(pl.col(ref).is_not_null()).then(pl.lit("Synthetic"))
    return [first.alias(f"{prefix}_FirstName"), pl.col(ref).alias(f"{prefix}_LastName")]


def provider() -> list[pl.Expr]:
    """Return the columns about the professional and the team."""
    address = pl.col("worker_ref").str.to_lowercase() + "@example.invalid"
    return [
        pl.col("team_code").alias("Service_Location"),
        *names("Provider", "worker_ref"),
        address.alias("Provider_Email"),
        pl.col("worker_ref").alias("Provider_ID"),
    ]


def client() -> list[pl.Expr]:
    """Return the columns about the client; the group is that of the form, else by age at opening."""
    age = pl.col("opened_on").dt.year() - birth_year()
    is_child = pl.col("instrument_code").is_in(CHILD_FORMS).fill_null(age < TEENS_BEGIN)
    return [
        pl.col("client_ref").alias("Client_ID"),
        *names("Client", "client_ref"),
        pl.col("gender").replace_strict(GENDERS).alias("Client_Gender"),
        pl.when(is_child).then(pl.lit("Child")).otherwise(pl.lit("Adult")).alias("Client_Group"),
    ]


def birth_year() -> pl.Expr:
    """Return the year of birth, delivered as a day or as a year."""
    return pl.coalesce(pl.col("birth_date").dt.year(), pl.col("birth_year"))


def case() -> list[pl.Expr]:
    """Return the columns about the episode."""
    return [pl.col("episode_ref").alias("Case_ID"), pl.col("opened_on").alias("Case_Date")]


def session() -> list[pl.Expr]:
    """Return the columns about the session."""
    return [
        pl.col("number").alias("Session_ID"),
        pl.col("session_date").alias("Session_Date"),
    ]


def collateral() -> list[pl.Expr]:
    """Return the columns about another rater, whose names are assumed."""
    return [
        pl.col("respondent_ref").alias("Collateral_ID"),
        *names("Collateral", "respondent_ref"),
        pl.col("respondent_role").replace("self", None).alias("Collateral_Role"),
    ]


def score_names(scale: str) -> list[str]:
    """Return the names of a scale's score columns."""
    return [*(f"{scale}Q{number}" for number in range(1, N_ITEMS + 1)), f"Total_{scale}"]


def scores(*, with_letters: bool) -> list[pl.Expr]:
    """Return each scale's skip flag and scores."""
    columns = []
    for scale in SCALES:
        skipped = pl.all_horizontal(pl.col(name).is_null() for name in score_names(scale))
        letter = pl.when(skipped).then(pl.lit("Y")).otherwise(pl.lit("N"))
        flag = letter if with_letters else skipped.cast(pl.Int64)
        columns += [flag.alias(f"{scale}_Skip"), *map(pl.col, score_names(scale))]
    return columns


def notes() -> pl.Expr:
    """Return the column of free text."""
    return pl.lit(NOTES).alias("Notes")


def custom() -> list[pl.Expr]:
    """Return custom fields, as an organisation may have defined them."""
    return [
        pl.col("service_code").alias("Episode_Service"),
        pl.col("planned_sessions").alias("Episode_PlannedSessions"),
        birth_year().alias("Client_BirthYear"),
    ]
