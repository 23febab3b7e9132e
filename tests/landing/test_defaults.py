"""What an empty value means where the contract says that it means something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.landing.conftest import Site


def test_a_price_is_for_the_episode_unless_it_says_otherwise(site: Site) -> None:
    rows = (
        site.row("unit_price", service_code="a", per=""),
        site.row("unit_price", service_code="b", per="client"),
    )
    site.csv("unit_price.csv", *rows)
    site.land()
    assert [(row["service_code"], row["per"]) for row in site.accepted("unit_price")] == [
        ("a", "episode"),
        ("b", "client"),
    ]


def test_saying_the_default_is_not_another_version(site: Site) -> None:
    site.delivered_at("2025-08-01T06:00:00")
    for name, word in (("unit_price_1.csv", ""), ("unit_price_2.csv", "episode")):
        site.csv(name, site.row("unit_price", per=word))
    site.land()
    assert len(site.accepted("unit_price")) == 1
    assert sum(account.duplicates for account in site.accounts()) == 1
