"""A new key is laid over the old one: nothing is lost, nothing is half, old markers still serve."""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.erase import erase as erasing
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import pseudonym, rotate
from tests.landing.quarantine.test_mending import exported
from tests.landing.test_pseudonyms import expected

if TYPE_CHECKING:
    from tests.landing.conftest import Site

OWN = ("raw", "quarantine", "ledger", "accepted", "tombstones.parquet")


@pytest.fixture
def own(site: Site, key_file: Path, tmp_path: Path) -> Site:
    """A site with a key file of its own, a row in quarantine, and a person erased."""
    path = tmp_path / "pseudonym.key"
    shutil.copy(key_file, path)
    path.chmod(0o600)
    site = replace(
        site, settings=replace(site.settings, paths=replace(site.settings.paths, key_file=path))
    )
    site.delivered_at("2025-08-01T06:00:00", "one")
    site.csv(
        "one/response.csv",
        site.row("response"),
        site.row("response", source_record_id="2", client_ref="C-2", item_1="41", total=""),
        site.row("response", source_record_id="3", client_ref="C-3"),
    )
    site.land()
    doom = erasing.of_person(site.home, "C-3", None)
    with site.home.locked():
        erasing.erase(site.settings, site.home, doom, "person")
    site.land()
    return site


def keys(site: Site) -> pseudonym.Keys:
    return pseudonym.load_keys(site.settings.paths.key_file)


def chained(text: str, space: str, chain: pseudonym.Keys) -> str:
    found = expected(text, space, chain[0])
    for key in chain[1:]:
        found = hmac.new(key.hex().encode(), found.encode(), hashlib.sha256).hexdigest()[:32]
    return found


def turn(site: Site) -> int:
    with site.home.locked(to_rotate=True):
        return rotate.rotate(site.settings, site.home)


@settings(max_examples=20, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    chain=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3).map(tuple),
)
def test_the_engine_chains_any_keys_over_any_text_as_hmac_does(
    text: str, chain: pseudonym.Keys
) -> None:
    connection = duckdb.connect()
    pseudonym.prepare(connection, chain)
    sql = pseudonym.sql("text", "client", chain)
    query = f"with given as (select $text as text) select {sql} from given"
    ((found,),) = connection.execute(query, {"text": text}).fetchall()
    connection.close()
    assert found == chained(text, "client", chain)


@pytest.mark.parametrize("times", [1, 3])
def test_stored_and_later_pseudonyms_are_the_same_under_new_keys(own: Site, times: int) -> None:
    before = own.accepted("response")
    for time in range(times):
        assert turn(own) == time + 2
    chain = keys(own)
    assert len(set(chain)) == times + 1
    # The same row in another file is a duplicate only if both pseudonym and content hash agree.
    own.delivered_at("2025-08-01T06:00:00", "two")
    own.csv(
        "two/response.csv",
        own.row("response"),
        own.row("response", source_record_id="3", client_ref="C-3"),
    )
    own.land()
    again = own.account("two/response.csv")
    assert (again.duplicates, again.erased, again.accepted) == (1, 1, 0)
    (form,) = own.accepted("response")
    assert form["client_ref"] == chained("C-1", "client", chain)
    assert form["client_ref"] != before[0]["client_ref"]
    assert {name: form[name] for name in form if not name.endswith(("_ref", "_id"))} == {
        name: before[0][name] for name in form if not name.endswith(("_ref", "_id"))
    }


def test_a_hash_that_an_earlier_version_stored_is_not_read_and_goes_with_the_old_key(
    own: Site,
) -> None:
    before = own.accepted("response")
    for path in own.home.raw.glob("*/*.parquet"):
        stored = pl.read_parquet(path, glob=False)
        hashes = pl.format("{}", pl.int_range(pl.len()))  # no two alike, as no right ones would be
        stored.with_columns(hashes.alias("_content_hash")).write_parquet(path)
    own.delivered_at("2025-08-01T06:00:00", "two")
    own.csv("two/response.csv", own.row("response"))
    own.land()
    assert own.account("two/response.csv").duplicates == 1
    assert own.accepted("response") == before
    turn(own)
    for path in own.home.raw.glob("*/*.parquet"):
        assert "_content_hash" not in pl.read_parquet(path, glob=False).columns


