"""The pages as axe-core sees them in a browser, every table opened, on a wide and on a narrow screen.

It needs Chromium and axe-core, which are no part of the project: `npm pack axe-core`, unpack it, and
give the path of its `axe.min.js` as FIT_AXE.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.report.test_pages import COST_PAGE, PAGE

AXE = os.environ.get("FIT_AXE", "")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or ""
SECONDS = 300
RUN = """
axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(found => {
  const report = document.createElement('pre');
  report.id = 'axe';
  report.textContent = JSON.stringify({
    violations: found.violations, incomplete: found.incomplete,
    width: document.documentElement.scrollWidth, screen: window.innerWidth});
  document.body.append(report);
});
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (AXE and BROWSER), reason="FIT_AXE names no axe.min.js, or no Chromium"),
]


def checked(page: Path, width: int, folder: Path) -> dict[str, Any]:
    """Return what axe-core finds on a page."""
    script = Path(AXE).read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8").replace("<details>", "<details open>")
    copy = folder / page.name
    copy.write_text(
        text.replace("</body>", f"<script>{script}</script><script>{RUN}</script></body>"),
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},900",
            "--virtual-time-budget=60000",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=True,
    )
    found = BeautifulSoup(done.stdout, "html.parser").find(id="axe")
    assert found is not None, "axe-core did not end"
    values: dict[str, Any] = json.loads(found.get_text())
    return values


@pytest.mark.parametrize("width", [1100, 500])
@pytest.mark.parametrize("name", ["index.html", PAGE, COST_PAGE])
@pytest.mark.parametrize("folder", ["site", "hidden_site"])
def test_axe_finds_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, folder: str, name: str, width: int
) -> None:
    site: Path = request.getfixturevalue(folder)
    found = checked(site / name, width, tmp_path)
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
    # Over a drawing, and in a table that scrolls, axe-core cannot tell the background: test_contrast.py.
    assert {rule["id"] for rule in found["incomplete"]} <= {"color-contrast"}
    assert found["width"] <= found["screen"], "the page itself never scrolls sideways"
