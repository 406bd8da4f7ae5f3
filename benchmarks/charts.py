"""A chart of each table, as SVG without any library: bars of the contenders, one panel for each column."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from .groups import Group
from .report import in_units

WIDTH, NAMES, BAR, GAP = 720, 210, 14, 6
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


def charts(group: Group, result: dict[str, Any]) -> Iterator[str]:
    """The SVG of each table of a group, in their order."""
    figures = {(figure["measure"], figure["contender"]): figure for figure in result["figures"]}
    for heading, columns in group.TABLES.items():
        panels = {
            column: {name: figures[measure, name] for name in group.CONTENDERS if (measure, name) in figures}
            for column, measure in columns.items()
        }
        yield _chart(f"{result['title']}: {heading}", panels)


def _chart(title: str, panels: dict[str, dict[str, dict[str, Any]]]) -> str:
    parts, y = [_text(0, 16, title, "heading")], 40
    for column, bars in panels.items():
        parts.append(_text(0, y, column, "heading"))
        y += 8
        lengths = {name: _length(figure) for name, figure in bars.items()}
        multiples = any(figure["of_base"] is not None for figure in bars.values())
        cut = max(lengths.values(), default=0.0) or 1.0
        if multiples:
            cut = LONGEST
        scale = (WIDTH - NAMES - 90) / cut
        top = y
        for name, figure in bars.items():
            length = lengths[name]
            width = min(length, cut) * scale
            own = "own" if name.startswith(("table", "model,")) or name == "model" else "bar"
            parts.append(_text(0, y + BAR - 3, name))
            parts.append(f'<rect class="{own}" x="{NAMES}" y="{y}" width="{width:.1f}" height="{BAR}"/>')
            label = _label(figure) + (" (cut)" if length > cut else "")
            parts.append(_text(NAMES + width + 4, y + BAR - 3, label))
            y += BAR + GAP
        if multiples:
            x = NAMES + scale
            parts.append(f'<line class="base" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 3}" y2="{y - 3}"/>')
        y += 24
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _length(figure: dict[str, Any]) -> float:
    of_base = figure["of_base"]
    return float(of_base["wall"] if of_base is not None else figure.get("wall", figure.get("number", 0.0)))


def _label(figure: dict[str, Any]) -> str:
    if figure["of_base"] is not None:
        return f"{figure['of_base']['wall']:.2f}"
    return f"{figure['number']:,.0f}" if "number" in figure else in_units(figure["wall"])


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attribute}>{escape(text)}</text>'
