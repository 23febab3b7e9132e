"""Run a text notebook in a kernel of its own and take its sections out."""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fit_warehouse.report.elements import SECTION_MIME, Block
from fit_warehouse.report.errors import ReportError

CELL_TIMEOUT_SECONDS = 300
_HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
_TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a notebook something happened."""

    notebook: str
    heading: str

    def __str__(self) -> str:
        return f"notebook {self.notebook}, under {self.heading!r}"


def _parameter_names(source: str) -> set[str]:
    return {
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _inject(notebook: Any, parameters: Mapping[str, str], name: str) -> None:
    """Set the parameters after the cell that declares them.

    Raises
    ------
    ReportError
        When the notebook has no such cell, or does not declare one of the parameters.
    """
    from nbformat.v4 import new_code_cell

    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
            unknown = sorted(parameters.keys() - _parameter_names(cell.source))
            if unknown:
                raise ReportError(f"notebook {name} has no parameter {', '.join(unknown)}")
            lines = (f"{key} = {value!r}" for key, value in parameters.items())
            notebook.cells.insert(place + 1, new_code_cell("\n".join(lines)))
            return
    raise ReportError(f"notebook {name} has no cell tagged 'parameters'")


def _place(notebook: Any, index: int, name: str) -> _Place:
    """Return the last heading at or before a cell."""
    for cell in reversed(notebook.cells[: index + 1]):
        found = _HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
        if found:
            return _Place(name, found[-1])
    return _Place(name, "")


def _execute(notebook: Any, name: str) -> None:
    """Run every cell with the interpreter that runs this, whatever kernels the user has installed."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory(prefix="fit-report-", ignore_cleanup_errors=True) as scratch:
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(scratch) / "kernel.json"),
            transport_encryption="auto",
        )
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_TIMEOUT_SECONDS,
            resources={"metadata": {"path": scratch}},
        )
        environment = {
            **os.environ,
            "IPYTHONDIR": scratch,
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        try:
            client.execute(env=environment, cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise _failure(notebook, name, error) from error


def _failure(notebook: Any, name: str, error: Exception) -> ReportError:
    """Name the first cell that failed, by its heading, and what it said."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                said = _TERMINAL_COLOUR.sub("", f"{output.ename}: {output.evalue}")
                return ReportError(f"{_place(notebook, index, name)}: {said}")
    return ReportError(f"notebook {name}: {type(error).__name__}: {error}")


def _sections(notebook: Any) -> list[Block]:
    blocks = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if SECTION_MIME in data:
                blocks.append(Block(html=data["text/html"], **data[SECTION_MIME]))
    return blocks


def run_notebook(path: Path, parameters: Mapping[str, str]) -> list[Block]:
    """Run a notebook and return the sections it shows, in their order.

    Parameters
    ----------
    path
        A notebook in jupytext's percent format.
    parameters
        Values for the cell tagged `parameters`.

    Returns
    -------
    list of Block
        Markdown cells are not among them: they speak to whoever opens the notebook, in one
        language, while the sections speak to the reader of the page, in the page's.

    Raises
    ------
    ReportError
        When a parameter is unknown, a cell fails, or no section is shown.
    """
    import jupytext

    if not path.is_file():
        raise ReportError(f"no notebook at {path}")
    notebook = jupytext.read(path, fmt="py:percent")
    _inject(notebook, parameters, path.name)
    _execute(notebook, path.name)
    blocks = _sections(notebook)
    if not blocks:
        raise ReportError(f"notebook {path.name} shows no section")
    return blocks
