"""A delivery without clients of episodes: whom the episodes are about is found out of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

CHAIN = (
    "int_client",
    "int_as_of",
    "int_response_unplaced",
    "int_response_meeting",
    "int_session_inferred",
    "int_session",
    "int_episode",
    "int_response_scored",
)


def index_clients(sandbox: Sandbox, forms: pl.DataFrame) -> pl.DataFrame:
    """Return the index clients that the models find where nothing but these forms was delivered."""
    for name in ("instrument", "source_system", "stg_fit__team"):
        sandbox.fill(name)
    sandbox.run("int_client_link", stg_fit__response=forms)
    rows = {"stg_fit__response": forms}
    for model in CHAIN:
        rows = {model: sandbox.run(model, **rows)}
    return sandbox.run("int_episode_index_client", **rows)


@pytest.fixture
def emptied(sandbox: Sandbox) -> Sandbox:
    """Return the sandbox without what earlier tests put into the tables of sources."""
    for name in ("session", "session_episode", "session_worker", "episode", "episode_client"):
        sandbox.connection.execute(f"delete from fresh.staging.stg_fit__{name}")
    sandbox.connection.execute("delete from fresh.intermediate.int_client_link")
    return sandbox


@pytest.mark.parametrize("has_episodes", [True, False])
def test_a_caretaker_is_no_index_client(
    emptied: Sandbox, built_city: BuiltCity, has_episodes: bool
) -> None:
    forms = built_city.frame("from staging.stg_fit__response").with_columns(
        session_key=pl.lit(None, dtype=pl.String)
    )
    if has_episodes:
        emptied.fill("stg_fit__episode")
    else:
        forms = forms.with_columns(episode_key=pl.lit(None, dtype=pl.String))
    guardians = built_city.frame(
        "select distinct client_key from staging.stg_fit__episode_client where role = 'guardian'"
    )["client_key"]
    answering = forms.filter(respondent_role="caretaker")["respondent_client_key"]
    own = forms.filter(pl.col("client_key").is_in(guardians.to_list()))
    own = own.filter(pl.col("client_key").is_in(answering.drop_nulls().unique().to_list()))
    assert own.height > 10

    found = index_clients(emptied, forms).drop_nulls("client_key")
    index = set(found["client_key"])
    assert not index & set(own["client_key"])
    # Everybody else whom forms are about, and who answers about nobody, is an index client.
    if has_episodes:
        forms = forms.join(found.select("episode_key").unique(), on="episode_key", how="semi")
    others = forms.filter(~pl.col("client_key").is_in(answering.drop_nulls().unique().to_list()))
    signs = others.filter(pl.col("is_skipped") == 0)
    assert set(signs["client_key"]) == set(signs["client_key"]) & index != set()
