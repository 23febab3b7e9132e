"""Records of net effects, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from fit_metrics._money import as_decimal, exact
from fit_metrics._money_basis import CostRange, PriceBasis

# Wide enough to add any two amounts without rounding.
_SUM = Context(prec=400)
STEPS = ("gross_eur", "not_avoidable_eur", "onward_cost_eur", "not_attributed_eur", "fit_cost_eur")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The steps from gross to net, in euros; the first five add up to the sixth exactly.

    Attributes
    ----------
    gross_eur : Decimal
        Price of the unused units.
    not_avoidable_eur : Decimal
        What is paid all the same; 0 or less.
    onward_cost_eur : Decimal
        What the service that came instead costs; 0 or less.
    not_attributed_eur : Decimal
        The part that would have come without feedback as well; above 0 where the rest is a loss.
    fit_cost_eur : Decimal
        Cost of feedback work itself; 0 or less.
    net_eur : Decimal
        Sum of these.
    """

    gross_eur: Decimal
    not_avoidable_eur: Decimal
    onward_cost_eur: Decimal
    not_attributed_eur: Decimal
    fit_cost_eur: Decimal
    net_eur: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NetEffect:
    """Calculated net effect of early endings, with its range.

    Attributes
    ----------
    low, base, high : Waterfall
        The least net amount that the ranges of the factors allow, that of their base values, and
        the largest one.
    n : int
        Episodes it rests on.
    kind : str
        "calculated_saving" (laskennallinen säästö) for purchased services, "freed_capacity"
        (vapautunut kapasiteetti) at the price of own staff's time; the two are never added.
    basis : PriceBasis
        Price year, perspective and VAT.
    onward : str
        Whether the onward cost was attributed like the gross amount, or taken off whole.
    """

    low: Waterfall
    base: Waterfall
    high: Waterfall
    n: int
    kind: str
    basis: PriceBasis
    onward: str


def added(steps: dict[str, Decimal]) -> Waterfall:
    with localcontext(_SUM):
        return Waterfall(**steps, net_eur=sum(steps.values(), Decimal(0)))


def range_ends(name: str, factor: object, *, is_share: bool = False) -> tuple[Fraction, ...]:
    if not isinstance(factor, CostRange):
        raise ValueError(
            f"{name} is {factor!r}: it must be a CostRange with its source; a factor that is not "
            "known is never taken as 1 or 0"
        )
    most = 1 if is_share else None
    return tuple(
        exact(f"{name}.{field.name}", getattr(factor, field.name), at_most=most)
        for field in fields(factor)[:3]
    )


def total_effect(effects: Sequence[NetEffect], *, fit_cost_eur: CostRange) -> NetEffect:
    """Give the sum of the net effects of episodes, less feedback's cost in all FIT episodes.

    Parameters
    ----------
    effects : sequence of NetEffect
        One for each early ending, or sums of them; of one kind, basis and rule for onward costs.
    fit_cost_eur : CostRange
        Cost of feedback work in all episodes that used it, also those that did not end early,
        less what `effects` have taken off already.

    Returns
    -------
    NetEffect
        Its `low` adds the least value of every episode: a bound, lower than chance would make it
        where the factors of the episodes vary apart.

    Raises
    ------
    ValueError
        No effect; purchased and own services, two price years, perspectives or VAT, or two rules
        for onward costs; no cost of feedback.

    Examples
    --------
    >>> from fit_metrics.cost_effect import certain, net_effect
    >>> basis = PriceBasis(price_year=2025, perspective="payer", vat_included=False)
    >>> one = net_effect(
    ...     gross_eur=2760,
    ...     attribution=certain(1, source="example"),
    ...     avoidable_share=certain(1, source="example"),
    ...     onward_cost_eur=certain(0, source="example"),
    ...     fit_cost_eur=certain(0, source="taken off once, below"),
    ...     ending_code="not_benefiting_early",
    ...     procurement="purchased",
    ...     basis=basis,
    ... )
    >>> whole = total_effect([one, one], fit_cost_eur=certain(1500, source="example"))
    >>> whole.n, whole.base.net_eur
    (2, Decimal('4020'))
    """
    cost = range_ends("fit_cost_eur", fit_cost_eur)
    if not effects:
        raise ValueError("effects is empty: there is nothing to add")
    for effect in effects:
        if not isinstance(effect, NetEffect):
            raise ValueError(
                f"effects holds a {type(effect).__name__}: only net effects are added; the unused "
                "value of unilateral endings and freed time stand apart"
            )
    first = effects[0]
    for name, words in (
        ("kind", "purchased services may free money, own staff frees capacity"),
        ("basis", "bring the amounts to one price year, perspective and VAT first"),
        ("onward", "one rule for onward costs holds for all"),
    ):
        kinds = {getattr(effect, name) for effect in effects}
        if len(kinds) > 1:
            raise ValueError(f"effects have {len(kinds)} values of {name}: {words}")
    return NetEffect(
        low=_sum([effect.low for effect in effects], cost[2]),
        base=_sum([effect.base for effect in effects], cost[1]),
        high=_sum([effect.high for effect in effects], cost[0]),
        n=sum(effect.n for effect in effects),
        kind=first.kind,
        basis=first.basis,
        onward=first.onward,
    )


def _sum(parts: list[Waterfall], fit_cost: Fraction) -> Waterfall:
    with localcontext(_SUM):
        steps = {name: sum((getattr(p, name) for p in parts), Decimal(0)) for name in STEPS}
        steps["fit_cost_eur"] -= as_decimal(fit_cost)
        return added(steps)
