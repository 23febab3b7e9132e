"""Make the project's own environment and run one of its jobs in it; needs only Python itself.

`make run` and `make test` call this, and where there is no make (Windows) a person does:
`python -m fit_warehouse.bootstrap run`. The environment is `.venv` beside this package, with
exactly the versions of `requirements.lock`; it is made again when the lock file changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = ENVIRONMENT / "installed-from.sha256"
OLDEST_PYTHON = (3, 11)

# In JupyterLab a double click opens a text notebook as a notebook; in this environment alone.
LAB_OVERRIDES = ENVIRONMENT / "etc" / "jupyter" / "labconfig" / "default_setting_overrides.json"
LAB_SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"python": "Jupytext Notebook"}}
}

USAGE = """\
usage: python -m fit_warehouse.bootstrap JOB [ARGUMENT ...]

jobs:
  install   make or refresh the environment in .venv, nothing more
  run       install, then the main job: fit run
  fit       install, then any other command of fit: ... bootstrap fit status
  test      install, then all checks and tests
  lock      write requirements.lock anew from pyproject.toml
"""

# One list for people and for CI; each line is a check that fails on its own.
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    # A process a core, each with whole files, so that what a file builds is built once.
    ("pytest", "--numprocesses", "auto", "--dist", "loadfile"),
)


class BootstrapError(Exception):
    """What went wrong before the project itself could say so."""


def environment_python() -> Path:
    """Return the interpreter of the environment, which differs between Windows and the rest."""
    if os.name == "nt":
        return ENVIRONMENT / "Scripts" / "python.exe"
    return ENVIRONMENT / "bin" / "python"


def fingerprint() -> str:
    """Return a hash of what the environment is made from."""
    parts = (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def locked_uv() -> str:
    """Return the lock file's own entry for uv, hashes included: the installer is pinned as well."""
    entry = re.search(
        r"^uv==.*(?:\n {4}--hash=.*)*", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    if entry is None:
        raise BootstrapError(
            "requirements.lock has no entry for uv; make it anew with the job lock"
        )
    return entry.group(0)


def call(*command: str) -> None:
    """Run a command in the project folder and stop with its exit code when it fails."""
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def make_environment() -> None:
    """Create an empty environment that has pip."""
    if ENVIRONMENT.exists():
        shutil.rmtree(ENVIRONMENT)
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        raise BootstrapError(
            "this Python cannot make virtual environments (Debian keeps that part apart).\n"
            "Install it, for instance with: sudo apt-get install python3-venv\n"
            f"What Python said: {(done.stderr or done.stdout).strip()}"
        )


def is_usable(python: Path) -> bool:
    """Return whether there is an environment that was not left half made."""
    if not python.exists():
        return False
    asked = subprocess.run(
        [str(python), "-m", "pip", "--version"], capture_output=True, check=False
    )
    return asked.returncode == 0


def install() -> Path:
    """Bring the environment in line with the lock file and return its interpreter."""
    python = environment_python()
    if python.exists() and STAMP.exists() and STAMP.read_text() == fingerprint():
        return python
    print("Installing what the project needs into .venv (once; about a minute) ...", flush=True)
    # An environment that works is brought in line where it is: it may be the one running this.
    if not is_usable(python):
        make_environment()
    only_uv = ENVIRONMENT / "uv.txt"
    only_uv.write_text(locked_uv(), encoding="utf-8")
    call(
        str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "--no-deps", "-r", str(only_uv),
    )  # fmt: skip
    uv = (str(python), "-m", "uv", "pip")
    here = ("--quiet", "--python", str(python))
    call(*uv, "sync", *here, "--require-hashes", str(LOCK))
    call(*uv, "install", *here, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    LAB_OVERRIDES.parent.mkdir(parents=True, exist_ok=True)
    LAB_OVERRIDES.write_text(json.dumps(LAB_SETTINGS, indent=2) + "\n", encoding="utf-8")
    STAMP.write_text(fingerprint())
    return python


def run_checks(python: Path, arguments: list[str]) -> None:
    """Run every check, the tests last and with the arguments given."""
    for module, *options in CHECKS:
        extra = arguments if module == "pytest" else []
        print(f"--- {module} {' '.join([*options, *extra])}".rstrip(), flush=True)
        call(str(python), "-m", module, *options, *extra)


def write_lock(python: Path) -> None:
    """Resolve pyproject.toml into requirements.lock: all extras, hashes, no addresses."""
    call(
        str(python), "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras", "--universal",
        "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes",
        "--no-header", "--no-annotate", "--upgrade", "--quiet", "--output-file", str(LOCK),
    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """Do the job that the first argument names."""
    job, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        raise BootstrapError(
            f"Python {needed} or newer is needed, this is {sys.version.split()[0]}"
        )
    match job:
        case "install":
            print(f"Ready: {install()}")
        case "run":
            call(str(install()), "-m", "fit_warehouse", "run", *rest)
        case "fit":
            call(str(install()), "-m", "fit_warehouse", *rest)
        case "test":
            run_checks(install(), rest)
        case "lock":
            write_lock(install())
        case _:
            print(USAGE, end="")
            raise SystemExit(0 if job in {"-h", "--help"} else 2)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BootstrapError as problem:
        print(f"fit: {problem}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
