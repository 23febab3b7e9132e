"""A chart as inline SVG: no script, no address, one accessible name."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import vl_convert

from fit_warehouse.report.theme import NARROW, Size, chart_config

VEGA_LITE = "6.4"

_ROOT = re.compile(r"<svg\b[^>]*?\bviewBox=\"(?P<box>[^\"]+)\"[^>]*>")
# Vega describes its drawing in English; the page names the chart itself, in its own language.
_SPOKEN = re.compile(r"\s(?:role|aria-[a-z]+|class)=\"[^\"]*\"")
_OWN_ID = re.compile(r"\bid=\"([^\"]+)\"")


def draw(chart: Any, size: Size, *, name: str, label: str, locale: dict[str, object]) -> str:
    """Draw an Altair chart.

    Parameters
    ----------
    chart
        The Altair chart, laid out for `size`.
    size
        The width it is drawn for.
    name
        Prefix of the ids inside, unique on the page.
    label
        Accessible name: the finding and what is drawn.
    locale
        Number locale of d3 for the axes.

    Returns
    -------
    str
        An `<svg>` element that scales with its box, up to the width it was drawn for.
    """
    spec = chart.to_dict()
    drawn = vl_convert.vegalite_to_svg(
        spec, vl_version=VEGA_LITE, config=chart_config(size), format_locale=locale
    )
    root = _ROOT.search(drawn)
    if root is None:
        raise ValueError(f"chart {name} was not drawn as SVG")
    inner = _SPOKEN.sub("", drawn[root.end() :])
    for own in set(_OWN_ID.findall(inner)):
        inner = inner.replace(f'id="{own}"', f'id="{name}-{size.name}-{own}"')
        inner = inner.replace(f"url(#{own})", f"url(#{name}-{size.name}-{own})")
    width = root["box"].split()[2]
    # Without the page's style sheet, as in a notebook, the wide drawing alone is to be seen.
    hidden = ";display:none" if size is NARROW else ""
    return (
        f'<svg class="chart {size.name}" role="img" aria-label="{escape(label)}" '
        f'viewBox="{root["box"]}" style="max-width:{width}px{hidden}">{inner}'
    )
