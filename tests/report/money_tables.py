"""What the made-up city publishes of money, beyond gross amounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
STAMP = "period_start date, period_end date, as_of date, is_suppressed smallint"
KIND = (
    "service_code varchar, perspective varchar, procurement varchar, price_year integer, "
    "vat_included smallint"
)
TABLES = {
    "cost_net": (
        f"{KIND}, scenario varchar, n_episodes bigint, n_persons bigint, n_without_effect bigint, "
        "gross_amount_eur decimal(18, 4), avoidable_amount_eur decimal(18, 4), "
        "avoided_amount_eur decimal(18, 4), onward_amount_eur decimal(18, 4), "
        "rereferral_amount_eur decimal(18, 4), fit_cost_eur decimal(18, 4), "
        "net_amount_eur decimal(18, 4), freed_sessions decimal(18, 4), "
        f"freed_hours decimal(18, 4), {STAMP}"
    ),
    "cost_sensitivity": (
        f"{KIND}, factor varchar, n_episodes bigint, n_persons bigint, low_value double, "
        "base_value double, high_value double, net_at_low_eur decimal(18, 4), "
        f"net_at_high_eur decimal(18, 4), threshold_value double, {STAMP}"
    ),
    "cost_excluded": (
        "service_code varchar, is_agreed smallint, left_out_of varchar, exclusion_reason varchar, "
        f"n_episodes bigint, n_persons bigint, {STAMP}"
    ),
    "cost_outcome": (
        f"{KIND}, indicator varchar, n bigint, n_persons bigint, n_teams bigint, "
        "n_without_cost bigint, n_in_change bigint, n_improved bigint, estimate double, "
        "ci_low double, ci_high double, "
        f"ci_level double, set_kind varchar, {STAMP}"
    ),
    "cost_confirmed": (
        "service_code varchar, confirmed_from date, confirmed_to date, "
        "realised_amount_eur decimal(18, 4), price_year integer, vat_included smallint, "
        "confirmed_by_role varchar, confirmed_on date, n_persons bigint, is_suppressed smallint"
    ),
    "cost_comparison": (
        "service_code varchar, unit varchar, opened_to date, n bigint, n_fit bigint, "
        "n_comparison bigint, n_persons bigint, n_teams bigint, n_fit_teams bigint, "
        "n_comparison_teams bigint, n_left_out bigint, estimate double, ci_low double, "
        "ci_high double, ci_level double, interval_reason varchar, procurement varchar, "
        "price_year integer, vat_included smallint, per varchar, unit_price_eur decimal(18, 4), "
        "estimate_eur decimal(18, 4), ci_low_eur decimal(18, 4), ci_high_eur decimal(18, 4), "
        "caveat_code varchar, as_of date, is_suppressed smallint"
    ),
    "cost_probability": (
        f"{KIND}, n_episodes bigint, n_persons bigint, net_mean_eur decimal(18, 4), "
        "net_p025_eur decimal(18, 4), net_p500_eur decimal(18, 4), net_p975_eur decimal(18, 4), "
        "probability_net_above_zero double, n_draws bigint, seed bigint, distribution varchar, "
        f"{STAMP}"
    ),
    "flow_effect": (
        "service_code varchar, procurement varchar, scenario varchar, n_episodes bigint, "
        "n_persons bigint, n_started bigint, mean_wait_days double, wait_days_without double, "
        "wait_change_days double, share_used double, n_referred bigint, arrival_pattern varchar, "
        "n_places bigint, n_replications bigint, simulated_wait_days double, "
        "simulated_wait_days_without double, simulated_change_days double, ci_low double, "
        "ci_high double, ci_level double, share_over_30_days double, "
        "share_over_30_days_without double, share_over_90_days double, "
        "share_over_90_days_without double, simulation_reason varchar, caveat_code varchar, "
        f"{STAMP}"
    ),
    "dim_cost_assumption": (
        "factor varchar, service_code varchar, low decimal(18, 4), base decimal(18, 4), "
        "high decimal(18, 4), unit varchar, valid_from date, valid_to date, "
        "is_assumption smallint, source varchar"
    ),
}
NUMBERS = {"n_without_effect", "avoidable_amount_eur", "avoided_amount_eur", "onward_amount_eur"}
NUMBERS |= {"rereferral_amount_eur", "fit_cost_eur", "net_amount_eur", "freed_sessions"}
NUMBERS |= {"freed_hours", "low_value", "base_value", "high_value", "net_at_low_eur"}
NUMBERS |= {"net_at_high_eur", "threshold_value", "n_teams", "n_in_change", "n_improved"}
NUMBERS |= {"set_kind", "n_without_cost", "realised_amount_eur"}
NUMBERS |= {"net_mean_eur", "net_p025_eur", "net_p500_eur", "net_p975_eur", "n_draws"}
NUMBERS |= {"probability_net_above_zero"}
NUMBERS |= {"n_fit", "n_comparison", "n_fit_teams", "n_comparison_teams", "n_left_out"}
NUMBERS |= {"interval_reason", "unit_price_eur", "estimate_eur", "ci_low_eur", "ci_high_eur"}
NUMBERS |= {"n_started", "mean_wait_days", "wait_days_without", "wait_change_days", "n_referred"}
NUMBERS |= {"arrival_pattern", "n_places", "n_replications", "simulated_wait_days"}
NUMBERS |= {"simulated_wait_days_without", "simulated_change_days", "simulation_reason"}
NUMBERS |= {f"share_over_{n}_days{end}" for n in (30, 90) for end in ("", "_without")}


def _of(service: str, procurement: str) -> Row:
    return {
        "service_code": service,
        "perspective": "payer",
        "procurement": procurement,
        "price_year": 2025,
        "vat_included": 0,
    }


def _net(
    service: str,
    procurement: str,
    n: int,
    gross: str,
    shares: dict[str, tuple[str, str, str]],
    fit_cost: str,
    freed: int | None = None,
) -> list[Row]:
    """Return the three scenarios of a service; shares are attribution, avoidable and onward price."""
    rows = []
    for scenario, (attribution, avoidable, onward) in shares.items():
        amount = Decimal(gross)
        avoided = amount * Decimal(avoidable) * Decimal(attribution)
        taken = Decimal(onward) * Decimal(attribution)
        rows.append(
            {
                **_of(service, procurement),
                "scenario": scenario,
                "n_episodes": n,
                "n_persons": n,
                "n_without_effect": 0,
                "gross_amount_eur": amount,
                "avoidable_amount_eur": amount * Decimal(avoidable),
                "avoided_amount_eur": avoided,
                "onward_amount_eur": taken,
                "rereferral_amount_eur": Decimal(0),
                "fit_cost_eur": Decimal(fit_cost),
                "net_amount_eur": avoided - taken - Decimal(fit_cost),
                "freed_sessions": None if freed is None else freed * Decimal(attribution),
                "freed_hours": None if freed is None else freed * Decimal(attribution) * 2,
            }
        )
    return rows


GAIN = {"low": ("0.5", "0.8", "0"), "base": ("0.75", "1", "0"), "high": ("1", "1", "0")}
UNSURE = {
    "low": ("0.5", "0.8", "9000"),
    "base": ("0.75", "0.9", "6000"),
    "high": ("1", "1", "3000"),
}
TIME = {"low": ("0.5", "0", "5000"), "base": ("0.75", "0", "3000"), "high": ("1", "0.2", "1000")}


def cost_net() -> list[Row]:
    rows = [
        *_net("HEHKU", "purchased", 12, "36822.40", GAIN, "7381.50"),
        *_net("NEPSY", "purchased", 21, "32430", UNSURE, "9055.25"),
        *_net("TUKIHLO", "purchased", 6, "9152", GAIN, "512"),
        *_net("PERHETYO", "own", 47, "44051.50", TIME, "14604.58", freed=203),
        *_net("NEUVONTA", "own", 33, "19602", TIME, "9691.31", freed=121),
    ]
    for row in rows:
        if row["service_code"] == "NEPSY":
            row["n_without_effect"] = 7
    return rows


def cost_sensitivity() -> list[Row]:
    rows = []
    ends = {
        "HEHKU": {
            "attribution_share": (0.5, 0.75, 1.0, "11029.70", "29440.90", 0.2005),
            "avoidable_share": (0.8, 1.0, 1.0, "14711.94", "20235.30", 0.2673),
            "front_weight": (None, None, None, "22100", "18300.50", None),
            "onward_share": (0.5, 0.75, 1.0, "20235.30", "20235.30", None),
            "onward_cost_eur": (None, 0.0, None, None, None, 2248.37),
            "fit_cost_eur": (None, 7381.5, None, None, None, 27616.8),
        },
        "NEPSY": {
            "attribution_share": (0.5, 0.75, 1.0, "2538.25", "14131.75", None),
            "onward_share": (0.5, 0.75, 1.0, "9834.90", "-310.50", None),
            "onward_cost_eur": (None, 285.71, None, None, None, 814.93),
        },
        "TUKIHLO": {"attribution_share": (0.5, 0.75, 1.0, "3000", "8000", 0.06)},
    }
    for service, factors in ends.items():
        for factor, (low, base, high, at_low, at_high, turn) in factors.items():
            rows.append(
                {
                    **_of(service, "purchased"),
                    "factor": factor,
                    "n_episodes": 12,
                    "n_persons": 12,
                    "low_value": low,
                    "base_value": base,
                    "high_value": high,
                    "net_at_low_eur": None if at_low is None else Decimal(at_low),
                    "net_at_high_eur": None if at_high is None else Decimal(at_high),
                    "threshold_value": turn,
                }
            )
    return rows


def cost_excluded() -> list[Row]:
    counts = {
        ("gross", "no_price"): 9,
        ("effect", "no_price"): 9,
        ("net", "no_price"): 9,
        ("effect", "onward_unknown"): 14,
        ("net", "onward_unknown"): 14,
    }
    return [
        {
            "service_code": "_total",
            "is_agreed": 1,
            "left_out_of": step,
            "exclusion_reason": reason,
            "n_episodes": n,
            "n_persons": n,
        }
        for (step, reason), n in counts.items()
    ]


def cost_outcome() -> list[Row]:
    found = {
        "HEHKU": (61, 24, (4211.5, 3602.25, 5120.0), (10704.25, 7290.5, 19877.0)),
        "NEPSY": (88, 31, (1544.0, 1310.75, 1890.5), (4383.0, None, None)),
        "TUKIHLO": (23, 8, (901.0, 700.0, 1200.0), (2590.0, 1800.0, 4100.0)),
    }
    rows = []
    for service, (n, improved, *ratios) in found.items():
        for indicator, (estimate, low, high) in zip(
            ("cost_per_episode", "cost_per_improved"), ratios, strict=True
        ):
            rows.append(
                {
                    **_of(service, "purchased"),
                    "indicator": indicator,
                    "n": n,
                    "n_persons": n,
                    "n_teams": 4,
                    "n_without_cost": 9 if service == "NEPSY" else 0,
                    "n_in_change": n - 7,
                    "n_improved": improved,
                    "estimate": estimate,
                    "ci_low": low,
                    "ci_high": high,
                    "ci_level": 0.95,
                    "set_kind": "interval" if low else "complement",
                }
            )
    return rows


def cost_confirmed() -> list[Row]:
    return [
        {
            "service_code": service,
            "confirmed_from": date(2025, 1, 1),
            "confirmed_to": date(2025, 6, 30),
            "realised_amount_eur": Decimal(amount),
            "price_year": 2025,
            "vat_included": 0,
            "confirmed_by_role": "controller",
            "confirmed_on": date(2025, 8, 15),
            "n_persons": 12,
        }
        for service, amount in (("HEHKU", "5120.5000"), ("TUKIHLO", "777.0000"))
    ]


def cost_comparison() -> list[Row]:
    """Return lines with an interval and without, one of each service, and the total of all."""
    found = {
        # unit, procurement, price, (n, with FIT, teams, teams with FIT), estimate and interval, reason
        "HEHKU": ("month", "purchased", "1444", (212, 120, 12, 9), (-0.42, -0.71, -0.13), None),
        "NEPSY": ("session", "purchased", "345", (96, 55, 7, 6), (-0.85, None, None), "few_teams"),
        "TUKIHLO": ("day", "purchased", "104", (61, 30, 12, 6), (0.5, -1.5, 2.5), None),
        "PERHETYO": ("session", "own", "217", (540, 300, 21, 18), (0.31, -0.22, 0.84), None),
        "NEUVONTA": ("session", "own", "162", (80, 50, 5, 4), (None, None, None), "no_contrast"),
    }
    rows = [
        {
            "service_code": service,
            "unit": unit,
            "procurement": procurement,
            "price_year": 2025,
            "vat_included": 0,
            "per": "episode",
            "unit_price_eur": Decimal(price),
            **{
                f"{name}_eur": None if value is None else Decimal(str(value)) * Decimal(price)
                for name, value in zip(("estimate", "ci_low", "ci_high"), values, strict=True)
            },
            **_compared(counts, values),
            "interval_reason": reason,
        }
        for service, (unit, procurement, price, counts, values, reason) in found.items()
    ]
    total = {"service_code": "_total", "unit": "plan", "n_left_out": 131}
    return [*rows, total | _compared((909, 505, 43, 36), (-0.031, -0.058, -0.004))]


def _compared(counts: tuple[int, int, int, int], values: tuple[float | None, ...]) -> Row:
    n, with_fit, teams, with_fit_teams = counts
    return {
        "opened_to": date(2024, 8, 26),
        "n": n,
        "n_persons": n,
        "n_fit": with_fit,
        "n_comparison": n - with_fit,
        "n_teams": teams,
        "n_fit_teams": with_fit_teams,
        "n_comparison_teams": teams - 1,
        **dict(zip(("estimate", "ci_low", "ci_high"), values, strict=True)),
        "ci_level": 0.95,
        "caveat_code": "adoption_not_by_lot",
    }


def cost_probability() -> list[Row]:
    found = {
        ("HEHKU", "purchased"): (12, 0.9996, "19820.50", "11840.25", "19644.75", "28311.50"),
        ("NEPSY", "purchased"): (21, 0.643, "2105.25", "-8190.50", "2240.75", "11935.00"),
        ("TUKIHLO", "purchased"): (6, 0.88, "900", "-100", "850", "2100"),
        ("PERHETYO", "own"): (47, 0.0, "-15100", "-21040", "-15000", "-9200"),
    }
    return [
        {
            **_of(*key),
            "n_episodes": n,
            "n_persons": n,
            "probability_net_above_zero": share,
            "net_mean_eur": Decimal(mean),
            "net_p025_eur": Decimal(low),
            "net_p500_eur": Decimal(median),
            "net_p975_eur": Decimal(high),
            "n_draws": 10_000,
            "seed": 20_250_812,
            "distribution": "pert",
        }
        for key, (n, share, mean, low, median, high) in found.items()
    ]


def flow_effect() -> list[Row]:
    """Return the three scenarios of services that are simulated, by Little's law alone, and hidden."""
    share = {"low": 0.5, "base": 0.75, "high": 1.0}
    services = {
        "PERHETYO": ("own", 47, -12.4, -6.4, None, "in_waves"),
        "NEUVONTA": ("own", 33, -3.2, None, "no_places_fit", "at_random"),
        "HEHKU": ("purchased", 12, None, -9.2, None, "at_random"),
        "TUKIHLO": ("purchased", 6, None, -7.0, None, "at_random"),
    }
    rows = []
    for service, (procurement, n, by_law, simulated, reason, pattern) in services.items():
        for scenario, part in share.items():
            change = None if simulated is None else simulated * part
            law = None if by_law is None else by_law * part
            rows.append(
                {
                    "service_code": service,
                    "procurement": procurement,
                    "scenario": scenario,
                    "n_episodes": n,
                    "n_persons": n,
                    "n_started": 4 * n,
                    "mean_wait_days": 33.5,
                    "wait_days_without": None if law is None else 33.5 - law,
                    "wait_change_days": law,
                    "share_used": 1.0,
                    "n_referred": 4 * n + 3,
                    "arrival_pattern": pattern,
                    "simulated_change_days": change,
                    "ci_low": None if change is None else change - 0.6,
                    "ci_high": None if change is None else change + 0.6,
                    "ci_level": 0.95,
                    "share_over_30_days": None if change is None else 0.41,
                    "share_over_30_days_without": None if change is None else 0.47,
                    "share_over_90_days": None if change is None else 0.07,
                    "share_over_90_days_without": None if change is None else 0.12,
                    "simulation_reason": reason,
                    "caveat_code": "model_not_forecast",
                }
            )
    return rows


