"""The documentation page of the models: whole, of one file, without this machine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fit_warehouse.errors import DataError
from fit_warehouse.home import Home
from fit_warehouse.publish import model_docs

if TYPE_CHECKING:
    from tests.conftest import BuiltCity


@pytest.fixture(scope="module")
def page(built_city: BuiltCity, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("docs") / "deep" / "models.html"
    model_docs.write(built_city.settings, built_city.home, path)
    return path.read_text(encoding="utf-8")


def inlined(page: str) -> list[dict[str, Any]]:
    """Return the manifest and the catalogue as a browser would read them."""
    found = []
    for match in re.finditer(r'\{"(?:metrics|metadata)": \{', page):
        content, _ = json.JSONDecoder().raw_decode(page, match.start())
        if content.keys() & {"nodes", "parent_map"}:
            found.append(content)
    return found


def test_the_page_holds_every_mart_with_its_columns(page: str, manifest: dict[str, Any]) -> None:
    shown, catalogue = inlined(page)
    models = {name for name in manifest["nodes"] if name.startswith("model.")}
    assert models <= shown["nodes"].keys()
    assert shown["exposures"].keys() == manifest["exposures"].keys() != set()
    for name in models:
        mart = manifest["nodes"][name]
        if mart["fqn"][1] == "marts":
            assert list(catalogue["nodes"][name]["columns"]) != []
            assert set(catalogue["nodes"][name]["columns"]) == set(mart["columns"])
            assert shown["nodes"][name]["description"] == mart["description"]


def test_the_page_names_nothing_of_this_machine(page: str, built_city: BuiltCity) -> None:
    folder = built_city.home.path.resolve().parent.as_posix()
    assert folder not in page
    assert Path(__file__).resolve().parents[2].as_posix() not in page
    assert "compiled_code" not in json.dumps(inlined(page))


def test_the_page_reports_to_nobody(page: str) -> None:
    shown, _ = inlined(page)
    assert shown["metadata"]["send_anonymous_usage_stats"] is False


def test_a_description_cannot_leave_the_script() -> None:
    assert "</script>" not in model_docs._inline({"description": "</script><b>"})
    assert json.loads(model_docs._inline({"a": "</b>"})) == {"a": "</b>"}


def test_a_home_without_a_build_is_named(built_city: BuiltCity, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Run: fit build"):
        model_docs.write(built_city.settings, Home(tmp_path), tmp_path / "models.html")
