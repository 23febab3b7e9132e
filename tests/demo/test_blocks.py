"""Blocks: the same bytes in any number of processes, little memory, enough disk."""

from __future__ import annotations

import functools
import hashlib
import shutil
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import psutil
import pytest

from fit_warehouse.demo import make_city, space, truth
from fit_warehouse.demo.blocks import (
    BLOCK_FORMS,
    LARGEST_REST,
    LAYOUTS,
    Block,
    Layout,
    Plan,
    blocks,
    make_block,
)
from fit_warehouse.demo.delivery import Delivery
from fit_warehouse.demo.dialect import FileBody
from fit_warehouse.demo.organisation import build_organisation
from fit_warehouse.demo.parallel import in_order
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Streams

FORMS = 2 * BLOCK_FORMS + 5_000


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "landing"
    make_city(folder, forms=FORMS, seed=3)
    return folder


def test_two_processes_write_the_same_bytes_as_one(large: Path, tmp_path: Path) -> None:
    make_city(tmp_path / "landing", forms=FORMS, seed=3, processes=2)
    assert hashes(tmp_path) == hashes(large.parent)


def test_keys_are_unique_across_blocks(large: Path) -> None:
    session = pl.read_csv(large / "session.csv", infer_schema=False)
    episode = pl.read_csv(large / "episode.csv", infer_schema=False)
    assert session["session_ref"].is_unique().all()
    assert episode["episode_ref"].is_unique().all()
    assert session.join(episode, on="episode_ref", how="anti").height == 0
    client = pl.read_csv(large / "episode_client.csv", infer_schema=False)
    assert client.join(episode, on="episode_ref", how="anti").height == 0
    assert client.select("episode_ref", "client_ref").is_unique().all()


@pytest.mark.parametrize("forms", [200, BLOCK_FORMS, BLOCK_FORMS + LARGEST_REST, FORMS, 10**6])
def test_blocks_hold_all_forms_once(forms: int) -> None:
    made = list(blocks(forms))
    assert sum(block.forms for block in made) == forms
    assert [block.number for block in made] == list(range(len(made)))
    before = 0
    for block in made:
        assert block.before == before
        assert 0 < block.forms <= BLOCK_FORMS + LARGEST_REST
        before += block.forms


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_block_depends_on_no_other(
    parameters: Parameters, tmp_path: Path, layout: Layout
) -> None:
    truth.prepare(tmp_path, {})
    organisation = build_organisation(parameters, FORMS, Streams(3))
    plan = Plan(parameters, organisation, 3, tmp_path, layout)
    first, second = Block(0, 1_000, 0), Block(1, 1_000, 1_000)
    alone = make_block(plan, second)
    other = make_block(plan, first)
    assert make_block(plan, second) == alone
    shared = other.bodies.keys() & alone.bodies.keys()
    assert all(other.bodies[stem].rows != alone.bodies[stem].rows for stem in shared)


def test_streams_differ_between_blocks() -> None:
    drawn = {tuple(Streams(1, block).named("slots").random(3)) for block in range(50)}
    assert len(drawn) == 50
    # The seed and the block do not change places.
    assert tuple(Streams(3, 1).named("slots").random(3)) not in drawn


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_work(processes: int) -> None:
    work = list(range(12))
    assert list(in_order(functools.partial(pow, 2), work, processes)) == [2**n for n in work]


def test_a_problem_in_another_process_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(functools.partial(divmod, 1), [1, 0, 1], 2))


def test_too_little_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=10**9, used=0, free=space.estimated_bytes(1_000_000) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ValueError, match=r"1000000 forms need about 0\.3 GB, but the disk"):
        make_city(tmp_path / "new" / "landing", forms=1_000_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_estimate_of_disk_covers_what_is_written(tmp_path: Path, layout: Layout) -> None:
    make_city(tmp_path / "landing", forms=FORMS, seed=3, layout=layout)
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    estimated = space.estimated_bytes(FORMS, layout)
    assert 0.6 * estimated < written <= estimated


def test_no_file_is_held_open_however_many_there_are(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path)
    stems = [f"session_{year}-{month:02d}" for year in range(2000, 2030) for month in range(1, 13)]
    for part in (b"first\n", b"second\n"):
        delivery.add(
            {stem: FileBody(b"header\n", (part,)) for stem in stems}, {"session": len(stems)}
        )
        open_files = {Path(file.path) for file in psutil.Process().open_files()}
        assert not any(tmp_path in path.parents for path in open_files)
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"header\nfirst\nsecond\n"}
    assert delivery.rows == {"session": 2 * len(stems)}


def test_a_file_of_another_delivery_is_never_added_to(tmp_path: Path) -> None:
    body = {"session": FileBody(b"header\n", (b"row\n",))}
    Delivery(tmp_path).add(body, {"session": 1})
    with pytest.raises(FileExistsError):
        Delivery(tmp_path).add(body, {"session": 1})


@pytest.mark.parametrize("processes", [0, -1])
def test_impossible_numbers_of_processes_are_refused(tmp_path: Path, processes: int) -> None:
    with pytest.raises(ValueError, match="processes must be 1 or more"):
        make_city(tmp_path / "landing", forms=200, processes=processes)
