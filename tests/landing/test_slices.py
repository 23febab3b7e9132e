"""Reading a large file slice by slice changes no outcome: rows, reasons, refusals are those of the whole."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fit_warehouse.erase import erase
from fit_warehouse.landing import land, ledger, slices

if TYPE_CHECKING:
    from tests.landing.conftest import Site

HEADER = (
    "session_ref,episode_ref,team_code,service_code,session_date,attendance,channel,worker_ref,note"
)
N_LINES = 60
# What may stand at a line of the file. Most lines have some of a few columns in other forms, so that
# slices differ in what is known of their columns.
LINES = {
    "good": "S-{0},E-1,T1,hehku,2025-01-15,attended,home,W-{0},",
    "ragged": " S-{0} ,E-1,T1,hehku,2025-02-15 00:00:00,attended, home ,W-1,",
    "bad": "S-{0},E-1,T1,hehku,15.1.2025,attended,home,W-{0},",
    "missing": ",E-1,T1,hehku,2025-01-15,attended,home,W-{0},",
    "code": "S-{0},E-1,T1,hehku,2025-01-15,perhaps,home,W-{0},",
    "probable": "S-{0},E-1,T1,hehku,2025-01-15,attended,010594-9033,W-{0},",
    "erased": "S-{0},E-9,T1,hehku,2025-01-15,attended,home,W-{0},",
}
# What makes slices give the file up, wherever it stands.
WHOLE = {
    "identity": "S-{0},E-1,T1,hehku,2025-01-15,attended,010594-9032,W-{0},",
    "quoted": 'S-{0},E-1,T1,hehku,2025-01-15,attended,"at\nhome",W-{0},',
    "quote": 'S-{0},E-1,T1,hehku,2025-01-15,attended,"home,W-{0},',
    "short": "S-{0},E-1,T1,hehku,2025-01-15",
    "blank": "",
    "latin": "S-{0},E-1,T1,hehku,2025-01-15,attended,home,W-{0},P\xe4iv\xe4",
    "nul": "S-{0},E-1,T1,hehku,2025-01-15,attended,home,W-{0},\0",
}
quick = settings(
    max_examples=5,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def text_of(kinds: dict[int, str], *, ends: bool = True) -> bytes:
    known = LINES | WHOLE
    lines = [known[kinds.get(number, "good")].format(number) for number in range(N_LINES)]
    return "\n".join([HEADER, *lines, *[""] * ends]).encode(
        "latin-1" if "latin" in kinds.values() else "utf-8"
    )


def outcome(site: Site) -> tuple[Any, ...]:
    """Return all that a landing says and stores, but for the time of day and the groups of rows."""
    landing = site.land()
    entries = [
        dataclasses.replace(entry, landed_at="")
        for entry in sorted(ledger.entries(site.home), key=lambda entry: entry.file_id)
    ]
    stored = {
        name: pl.read_parquet(io.BytesIO(content)).to_dicts()
        for name, content in site.stored("raw", "quarantine").items()
    }
    erased = [entry.rows_erased for entry in entries]
    return landing.known, landing.notes, entries, erased, site.stored("spill"), stored


def with_an_erased_person(site: Site) -> None:
    """Land an episode of one person alone, and erase the person."""
    site.csv(
        "episode_client_1.csv", site.row("episode_client", episode_ref="E-9", client_ref="C-9")
    )
    site.csv("episode_1.csv", site.row("episode", episode_ref="E-9"))
    site.land()
    with site.home.locked():
        erase.erase(site.settings, site.home, erase.of_person(site.home, "C-9", None), "person")


def both(
    new_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    before: Callable[[Site], object] = lambda _: None,
) -> tuple[tuple[Any, ...], tuple[Any, ...], bool]:
    """Return the outcome of a file whole and in slices, and whether the latter came to their end."""
    outcomes = []
    ended: list[bool] = []
    for is_sliced in (False, True):
        site = new_site()
        before(site)
        site.write("session.csv", content)
        with monkeypatch.context() as patch:
            if is_sliced:
                patch.setattr(land, "READ_AHEAD", 0)
                patch.setattr(slices, "SIZE", 500)
                patch.setattr(slices, "_outcome", _watched(ended))
            outcomes.append(outcome(site))
    return outcomes[0], outcomes[1], bool(ended)


def _watched(ended: list[bool]) -> Callable[..., slices.Outcome]:
    found = slices._outcome

    def watched(*arguments: Any) -> slices.Outcome:
        ended.append(True)
        return found(*arguments)

    return watched


@quick
@given(
    kinds=st.dictionaries(st.integers(0, N_LINES - 1), st.sampled_from(sorted(LINES)), max_size=30),
    ends=st.booleans(),
)
def test_slices_store_and_keep_out_the_same_rows(
    new_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    kinds: dict[int, str],
    ends: bool,
) -> None:
    content = text_of(kinds, ends=ends)
    whole, sliced, is_sliced = both(new_site, monkeypatch, content, with_an_erased_person)
    assert is_sliced
    assert whole == sliced
    assert sum(sliced[3]) >= sum(kind == "erased" for kind in kinds.values())


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_what_is_no_row_a_line_is_read_as_a_whole(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    whole, sliced, is_sliced = both(new_site, monkeypatch, text_of({3: "bad", N_LINES - 9: kind}))
    assert not is_sliced
    assert whole == sliced


def test_every_line_is_in_one_slice_with_or_without_an_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 40, 500, 100_000):
        monkeypatch.setattr(slices, "SIZE", size)
        for ends in (True, False):
            content = text_of({}, ends=ends)
            path = site.write("session.csv", content)
            found = list(slices.cut(path, site.home.path / "spill"))
            texts = [one.copy.read_bytes() for one in found]
            assert b"".join(texts) == content
            assert [n for one in found for n in one.lines] == list(range(2, N_LINES + 2))
            for one, text in zip(found[1:], texts[1:], strict=True):
                assert text.startswith(b"S-%d," % (one.lines.start - 2))


def test_a_file_of_bad_rows_alone_leaves_no_raw_file(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = text_of(dict.fromkeys(range(N_LINES), "bad"))
    whole, sliced, is_sliced = both(new_site, monkeypatch, content)
    assert is_sliced
    assert whole == sliced
    assert not any(name.startswith("raw") for name in sliced[-1])
