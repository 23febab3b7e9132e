"""Colours, sizes and the look of charts.

The colours are those of the Helsinki Design System (hds-design-tokens 4.2.0, MIT licence). In this
order they stand at least 3:1 against white, and the smallest difference between two of them stays
large under simulated deuteranopia and protanopia; shapes and words say the same thing in any case.
"""

from __future__ import annotations

from dataclasses import dataclass

BUS = "#0000bf"
METRO = "#fd4f00"
COPPER_DARK = "#00a17d"
BLACK_90 = "#1a1a1a"
COAT_OF_ARMS = "#0072c6"
PALETTE = (BUS, METRO, COPPER_DARK, BLACK_90, COAT_OF_ARMS)

GRID = "#cccccc"
QUIET_TEXT = "#4d4d4d"
FONT = "Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Size:
    """A width a chart is drawn for, in CSS pixels; text keeps its size, the plot gives way."""

    name: str
    width: int
    label_width: int
    font: int

    @property
    def plot_width(self) -> int:
        """Width left for the plot beside the row labels."""
        return self.width - self.label_width - 24


WIDE = Size(name="wide", width=800, label_width=184, font=14)
NARROW = Size(name="narrow", width=328, label_width=118, font=13)
SIZES = (WIDE, NARROW)


def _axis(size: Size) -> dict[str, object]:
    return {
        "labelColor": BLACK_90,
        "labelFontSize": size.font,
        "titleColor": QUIET_TEXT,
        "titleFontSize": size.font,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "labelPadding": 8,
        "gridColor": GRID,
        "gridWidth": 0.75,
        "domain": False,
        "ticks": False,
        "labelFlush": False,
    }


def _legend(size: Size) -> dict[str, object]:
    return {
        "orient": "top",
        "title": None,
        "labelColor": BLACK_90,
        "labelFontSize": size.font,
        "labelLimit": 0,
        "symbolSize": 110,
        "symbolStrokeWidth": 0,
        "symbolOpacity": 1,
        "offset": 12,
        "direction": "horizontal" if size is WIDE else "vertical",
    }


def chart_config(size: Size) -> dict[str, object]:
    """Return the Vega-Lite configuration that every chart shares."""
    return {
        "aria": False,
        "font": FONT,
        "background": None,
        "padding": 4,
        "view": {"stroke": None},
        "axis": _axis(size),
        "header": {
            "labelColor": BLACK_90,
            "labelFontSize": size.font,
            "labelFontWeight": "bold",
            "labelPadding": 10,
            "title": None,
        },
        "legend": _legend(size),
        "text": {"color": BLACK_90, "fontSize": size.font},
    }
