"""dbt's unit tests, run in this process on a copy of the built city."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import BuiltCity, Dbt


def test_all_unit_tests_pass(
    built_city: BuiltCity, dbt: Dbt, manifest: dict[str, Any], tmp_path: Path
) -> None:
    database = tmp_path / "copy.duckdb"
    shutil.copyfile(built_city.database, database)
    outcome = dbt(
        tmp_path / "dbt",
        "test",
        "--select",
        "test_type:unit",
        FIT_ACCEPTED=built_city.home.accepted.as_posix(),
        FIT_BUILD_DATABASE=database.as_posix(),
    )
    assert outcome.exception is None, outcome.exception
    status = {result.node.name: str(result.status) for result in outcome.result}
    assert {name: found for name, found in status.items() if found != "pass"} == {}
    assert set(status) == {test["name"] for test in manifest["unit_tests"].values()}
    assert len(status) == len(manifest["unit_tests"]) > 0