def test_a_row_exported_before_a_rotation_is_mended_after_it(own: Site) -> None:
    ((row,),) = exported(own).values()
    turn(own)
    own.csv("response_mended.csv", {**row, "item_1": "4.1"})
    assert not own.land().refused
    chain = keys(own)
    assert chained("C-2", "client", chain) in {
        form["client_ref"] for form in own.accepted("response")
    }


def test_a_person_is_erased_after_a_rotation_and_stays_away_after_another(own: Site) -> None:
    turn(own)
    doom = erasing.of_person(own.home, "C-1", None)
    with own.home.locked():
        assert erasing.erase(own.settings, own.home, doom, "person").n_rows == 1
    turn(own)
    own.delivered_at("2025-09-01T06:00:00", "two")
    own.csv("two/response.csv", own.row("response"), own.row("response", client_ref="C-3"))
    own.land()
    assert own.account("two/response.csv").erased == 2


STOPS = ("beside", "ready", "swap", "key")


@pytest.mark.parametrize("stop_at", STOPS)
def test_a_stop_leaves_the_old_key_or_the_new_one_never_half(
    own: Site, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    before, old = own.stored(*OWN), keys(own)
    replaced = Path.replace
    moves = 0

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def stop_move(path: Path, target: Path) -> Path:
        nonlocal moves
        if path.is_relative_to(own.home.rotating) and (
            target.is_relative_to(own.home.raw) or target.is_relative_to(own.home.quarantine)
        ):
            moves += 1
            if stop_at == "swap" and moves == 2:
                raise KeyboardInterrupt
        if stop_at == "key" and path.name.endswith(".key.next"):
            raise KeyboardInterrupt
        return replaced(path, target)

    with monkeypatch.context() as patch:
        if stop_at == "beside":
            patch.setattr(rotate, "_copy", stop)
        elif stop_at == "ready":
            patch.setattr(rotate, "write_json", stop)
        else:
            patch.setattr(Path, "replace", stop_move)
        with pytest.raises(KeyboardInterrupt):
            turn(own)
    if stop_at in ("beside", "ready"):
        assert own.stored(*OWN) == before
        assert keys(own) == old
        own.land()
        assert own.stored(*OWN) == before
        turn(own)
    else:
        with pytest.raises(UsageError, match="fit key rotate"), own.home.locked():
            pass
        with own.home.locked(to_rotate=True):
            assert "finished" in rotate.resume(own.settings, own.home)
    assert len(keys(own)) == 2
    assert not own.home.rotating.exists()
    assert [path.name for path in own.settings.paths.key_file.parent.iterdir()] == ["pseudonym.key"]
    own.land()
    (form,) = own.accepted("response")
    assert form["client_ref"] == chained("C-1", "client", keys(own))


def test_the_key_file_stays_its_owner_s_and_no_key_is_in_the_home(own: Site) -> None:
    turn(own)
    path = own.settings.paths.key_file
    assert path is not None
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600
    for name, content in own.stored("").items():
        for key in keys(own):
            assert key not in content, name
            assert key.hex().encode() not in content, name


def test_another_home_with_the_same_key_file_has_to_follow(
    own: Site, new_site: Callable[..., Site]
) -> None:
    other = replace(
        new_site(),
        settings=replace(own.settings, paths=replace(own.settings.paths, home=Path("x"))),
    )
    home = other.home
    other = replace(
        other,
        settings=replace(own.settings, paths=replace(own.settings.paths, home=home.path)),
    )
    other.csv("response.csv", other.row("response"))
    other.land()
    turn(own)
    chain = keys(own)
    with pytest.raises(UsageError, match="under 1"):
        other.land()
    assert turn(other) == 2
    assert keys(own) == chain
    other.land()
    (form,) = other.accepted("response")
    assert form["client_ref"] == chained("C-1", "client", chain)


def test_an_older_key_file_is_not_taken_for_the_right_one(own: Site) -> None:
    path = own.settings.paths.key_file
    assert path is not None
    old = path.read_bytes()
    turn(own)
    path.write_bytes(old)
    with pytest.raises(UsageError, match="right key file back"):
        own.land()
    with pytest.raises(UsageError, match="right key file back"):
        turn(own)


def test_a_new_home_takes_a_chain_as_it_is(own: Site, tmp_path: Path) -> None:
    turn(own)
    rotate.check(Home(tmp_path / "fresh"), keys(own))
    rotate.check(Home(tmp_path / "fresh"), keys(own))
