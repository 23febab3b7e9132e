"""Session, episode and team tables in pandas, as benchmarks/peers/reference.sql makes them.

    python in_pandas.py ACCEPTED SEEDS OUTPUT

All rows are in memory several times: for a million forms, not for ten.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

ITEMS = ["item_1", "item_2", "item_3", "item_4"]
ROLES = {"index": 1, "child": 2, "other": 3, "guardian": 4}
SERIES = ["episode_ref", "client_ref", "instrument_code", "respondent_role", "respondent_ref"]


def forms(accepted: Path, seeds: Path) -> pd.DataFrame:
    """Return the valid forms, each with its kind, its episode and its score."""
    instruments = pd.read_csv(seeds / "instrument.csv").query("is_scored == 1")
    sessions = pd.read_parquet(
        accepted / "session.parquet", columns=["session_ref", "episode_ref", "starts_at"]
    )
    form = pd.read_parquet(accepted / "response.parquet")
    form = form[form["is_skipped"].fillna(0) == 0]
    form = form.merge(instruments[["instrument_code", "kind", "item_count"]], on="instrument_code")
    form = form.merge(sessions, on="session_ref", how="left", suffixes=("", "_of_session"))
    form["episode_ref"] = form["episode_ref"].fillna(form["episode_ref_of_session"])
    items = form[ITEMS].astype(float)
    filled = items.notna().sum(axis=1)
    total = form["total"].astype(float)
    score = np.where(
        filled == form["item_count"], items.sum(axis=1), np.where(filled == 0, total, np.nan)
    )
    form["score"] = np.round(score, 2)
    is_self = form["respondent_ref"] == form["client_ref"]
    form["respondent_ref"] = form["respondent_ref"].mask(is_self)
    return form[form["score"].notna() & ~((form["score"] == 0) & (filled > 0))]


def clients_of_episodes(accepted: Path, form: pd.DataFrame) -> pd.DataFrame:
    """Return the episodes, each with its index clients."""
    ranked = pd.read_parquet(accepted / "episode_client.parquet")
    place = ranked["role"].map(ROLES)
    best = place.groupby(ranked["episode_ref"]).transform("min")
    listed = ranked.loc[place == best, ["episode_ref", "client_ref"]]
    formed = form[["episode_ref", "client_ref"]].dropna().drop_duplicates()
    formed = formed[~formed["episode_ref"].isin(listed["episode_ref"])]
    episode = pd.read_parquet(accepted / "episode.parquet")
    return episode.merge(pd.concat([listed, formed]), on="episode_ref", how="left")


def attended_meetings(accepted: Path) -> pd.DataFrame:
    """Return the attended meetings with their number."""
    meetings = pd.read_parquet(accepted / "session.parquet").query("attendance == 'attended'")
    meetings = meetings.sort_values(["session_date", "starts_at", "session_ref"])
    meetings["session_number"] = meetings.groupby("episode_ref").cumcount() + 1
    return meetings[["session_ref", "episode_ref", "team_code", "session_number"]]


def sessions(
    accepted: Path, form: pd.DataFrame, clients: pd.DataFrame, attended: pd.DataFrame
) -> pd.DataFrame:
    """Return a row for each meeting and index client."""
    keys = ["session_ref", "client_ref"]
    table = pd.read_parquet(accepted / "session.parquet").drop(columns="version_at")
    table = table.merge(attended[["session_ref", "session_number"]], on="session_ref", how="left")
    ruling = clients[["episode_ref", "client_ref", "opened_on", "service_code"]]
    table = table.merge(ruling, on="episode_ref", how="left", suffixes=("", "_of_episode"))
    table["service_code"] = table.pop("service_code_of_episode").fillna(table["service_code"])
    opened_on = pd.to_datetime(table.pop("opened_on"))
    table["days_since_opening"] = (pd.to_datetime(table["session_date"]) - opened_on).dt.days
    placed = form[form["session_ref"].notna()].sort_values(
        ["entered_at", "source_record_id"], na_position="first"
    )
    for name, kind, role in (
        ("prom", "PROM", "self"),
        ("prem", "PREM", "self"),
        ("caretaker_prom", "PROM", "caretaker"),
    ):
        chosen = placed[(placed["kind"] == kind) & (placed["respondent_role"] == role)]
        last = chosen.drop_duplicates(keys, keep="last")[[*keys, "instrument_code", "score"]]
        names = {"instrument_code": f"{name}_instrument", "score": f"{name}_total"}
        table = table.merge(last.rename(columns=names), on=keys, how="left")
    refs = ("session", "episode", "client", "worker")
    return table.rename(columns={f"{name}_ref": f"{name}_key" for name in refs})


def headline_series(form: pd.DataFrame) -> pd.DataFrame:
    """Return the series of outcome forms that speaks for each episode and client."""
    chosen = form[(form["kind"] == "PROM") & form["respondent_role"].isin(["self", "caretaker"])]
    chosen = chosen[chosen["episode_ref"].notna()].sort_values(
        ["session_date", "starts_at", "entered_at", "source_record_id"]
    )
    series = (
        chosen.groupby(SERIES, dropna=False, sort=False)
        .agg(
            n=("score", "size"),
            intake=("score", "first"),
            last=("score", "last"),
            first_on=("session_date", "min"),
            last_on=("session_date", "max"),
        )
        .reset_index()
    )
    own = series["respondent_role"] == "self"
    first_on, last_on = (
        pd.to_datetime(series[name]).astype("int64") for name in ("first_on", "last_on")
    )
    series["preference"] = np.where(~own, 2, np.where(series["n"] >= 2, 1, 3))
    series["fewest"] = -series["n"]
    series["far"] = np.where(own, -last_on, first_on)
    series = series.sort_values(["preference", "fewest", "far", "instrument_code"])
    return series.drop_duplicates(["episode_ref", "client_ref"])


def episodes(
    accepted: Path,
    seeds: Path,
    form: pd.DataFrame,
    clients: pd.DataFrame,
    attended: pd.DataFrame,
) -> pd.DataFrame:
    """Return a row for each episode and index client, with the class of its change."""
    by_team = (
        attended.groupby(["episode_ref", "team_code"])["session_number"]
        .agg(n="size", last_number="max")
        .reset_index()
        .sort_values(["n", "last_number"])
    )
    met = by_team.groupby("episode_ref").agg(n_sessions=("n", "sum"), owner=("team_code", "last"))
    client = pd.read_parquet(accepted / "episode_client.parquet")
    client["birth_date"] = pd.to_datetime(client["birth_date"])
    client = client.groupby("client_ref")[["birth_date", "birth_year"]].min().reset_index()
    thresholds = pd.read_csv(seeds / "instrument_parameter.csv").query("parameter_set == 'pcoms'")
    keys = ["instrument_code", "respondent_role", "parameter_group"]
    table = clients.merge(met, on="episode_ref", how="left")
    table = table.merge(headline_series(form), on=["episode_ref", "client_ref"], how="left")
    table = table.merge(client, on="client_ref", how="left")
    first_on, birth = pd.to_datetime(table["first_on"]), table["birth_date"].dt
    age = first_on.dt.year - table["birth_year"].fillna(birth.year)
    age -= first_on.dt.month < birth.month
    by_age = np.where(age < 18, "adolescent", "adult")
    table["parameter_group"] = np.where(table["instrument_code"] == "CORS", "child", by_age)
    table = table.merge(thresholds[[*keys, "cutoff", "reliable_change"]], on=keys, how="left")
    intake, last = table["intake"], table["last"].where(table["n"] >= 2)
    gain = (last - intake).round(2)
    change = np.select(
        [
            last.isna() | table["cutoff"].isna(),
            (gain >= table["reliable_change"])
            & (intake <= table["cutoff"])
            & (last > table["cutoff"]),
            gain >= table["reliable_change"],
            -gain >= table["reliable_change"],
        ],
        ["", "recovered", "improved", "deteriorated"],
        "unchanged",
    )
    closed = table["closed_on"].notna()
    return pd.DataFrame(
        {
            "episode_key": table["episode_ref"],
            "client_key": table["client_ref"],
            "service_code": table["service_code"],
            "team_code": table["owner"].fillna(table["team_code"]),
            "referred_on": table["referred_on"],
            "opened_on": table["opened_on"],
            "closed_on": table["closed_on"],
            "ending_code": table["ending_code"].fillna("unknown").where(closed),
            "n_sessions": table["n_sessions"].fillna(0).astype(int),
            "prom_instrument": table["instrument_code"],
            "prom_respondent": table["respondent_role"],
            "n_prom": table["n"].fillna(0).astype(int),
            "prom_intake": intake,
            "prom_last": last,
            "change_class": pd.Series(change).replace("", None),
        }
    )


def team_quarters(episode: pd.DataFrame) -> pd.DataFrame:
    """Return counts and sums by quarter of closing and team."""
    closed_on = pd.to_datetime(episode["closed_on"])
    begun_on = pd.to_datetime(episode["opened_on"].fillna(episode["referred_on"]))
    counted = (episode["change_class"].notna() & (episode["n_sessions"] > 0)).astype(float)
    intake, last = (episode[name].fillna(0) * counted for name in ("prom_intake", "prom_last"))
    table = episode.assign(
        closed_quarter=closed_on.dt.to_period("Q").dt.start_time,
        n_in_change=counted,
        sum_intake=intake,
        sum_last=last,
        sum_intake_squared=intake * intake,
        sum_last_squared=last * last,
        sum_product=intake * last,
    )[closed_on >= begun_on]
    keys = ["closed_quarter", "team_code", "service_code", "prom_instrument", "prom_respondent"]
    groups = table.groupby(keys, dropna=False)
    sums = groups[[name for name in table if name.startswith(("n_in", "sum_"))]].sum()
    return sums.assign(n_closed=groups.size()).reset_index()


def main(accepted: Path, seeds: Path, output: Path) -> None:
    """Write the three tables."""
    form = forms(accepted, seeds)
    clients = clients_of_episodes(accepted, form)
    attended = attended_meetings(accepted)
    sessions(accepted, form, clients, attended).to_parquet(output / "session.parquet")
    episode = episodes(accepted, seeds, form, clients, attended)
    episode.to_parquet(output / "episode.parquet")
    team_quarters(episode).to_parquet(output / "team_quarter.parquet")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
