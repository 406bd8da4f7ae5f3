"""A chart of each table, as SVG without any library: bars of the contenders, one panel for each column."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from .report import RATE, in_units, meaning, multiple

# Narrow enough for a phone, where the whole chart is made as wide as the screen.
WIDTH, NAMES, LABELS, BAR, GAP = 440, 190, 80, 14, 6
# A bar of more multiples is cut, so that the others can be compared.
LONGEST = 8.0
STYLE = """
text { font: 12px sans-serif; fill: #24292f }
.heading { font-weight: bold }
.bar { fill: #8c959f }
.own { fill: #f02e65 }
.base { stroke: #24292f; stroke-dasharray: 3 3 }
svg { background: #fff }
@media (prefers-color-scheme: dark) {
  svg { background: #131416 }
  text { fill: #d0d7de }
  .base { stroke: #d0d7de }
}
"""


def charts(result: dict[str, Any]) -> Iterator[str]:
    """The SVG of each table of a group, in their order."""
    figures = {(figure["measure"], figure["contender"]): figure for figure in result["figures"]}
    for heading, columns in result["tables"].items():
        panels = {
            column: {name: figures[measure, name] for name in result["contenders"] if (measure, name) in figures}
            for column, measure in columns.items()
        }
        yield _chart([heading[0].upper() + heading[1:], meaning(result, columns)], panels)


def _chart(titles: list[str], panels: dict[str, dict[str, dict[str, Any]]]) -> str:
    parts = [_text(0, 16 * number, title, "heading" * (number == 1)) for number, title in enumerate(titles, 1)]
    y = 60
    for column, bars in panels.items():
        parts.append(_text(0, y, column, "heading"))
        panel, y = _panel(bars, y + 8)
        parts += panel
        y += 24
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(bars: dict[str, dict[str, Any]], top: int) -> tuple[list[str], int]:
    """The bars of one column below `top`, with the line of 1.00 and the labels right of it; where they end."""
    lengths = {name: _length(figure) for name, figure in bars.items()}
    multiples = any(figure["of_base"] is not None for figure in bars.values())
    cut = max(lengths.values(), default=0.0) or 1.0
    if multiples:
        cut = min(max(cut, 1.0), LONGEST)
    scale = (WIDTH - NAMES - LABELS) / cut
    drawn, y = [], top
    for name, figure in bars.items():
        width = min(lengths[name], cut) * scale
        after = max(width, scale) if multiples else width
        own = "own" if name.startswith(("table", "model,")) or name == "model" else "bar"
        drawn.append(f'<rect class="{own}" x="{NAMES}" y="{y}" width="{width:.1f}" height="{BAR}"/>')
        label = _label(figure) + (" (cut)" if lengths[name] > cut else "")
        drawn += [_text(0, y + BAR - 3, name), _text(NAMES + after + 4, y + BAR - 3, label)]
        y += BAR + GAP
    if multiples:
        x = NAMES + scale
        drawn.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 3}" y2="{y - 3}"/>')
    return drawn, y


def _length(figure: dict[str, Any]) -> float:
    of_base = figure["of_base"]
    if of_base is not None:
        return float(of_base["wall"])
    return float(next(figure[kind] for kind in (RATE, "number", "wall") if kind in figure))


def _label(figure: dict[str, Any]) -> str:
    if figure["of_base"] is not None:
        return multiple(figure["of_base"]["wall"])
    number = figure.get(RATE, figure.get("number"))
    return in_units(figure["wall"]) if number is None else f"{number:,.0f}"


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attribute}>{escape(text)}</text>'
