"""Renew the aggregates that are held fast: `python -m tests.golden.renew`, from the project's root."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import build_city, forget_installation
from tests.golden.queries import FOLDER, QUERIES

if TYPE_CHECKING:
    from tests.conftest import BuiltCity


def as_csv(city: BuiltCity, name: str) -> str:
    """Return the rows of a query as CSV, in a total order."""
    return city.frame(f"from ({QUERIES[name]}) order by all").write_csv()


def main() -> None:
    """Write every file anew, and remove those that no query names any more."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        forget_installation(patch, Path(folder))
        city = build_city(Path(folder))
        texts = {FOLDER / f"{name}.csv": as_csv(city, name) for name in QUERIES}
    FOLDER.mkdir(exist_ok=True)
    for path in set(FOLDER.glob("*.csv")) - set(texts):
        path.unlink()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(texts)} files in {FOLDER}; look at them with git diff\n")


if __name__ == "__main__":
    main()
