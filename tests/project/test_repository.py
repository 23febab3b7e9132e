"""The repository itself: its lock file, its bootstrap, what it ships, and what it must not hold."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from fit_warehouse import bootstrap, project

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".sql", ".csv", ".cfg", ".cff", ".lock", ".j2"}
TEXT |= {".css", ".json", ".R", ""}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode("utf-8")
    return [ROOT / name for name in listed.split("\0") if name]


def test_every_locked_package_has_hashes_and_no_address() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in LOCK


def test_every_declared_dependency_is_locked() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        content = tomllib.load(file)["project"]
    extras = content["optional-dependencies"].values()
    declared = [*content["dependencies"], *(name for extra in extras for name in extra)]
    for requirement in declared:
        name = re.split(r"[<>=!\[ ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}(\[.*\])?==", LOCK, flags=re.MULTILINE), name


def test_the_installer_is_pinned_with_its_hashes() -> None:
    first, *hashes = bootstrap.locked_uv().splitlines()
    assert re.fullmatch(r"uv==[0-9.]+ \\", first)
    assert hashes
    assert all(re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes)
    assert not hashes[-1].endswith("\\")


def test_the_bootstrap_needs_nothing_but_python() -> None:
    # -S and -I: no site-packages, no environment; as on a machine where nothing is installed.
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "fit_warehouse" / "bootstrap.py"), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


@pytest.mark.parametrize("job", [[], ["nonsense"]])
def test_an_unknown_job_is_exit_code_two(job: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        bootstrap.main(job)
    assert stop.value.code == 2


def test_an_old_python_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(bootstrap.BootstrapError, match=r"Python 99\.0 or newer"):
        bootstrap.main(["run"])


def test_a_python_without_environments_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path / "venv")
    refused = subprocess.CompletedProcess([], 1, stdout="", stderr="No module named ensurepip")
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: refused)
    with pytest.raises(bootstrap.BootstrapError, match="python3-venv"):
        bootstrap.make_environment()
    assert not (tmp_path / "venv").exists()


def test_the_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", readme):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    for job in re.findall(r"fit_warehouse\.bootstrap (\w+)", readme):
        assert f"  {job} " in bootstrap.USAGE
    for link in re.findall(r"\]\(([^)#]+)", readme):
        assert (ROOT / link).exists(), link


def test_ci_runs_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.rstrip().endswith("make test")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_an_installed_package_carries_the_whole_project(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    inside = tmp_path / "fit_warehouse" / "_project"
    for folder in ("models", "seeds", "macros", "tests/dbt", "notebooks"):
        here = {path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*.*ml")}
        there = {path.relative_to(inside / folder) for path in (inside / folder).rglob("*.*ml")}
        assert here == there, folder
    where = "import fit_warehouse.project as p; print(p.root()); print(len(p.seed('reason')))"
    done = subprocess.run(
        [sys.executable, "-c", where],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    root, n_reasons = done.stdout.split()
    assert Path(root) == inside
    assert int(n_reasons) == len(project.seed("reason"))


def test_no_notebook_output_no_data_and_no_large_file_is_tracked() -> None:
    for path in tracked():
        assert path.suffix not in {".ipynb", ".duckdb", ".parquet", ".xlsx", ".key"}, path
        assert path.stat().st_size < 1_000_000, path


def test_no_file_names_a_path_of_one_machine() -> None:
    # Put together here, so that this file does not hold what it looks for.
    home = re.compile("/(?:" + "|".join(["root", "home/[a-z]+", "Users/[A-Za-z]+"]) + ")/")
    for path in tracked():
        if path.suffix in TEXT:
            assert not home.search(path.read_text(encoding="utf-8")), path
