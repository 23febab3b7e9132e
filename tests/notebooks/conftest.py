"""A small published city, and notebooks run beside it as an analyst would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

CELL_TIMEOUT_SECONDS = 120

Execute = Callable[[Path, Path, str], Any]


def _environment(folder: Path, published: Path) -> dict[str, str]:
    """Return an environment in which nothing of the person who runs the tests is read or written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIT_")}
    return kept | {
        "FIT_HOME": str(folder / "home"),
        "FIT_PUBLISHED": str(published),
        "FIT_PATHS_KEY_FILE": str(folder / "pseudonym.key"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _fit(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fit_warehouse", *arguments],
        cwd=folder,
        env=_environment(folder, folder / "published"),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a publication of about a thousand made-up forms."""
    folder = tmp_path_factory.mktemp("small_city")
    _fit(folder, "demo", str(folder / "landing"), "--forms", "1000", "--seed", "1")
    _fit(folder, "run", "--landing", str(folder / "landing"))
    return folder / "published"


@pytest.fixture(scope="session")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Execute:
    """Run a notebook in its own folder, with one more cell at its end, and return it."""

    def run(path: Path, publication: Path, last_cell: str) -> Any:
        folder = tmp_path_factory.mktemp("kernel")
        notebook = jupytext.read(path, fmt="py:percent")
        notebook.cells.append(new_code_cell(last_cell))
        manager = AsyncKernelManager(
            kernel_name="python3",
            # The interpreter that runs the tests, whatever kernels its user has installed.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(folder / "kernel.json"),
            transport_encryption="auto",
        )
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_TIMEOUT_SECONDS,
            resources={"metadata": {"path": str(path.parent)}},
        )
        client.execute(env=_environment(folder, publication), cleanup_kc=True)
        return notebook

    return run
