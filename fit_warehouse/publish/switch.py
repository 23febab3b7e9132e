"""One switch from the last release to the next: readers see the old one or the new one, whole.

`published/releases/<release>` holds the releases. `published/current` is a symbolic link to one of
them, replaced in one step. Where links are not to be had (Windows without developer mode, some
network drives), `current` is a folder of its own: the next one is written beside it, then two
renames put it in place; a stop between them is mended by the next command.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from fit_warehouse.errors import UsageError
from fit_warehouse.home import read_json
from fit_warehouse.settings import Publish

CURRENT, RELEASES = "current", "releases"
NEXT, PREVIOUS = ".next", ".previous"
MANIFEST = "manifest.json"
RESTRICTED = "restricted"
OWNER_AND_GROUP = 0o750


def current_manifest(published: Path) -> dict[str, object] | None:
    """Return the manifest of what readers see now, or None when nothing is published."""
    found: dict[str, object] | None = read_json(published / CURRENT / MANIFEST)
    return found


def switch(staged: Path, published: Path, release_id: str, settings: Publish) -> Path:
    """Move a staged release below `published` and make it the current one.

    Parameters
    ----------
    staged
        The finished folder, on the same disk as `published` or on another.
    published
        The folder that readers know.
    release_id
        Name of the release; a second one in the same second gets a number.
    settings
        How to switch, and how many releases to keep.

    Returns
    -------
    Path
        `published/current`.
    """
    try:
        releases = published / RELEASES
        releases.mkdir(parents=True, exist_ok=True)
        mend(published)
        release = _free_name(releases, release_id)
        incoming = releases / f".{release.name}"
        shutil.rmtree(incoming, ignore_errors=True)
        shutil.copytree(staged, incoming)
        _restrict(published / CURRENT / RESTRICTED, incoming / RESTRICTED)
        incoming.rename(release)
        _point(published, release, settings)
        _prune(releases, release, settings.keep_releases)
    except PermissionError as problem:
        raise UsageError(
            f"no permission to write {problem.filename or published}. The last publication is as it "
            "was. Close programs that hold its files open, or give fit the right to write there"
        ) from problem
    return published / CURRENT


def _restrict(last: Path, coming: Path) -> None:
    """Give the restricted folder the rights that it had, else those of its owner and group alone.

    The folder's own rights keep others out, whatever those of the files in it are. On Windows rights
    are inherited from the folder of publications.
    """
    if os.name == "nt" or not coming.is_dir():
        return
    if not last.is_dir():
        coming.chmod(OWNER_AND_GROUP)
        return
    rights = last.stat()
    # Only an administrator, or a member of the group, may hand a folder to it.
    with contextlib.suppress(PermissionError):
        os.chown(coming, -1, rights.st_gid)
    coming.chmod(stat.S_IMODE(rights.st_mode))


def _free_name(releases: Path, release_id: str) -> Path:
    candidate, number = releases / release_id, 1
    while candidate.exists():
        number += 1
        candidate = releases / f"{release_id}-{number}"
    return candidate


def _point(published: Path, release: Path, settings: Publish) -> None:
    """Make `current` the release."""
    current, coming = published / CURRENT, published / NEXT
    is_link = current.is_symlink() or not current.exists()
    if settings.switch == "symlink" or (settings.switch == "auto" and is_link):
        try:
            coming.unlink(missing_ok=True)
            coming.symlink_to(Path(RELEASES) / release.name, target_is_directory=True)
            if current.exists() and not current.is_symlink():
                current.rename(published / PREVIOUS)
            coming.replace(current)
            shutil.rmtree(published / PREVIOUS, ignore_errors=True)
            return
        except OSError:
            if settings.switch == "symlink":
                raise
    shutil.copytree(release, coming)
    if current.is_symlink():
        current.unlink()
    elif current.exists():
        current.rename(published / PREVIOUS)
    coming.rename(current)
    shutil.rmtree(published / PREVIOUS, ignore_errors=True)


def mend(published: Path) -> None:
    """Finish or undo a switch by renames that was stopped halfway."""
    current, coming, previous = (published / name for name in (CURRENT, NEXT, PREVIOUS))
    if previous.exists() and not current.exists():
        previous.rename(current)
    shutil.rmtree(previous, ignore_errors=True)
    if coming.is_symlink():
        coming.unlink()
    shutil.rmtree(coming, ignore_errors=True)


def _prune(releases: Path, current: Path, keep: int) -> None:
    """Remove releases beyond those that the setting keeps; never the current one."""
    for leftover in releases.glob(".*"):
        shutil.rmtree(leftover, ignore_errors=True)
    finished = sorted(path for path in releases.iterdir() if path != current)
    for old in finished[: max(0, len(finished) - (keep - 1))]:
        shutil.rmtree(old, ignore_errors=True)