def assumptions() -> list[Row]:
    def row(factor: str, service: str | None, values: str, unit: str, **more: Any) -> Row:
        low, base, high = map(Decimal, values.split())
        usual = {"is_assumption": 1, "source": "oletus"}
        return {
            "factor": factor,
            "service_code": service,
            "low": low,
            "base": base,
            "high": high,
            "unit": unit,
            **usual,
            **more,
        }

    return [
        row("attribution_share", None, "0.5 0.75 1", "share"),
        row(
            "avoidable_share",
            "HEHKU",
            "0.8 1 1",
            "share",
            is_assumption=0,
            valid_from=date(2025, 1, 1),
            source="Sopimus, https://example.invalid/hehku",
        ),
        row("onward_units", "NEPSY", "4 6 8", "units"),
        row("front_weight", "HEHKU", "1 1.25 1.5", "times"),
    ]


def contents() -> dict[str, list[Row]]:
    """Return the rows of every table, none of them hidden."""
    return {
        "cost_net": cost_net(),
        "cost_sensitivity": cost_sensitivity(),
        "cost_excluded": cost_excluded(),
        "cost_outcome": cost_outcome(),
        "cost_confirmed": cost_confirmed(),
        "cost_comparison": cost_comparison(),
        "cost_probability": cost_probability(),
        "flow_effect": flow_effect(),
        "dim_cost_assumption": assumptions(),
    }
