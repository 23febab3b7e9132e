"""The switch: readers see the old release or the new one, whole, whatever happens between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fit_warehouse.errors import UsageError
from fit_warehouse.publish import switch as switching
from fit_warehouse.settings import Publish, Switch

WAYS: list[Switch] = ["symlink", "rename"]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "published"


def staged(tmp_path: Path, word: str) -> Path:
    folder = tmp_path / f"staged-{word}"
    (folder / "open").mkdir(parents=True)
    (folder / "open" / "page.html").write_text(word, encoding="utf-8")
    (folder / switching.MANIFEST).write_text(json.dumps({"word": word}), encoding="utf-8")
    return folder


def read(published: Path) -> tuple[str, object]:
    page = (published / "current" / "open" / "page.html").read_text(encoding="utf-8")
    manifest = switching.current_manifest(published)
    assert manifest is not None
    return page, manifest["word"]


@pytest.mark.parametrize("way", WAYS)
def test_current_is_always_the_last_release_whole(
    tmp_path: Path, published: Path, way: Switch
) -> None:
    for word in ("one", "two", "three"):
        switching.switch(staged(tmp_path, word), published, word, Publish(switch=way))
        assert read(published) == (word, word)


@pytest.mark.parametrize("ways", [("symlink", "rename"), ("rename", "symlink"), ("rename", "auto")])
def test_the_way_may_change_between_releases(
    tmp_path: Path, published: Path, ways: tuple[Switch, Switch]
) -> None:
    for word, way in zip(("one", "two"), ways, strict=True):
        switching.switch(staged(tmp_path, word), published, word, Publish(switch=way))
    assert read(published) == ("two", "two")


def test_without_links_auto_switches_by_renames(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    for word in ("one", "two"):
        switching.switch(staged(tmp_path, word), published, word, Publish())
    assert read(published) == ("two", "two")
    assert not (published / "current").is_symlink()
    with pytest.raises(OSError, match="privilege"):
        switching.switch(staged(tmp_path, "x"), published, "x", Publish(switch="symlink"))
    assert read(published) == ("two", "two")


@pytest.mark.parametrize("way", WAYS)
def test_a_stop_while_copying_leaves_the_old_release(
    tmp_path: Path, published: Path, way: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching.switch(staged(tmp_path, "old"), published, "old", Publish(switch=way))

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(switching.shutil, "copytree", stop)
        with pytest.raises(KeyboardInterrupt):
            switching.switch(staged(tmp_path, "new"), published, "new", Publish(switch=way))
    assert read(published) == ("old", "old")
    switching.switch(tmp_path / "staged-new", published, "new", Publish(switch=way))
    assert read(published) == ("new", "new")


def test_a_stop_between_the_two_renames_is_mended(tmp_path: Path, published: Path) -> None:
    switching.switch(staged(tmp_path, "old"), published, "old", Publish(switch="rename"))
    (published / "current").rename(published / switching.PREVIOUS)
    assert switching.current_manifest(published) is None
    switching.mend(published)
    assert read(published) == ("old", "old")


def test_a_full_disk_or_a_missing_permission_is_a_sentence(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching.switch(staged(tmp_path, "old"), published, "old", Publish())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(published))

    monkeypatch.setattr(switching.shutil, "copytree", refuse)
    with pytest.raises(UsageError, match="no permission to write"):
        switching.switch(staged(tmp_path, "new"), published, "new", Publish())
    assert read(published) == ("old", "old")


@pytest.mark.parametrize("way", WAYS)
def test_old_releases_go_and_the_current_one_stays(
    tmp_path: Path, published: Path, way: Switch
) -> None:
    for number in range(5):
        word = f"2026010{number}"
        switching.switch(
            staged(tmp_path, word), published, word, Publish(switch=way, keep_releases=2)
        )
    kept = sorted(path.name for path in (published / "releases").iterdir())
    assert kept == ["20260103", "20260104"]
    assert read(published) == ("20260104", "20260104")


def test_two_releases_in_one_second_are_two(tmp_path: Path, published: Path) -> None:
    for word in ("one", "two"):
        switching.switch(staged(tmp_path, word), published, "same", Publish())
    assert read(published) == ("two", "two")
    assert len(list((published / "releases").iterdir())) == 2
