"""The same statements give the same accepted rows, to the byte, however they are delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.landing.export import export

if TYPE_CHECKING:
    from tests.landing.conftest import Site

# What a source has said: a table, which row of it, its content, and the day (0: not known).
STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(["response", "team", "session_worker", "correction"]),
        st.sampled_from("12"),
        st.sampled_from("AB"),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
    unique=True,
)
Statement = tuple[str, str, str, int]


def row(site: Site, statement: Statement) -> dict[str, str]:
    """Return a statement as a row of its table."""
    table, key, content, day = statement
    said = {"extracted_at": f"2025-06-0{day}T00:00:00" if day else ""}
    match table:
        case "response":
            return site.row(table, source_record_id=key, team_code=content, **said)
        case "team":
            return site.row(table, team_code=key, name_fi=content, **said)
        case "session_worker":
            return site.row(table, session_ref=key, worker_ref=content, **said)
        case _:
            deleted = {"source_record_id": key, "corrected_at": f"2025-06-0{max(day, 1)}"}
            return site.row(table, **deleted, **said)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(statements=STATEMENTS, data=st.data())
def test_any_order_parts_names_repetitions_and_landings_give_the_same_bytes(
    new_site: Callable[..., Site], statements: list[Statement], data: st.DataObject
) -> None:
    plain, site = new_site(), new_site()
    for table in sorted({statement[0] for statement in statements}):
        mine = [row(plain, statement) for statement in statements if statement[0] == table]
        plain.csv(f"{table}.csv", *mine)
    plain.land()
    # Extracts overlap: each takes some of the statements, and what none took comes in the last.
    extracts = data.draw(st.lists(st.lists(st.sampled_from(statements), max_size=6), max_size=2))
    taken = {statement for extract in extracts for statement in extract}
    extracts.append([statement for statement in statements if statement not in taken])
    # An extract of nothing is no file, and a landing folder without any file is refused.
    extracts = [extract for extract in extracts if extract]
    for number, extract in enumerate(data.draw(st.permutations(extracts))):
        for table in sorted({statement[0] for statement in extract}):
            mine = [row(site, statement) for statement in extract if statement[0] == table]
            delimiter = data.draw(st.sampled_from(",;\t"))
            shuffled = data.draw(st.permutations(mine))
            path = site.csv(f"{number}/{table}_x{number}.csv", *shuffled, delimiter=delimiter)
            if data.draw(st.booleans()):
                site.write(f"again/{table}_copy{number}.csv", path.read_bytes())
        if data.draw(st.booleans()):
            site.land()
    site.land()
    assert export(site.home) == export(plain.home)
