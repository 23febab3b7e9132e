"""Which version of a row counts, whatever the order and the parts in which it arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.landing.resolved import ACCEPTED

if TYPE_CHECKING:
    from tests.landing.conftest import Site

# Times of extraction, short to write down: a day of January 2025, 0 when it is not known.
Version = tuple[str, int]


def moment(day: int) -> str:
    return f"2025-01-{day:02d}T00:00:00" if day else ""


def fates(site: Site) -> Counter[str]:
    """Return how many rows of all files had each fate."""
    counted: Counter[str] = Counter()
    site.land()
    for by_fate in site.fates.by_file.values():
        counted.update(by_fate)
    return counted


def teams(versions: Sequence[Version], code: str = "T1") -> list[dict[str, str]]:
    return [
        {"team_code": code, "name_fi": name, "extracted_at": moment(day)} for name, day in versions
    ]


CASES: dict[str, tuple[list[Version], list[Version], dict[str, int]]] = {
    "once": ([("A", 1)], [("A", 1)], {"current": 1}),
    "once without a time": ([("A", 0)], [("A", 0)], {"current": 1}),
    "a later version": ([("B", 2), ("A", 1)], [("B", 2)], {"current": 1, "superseded": 1}),
    "three versions": (
        [("B", 2), ("C", 3), ("A", 1)],
        [("C", 3)],
        {"current": 1, "superseded": 2},
    ),
    "back to what it was": (
        [("A", 1), ("B", 2), ("A", 3)],
        [("A", 3)],
        {"current": 1, "superseded": 2},
    ),
    "equal content at one time": ([("A", 1)] * 3, [("A", 1)], {"current": 1, "duplicate": 2}),
    "equal content without a time": ([("A", 0)] * 2, [("A", 0)], {"current": 1, "duplicate": 1}),
    "equal content later": ([("A", 2), ("A", 1)], [("A", 1)], {"current": 1, "duplicate": 1}),
    "equal content later, then another": (
        [("A", 1), ("A", 2), ("B", 3), ("B", 4)],
        [("B", 3)],
        {"current": 1, "superseded": 1, "duplicate": 2},
    ),
    "other content at one time": ([("A", 1), ("B", 1)], [], {"conflicting": 2}),
    "three contents at one time": (
        [("A", 1), ("B", 1), ("C", 1), ("C", 1)],
        [],
        {"conflicting": 3, "duplicate": 1},
    ),
    "other content without a time": ([("A", 0), ("B", 0)], [], {"conflicting": 2}),
    "one time not known": ([("A", 1), ("B", 0), ("C", 3)], [], {"conflicting": 3}),
    "a version after a conflict": (
        [("A", 1), ("B", 1), ("C", 2)],
        [("C", 2)],
        {"conflicting": 2, "current": 1},
    ),
    "a conflict after a version": (
        [("A", 1), ("B", 2), ("C", 2)],
        [("A", 1)],
        {"conflicting": 2, "current": 1},
    ),
    "a time that becomes known": (
        [("A", 0), ("B", 0), ("A", 1), ("B", 2)],
        [("B", 2)],
        {"duplicate": 2, "superseded": 1, "current": 1},
    ),
}


@pytest.fixture(scope="module")
def landed_cases(new_site: Callable[..., Site]) -> Site:
    site = new_site()
    for number, (name, (versions, _, _)) in enumerate(CASES.items()):
        site.csv(f"team_{number}.csv", *teams(versions, name))
    return site


@pytest.mark.parametrize("name", CASES)
def test_the_version_that_counts(landed_cases: Site, name: str) -> None:
    site = landed_cases
    site.land()
    _, accepted, counts = CASES[name]
    entry = site.account(f"team_{list(CASES).index(name)}.csv").entry
    assert site.fates.by_file[entry.file_id] == counts
    found = [
        (row["name_fi"], row["version_at"])
        for row in site.accepted("team")
        if row["team_code"] == name
    ]
    assert found == [
        (content, datetime(2025, 1, day) if day else None) for content, day in accepted
    ]


def test_versions_without_order_are_named_by_file_and_row(site: Site) -> None:
    site.csv("team_a.csv", *teams([("A", 0)], "T0"), *teams([("A", 0)]))
    site.csv("team_b.csv", *teams([("B", 0)]))
    site.land()
    assert site.problems() == {
        ("team_a.csv", 3): {("", "conflicting_versions")},
        ("team_b.csv", 2): {("", "conflicting_versions")},
    }
    assert site.account("team_a.csv").quarantined == 1
    team_b = site.account("team_b.csv")
    assert team_b.share(team_b.conflicting) == 1


def test_the_rows_own_time_comes_before_the_deliverys_and_that_before_the_names(
    site: Site,
) -> None:
    site.csv("a/team_2025-01-09.csv", *teams([("A", 5)]))
    site.csv("a/team_b_2025-01-08.csv", *teams([("B", 0)]))
    site.delivered_at(moment(4), "a")
    site.csv("team_2025-01-03.csv", *teams([("C", 0)]))
    assert fates(site) == {"current": 1, "superseded": 2}
    (row,) = site.accepted("team")
    assert (row["name_fi"], row["version_at"]) == ("A", datetime(2025, 1, 5))


def test_the_same_bytes_at_a_later_time_are_a_new_version(site: Site) -> None:
    for day, name in ((1, "A"), (2, "B"), (3, "A")):
        site.csv(f"team_2025-01-{day:02d}.csv", {"team_code": "T1", "name_fi": name})
        site.land()
    (row,) = site.accepted("team")
    assert (row["name_fi"], row["version_at"]) == ("A", datetime(2025, 1, 3))


def test_a_delivery_toml_put_beside_the_files_later_ends_a_conflict(site: Site) -> None:
    for folder, name in (("a", "A"), ("b", "B")):
        site.csv(f"{folder}/team.csv", {"team_code": "T1", "name_fi": name})
    assert fates(site) == {"conflicting": 2}
    site.delivered_at(moment(1), "a")
    site.delivered_at(moment(2), "b")
    assert fates(site) == {"current": 1, "superseded": 1, "duplicate": 2}
    assert [row["name_fi"] for row in site.accepted("team")] == ["B"]


def deletion(site: Site, table: str, day: int, **key: str) -> dict[str, str]:
    empty = {"source_system": "", "source_record_id": ""}
    row = site.row("correction", **empty, table_name=table, corrected_at=moment(day))
    return {**row, **key}


def sessions(site: Site, *versions: Version, ref: str = "S-1") -> list[dict[str, str]]:
    return [
        site.row(
            "session",
            session_ref=ref,
            session_date="2025-01-01",
            starts_at="",
            service_code=content,
            extracted_at=moment(day),
        )
        for content, day in versions
    ]


@pytest.mark.parametrize(
    ("versions", "deleted_on", "accepted", "counts"),
    [
        ([("A", 1), ("B", 2)], 2, [], {"deleted": 2}),
        ([("A", 1), ("B", 3)], 2, ["B"], {"deleted": 1, "current": 1}),
        ([("A", 1), ("A", 3)], 2, ["A"], {"deleted": 1, "current": 1}),
        ([("A", 3)], 2, ["A"], {"current": 1}),
        ([("A", 0)], 2, [], {"deleted": 1}),
        ([("A", 1), ("B", 1)], 2, [], {"deleted": 2}),
        ([("A", 0), ("B", 0), ("C", 3)], 2, ["C"], {"deleted": 2, "current": 1}),
    ],
)
def test_a_deletion_takes_what_was_before_it_and_nothing_after(
    site: Site,
    versions: list[Version],
    deleted_on: int,
    accepted: list[str],
    counts: dict[str, int],
) -> None:
    other = sessions(site, ("X", 1), ref="S-2")
    site.csv("session.csv", *sessions(site, *versions), *other)
    site.csv("correction.csv", deletion(site, "session", deleted_on, session_ref="S-1"))
    site.land()
    session = site.account("session.csv")
    with_other = Counter(counts) + Counter(current=1)
    assert site.fates.by_file[session.entry.file_id] == with_other
    assert session.accepted == sum(with_other[fate] for fate in ACCEPTED)
    assert [row["service_code"] for row in site.accepted("session")] == sorted([*accepted, "X"])


def test_deletions_reach_forms_and_episodes_by_their_whole_key(site: Site) -> None:
    site.delivered_at("2025-06-01T00:00:00")
    site.csv(
        "response.csv",
        site.row("response"),
        site.row("response", source_system="other"),
        site.row("response", source_record_id="2"),
    )
    site.csv("episode.csv", site.row("episode"), site.row("episode", episode_ref="E-2"))
    late = {"corrected_at": "2025-07-01"}
    form = {"source_system": "fit", "source_record_id": "1"}
    site.csv(
        "correction.csv",
        {**deletion(site, "response", 1, **form), **late},
        {**deletion(site, "episode", 1, episode_ref="E-1"), **late},
    )
    # The corrections are later than the delivery's own time and no event of the data.
    assert not site.land().refused
    assert len(site.accepted("response")) == 2
    assert len(site.accepted("episode")) == 1


Delivered = list[tuple[str, str, int]]
VERSIONS = st.lists(
    st.tuples(st.sampled_from(["S-1", "S-2"]), st.sampled_from("AB"), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)
DELETIONS = st.lists(st.tuples(st.sampled_from(["S-1", "S-2"]), st.integers(1, 3)), max_size=1)


def expected(rows: Delivered, deletions: list[tuple[str, int]]) -> tuple[list[str], Counter[str]]:
    """Return current contents and fates as the design says them, key by key."""
    current, counted = [], Counter[str]()
    for ref in sorted({row[0] for row in rows}):
        delivered = [(content, day) for key, content, day in rows if key == ref]
        timed = {content for content, day in delivered if day}
        versions = {(content, day) for content, day in delivered if day or content not in timed}
        counted["duplicate"] += len(delivered) - len(versions)
        until = max((day for key, day in deletions if key == ref), default=-1)
        alive = {version for version in versions if version[1] > until or until < 0}
        alive = {version for version in alive if version[1] or until < 0}
        counted["deleted"] += len(versions) - len(alive)
        differ = len({content for content, _ in alive}) > 1
        times = Counter(day for _, day in alive)
        ordered = sorted(
            (day, content)
            for content, day in alive
            if not (differ and (times[day] > 1 or times[0] > 0))
        )
        counted["conflicting"] += len(alive) - len(ordered)
        kept: list[str] = []
        for _, content in ordered:
            if kept and kept[-1] == content:
                counted["duplicate"] += 1
            else:
                kept.append(content)
        if kept:
            counted["current"] += 1
            counted["superseded"] += len(kept) - 1
            current.append(kept[-1])
    return sorted(current), +counted


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=VERSIONS, deletions=DELETIONS, data=st.data())
def test_order_and_parts_of_a_delivery_do_not_matter(
    new_site: Callable[..., Site],
    rows: Delivered,
    deletions: list[tuple[str, int]],
    data: st.DataObject,
) -> None:
    site = new_site()
    in_file = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    at_once = data.draw(st.booleans())
    for number in data.draw(st.permutations(range(3))):
        mine = [row for row, of_file in zip(rows, in_file, strict=True) if of_file == number]
        lines = [sessions(site, (content, day), ref=ref)[0] for ref, content, day in mine]
        if lines:
            # A column that is not read keeps the bytes of two files with equal rows apart.
            noted = [{**line, "note": str(number)} for line in lines]
            site.csv(f"session_{number}.csv", *data.draw(st.permutations(noted)))
            whole = (site.landing / f"session_{number}.csv").read_bytes()
            site.write(f"again/session_{number}_copy.csv", whole)
            if not at_once:
                site.land()
    if deletions:
        gone = [deletion(site, "session", day, session_ref=ref) for ref, day in deletions]
        site.csv("correction.csv", *gone)
    counted = fates(site)
    counted.subtract(Counter(current=len(deletions)))
    contents, wanted = expected(rows, deletions)
    assert +counted == wanted
    assert sorted(row["service_code"] for row in site.accepted("session")) == contents
