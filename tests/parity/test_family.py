"""Families in SQL are the connected components of clients and episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox


def components(members: pl.DataFrame) -> dict[str, str]:
    """Return the smallest client key of each client's component."""
    graph: nx.Graph[tuple[str, str]] = nx.Graph()
    for episode, client in members.select("episode_key", "client_key").iter_rows():
        graph.add_edge(("episode", episode), ("client", client))
    families: dict[str, str] = {}
    for component in nx.connected_components(graph):
        clients = [key for kind, key in component if kind == "client"]
        families |= dict.fromkeys(clients, min(clients))
    return families


def labels(families: pl.DataFrame) -> dict[str, str]:
    return dict(families.select("client_key", "family_key").iter_rows())


def test_families_of_the_city(built_city: BuiltCity) -> None:
    members = built_city.frame("select * from staging.stg_fit__episode_client")
    families = built_city.frame("select * from intermediate.int_family")
    expected = components(members)
    assert len(set(expected.values())) < len(expected)
    assert labels(families) == expected


# Six episodes can make no longer chain than the six rounds of the model.
edges = st.tuples(st.integers(1, 6), st.integers(1, 9))


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(edges, min_size=1, max_size=20, unique=True))
def test_families_of_any_six_episodes(sandbox: Sandbox, drawn: list[tuple[int, int]]) -> None:
    members = pl.DataFrame(
        {
            "episode_key": [f"e{episode}" for episode, _ in drawn],
            "client_key": [f"c{client}" for _, client in drawn],
        }
    )
    families = sandbox.run("int_family", stg_fit__episode_client=members)
    assert labels(families) == components(members)
