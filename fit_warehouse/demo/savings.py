"""Used units and their price: what each episode truly used, and what it would have used without FIT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fit_warehouse.demo.endings import End
from fit_warehouse.demo.episodes import Episodes, in_months
from fit_warehouse.demo.hazards import AGED_OUT, UNILATERAL
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import People
from fit_warehouse.demo.randomness import Flags, Floats, Ints
from fit_warehouse.demo.slots import LATE_CANCELLED, NO_SHOW, Slots
from fit_warehouse.demo.working_time import day_number

Days = np.ndarray[Any, np.dtype[np.datetime64]]


@dataclass(frozen=True, slots=True)
class Prices:
    """What a unit of each episode costs; every array is (n_episodes,).

    Attributes
    ----------
    rate : array
        Euros for a session or a month.
    n_paid : array
        How often it is paid: once, or once for each index client.
    bills_no_shows : array
        A no-show or a late cancellation counts as used.
    """

    rate: Floats
    n_paid: Ints
    bills_no_shows: Flags


def prices(parameters: Parameters, episodes: Episodes, people: People) -> Prices:
    """Return the prices that hold on the day on which each episode opens."""
    rate: Floats = np.full(episodes.size, np.nan)
    n_paid = np.ones(episodes.size, dtype=np.int64)
    bills = np.zeros(episodes.size, dtype=np.bool_)
    n_index = np.sum(people.present & (people.role == 0), axis=1)
    position = {service.code: number for number, service in enumerate(parameters.services)}
    for price in parameters.prices:
        valid = episodes.service == position[price["service_code"]]
        valid &= episodes.opened >= day_number(price["valid_from"])
        if "valid_to" in price:
            valid &= episodes.opened <= day_number(price["valid_to"])
        rate[valid] = price["amount_eur"] / price.get("planned_units", 1)
        bills[valid] = price["no_show_is_used"] == 1
        if price["per"] == "client":
            n_paid[valid] = n_index[valid]
    return Prices(rate, n_paid, bills)


def used_units(
    parameters: Parameters, episodes: Episodes, slots: Slots, end: End, bills_no_shows: Flags
) -> Floats:
    """Return the sessions or months that each episode uses until its end."""
    fails = (slots.attendance == NO_SHOW) | (slots.attendance == LATE_CANCELLED)
    counts = slots.is_attended | (fails & bills_no_shows[slots.episode])
    # The last meeting of a drop-out is a no-show, and the one after a birthday falls away.
    at_last = np.where(end.code == UNILATERAL, bills_no_shows, counts[end.last])
    at_last = np.where(end.code == AGED_OUT, False, at_last)
    so_far = np.cumsum(counts)
    before = so_far - counts
    used: Floats = (before[end.last] - before[slots.start] + at_last).astype(np.float64)
    by_month = np.flatnonzero(in_months(parameters)[episodes.service])
    used[by_month] = months_between(episodes.opened[by_month], end.closed[by_month])
    return used


def months_between(first: Ints, last: Ints) -> Floats:
    """Return the months on [first, last): whole ones, then days until the next monthly anniversary.

    An anniversary that its month does not have is that month's last day.
    """
    begun, ended = first.astype("datetime64[D]"), last.astype("datetime64[D]")
    in_month = (begun - begun.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    whole = (ended.astype("datetime64[M]") - begun.astype("datetime64[M]")).astype(np.int64)
    whole = whole - (anniversary(begun, in_month, whole) > last)
    before = anniversary(begun, in_month, whole)
    after = anniversary(begun, in_month, whole + 1)
    months: Floats = whole + (last - before) / (after - before)
    return months


def anniversary(begun: Days, in_month: Ints, months: Ints) -> Ints:
    """Return the day number `months` months after `begun`, clamped to the end of the month."""
    month = begun.astype("datetime64[M]") + months
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    start = month.astype("datetime64[D]").astype(np.int64)
    days: Ints = start + np.minimum(in_month, length - 1)
    return days
