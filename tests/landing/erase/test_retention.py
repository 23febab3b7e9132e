"""Episodes kept too long are shown by service and year, removed when asked, and stay away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fit_warehouse import retention
from fit_warehouse import settings as settings_module
from fit_warehouse.erase import erase as erasing
from fit_warehouse.errors import UsageError
from fit_warehouse.settings import Retention
from tests.landing.erase.conftest import mentions, write_families
from tests.landing.erase.test_person import kept
from tests.landing.test_pseudonyms import expected

if TYPE_CHECKING:
    from tests.landing.conftest import Site


def with_months(site: Site, default: int, **by_service: int) -> Site:
    kept_for = Retention(default, by_service)
    return replace(site, settings=replace(site.settings, retention=kept_for))


def test_nothing_goes_by_default_and_a_service_may_keep_longer(families: Site) -> None:
    assert retention.describe(families.settings, families.home) == []
    short = with_months(families, 6, other=1200)
    assert retention.describe(short.settings, short.home) == ["hehku, closed 2025: 1 episodes"]
    both = with_months(families, 6)
    assert len(retention.describe(both.settings, both.home)) == 2
    assert retention.describe(with_months(families, 6, hehku=0, other=0).settings, both.home) == []


def test_what_is_removed_goes_whole_and_stays_away(families: Site) -> None:
    site = with_months(families, 0, other=6)
    with site.home.locked():
        done = erasing.erase(
            site.settings, site.home, retention.doom(site.settings, site.home), "retention"
        )
    assert done.raw["episode"] == 1
    assert retention.describe(site.settings, site.home) == []
    write_families(site, "again", "2025-09-01T06:00:00")
    site.land()
    left = kept(site)
    assert left["episode"] == left["episode_client"] == {expected("E-1", "episode")}
    assert left["session"] == {expected(text, "session") for text in ("S-1", "S-9")}
    assert left["response"] == {expected(text, "record") for text in ("1", "2")}
    assert mentions(site.home.path, {expected("E-2", "episode"), expected("S-2", "session")}) == []
    assert '"kind": "retention"' in site.home.erasures.read_text("utf-8")


def test_an_episode_opened_again_stays(families: Site) -> None:
    families.delivered_at("2025-09-01T06:00:00", "later")
    families.csv("later/episode.csv", families.row("episode", closed_on="", ending_code=""))
    families.land()
    site = with_months(families, 6)
    assert retention.describe(site.settings, site.home) == ["other, closed 2025: 1 episodes"]


def test_months_are_read_from_the_environment_and_checked() -> None:
    given = {
        "FIT_RETENTION_BY_SERVICE": "hehku=24, other = 120",
        "FIT_RETENTION_DEFAULT_MONTHS": "6",
    }
    found = settings_module.load(environment=given).retention
    assert found == Retention(6, {"hehku": 24, "other": 120})
    for wrong in ("hehku=two", "hehku"):
        with pytest.raises(UsageError, match=r"retention\.by_service"):
            settings_module.load(environment={"FIT_RETENTION_BY_SERVICE": wrong})
    with pytest.raises(UsageError, match="0 \\(keep\\) or more"):
        settings_module.load(environment={"FIT_RETENTION_BY_SERVICE": "hehku=-1"})
