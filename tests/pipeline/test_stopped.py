"""A command that is stopped says so in a line, wherever the stop found it."""

from __future__ import annotations

import signal
from typing import Any

import duckdb
import pytest
from duckdb.sqltypes import VARCHAR

from fit_warehouse import cli


def within_the_engine() -> None:
    def stop(texts: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return texts

    with duckdb.connect() as connection:
        connection.create_function("stop", stop, [VARCHAR], VARCHAR, type="arrow")  # type: ignore[arg-type]
        connection.execute("select stop('C-1')").fetchall()


def outside() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("stopped", [within_the_engine, outside])
def test_a_stop_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stopped: Any
) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(cli, "app", lambda **_: stopped())
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 130
    assert capsys.readouterr().err == "fit: stopped; the last publication is as it was\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_that_nobody_asked_for_is_a_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: str) -> None:
        raise duckdb.InvalidInputException("no")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 3
    assert "this is a defect of the program" in capsys.readouterr().err
