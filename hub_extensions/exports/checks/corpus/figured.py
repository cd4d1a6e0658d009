"""Small cells behind maps, trees, heat maps and flows, and marks that only call themselves an axis."""

import json
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, Case, patients
from hub_extensions.exports.checks.corpus.drawings import svg
from hub_extensions.exports.checks.corpus.pages import page


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, trace in _traces(3):
        yield Case(f"figured_{name}.json", BLOCK, f"three persons in a figure: {name}", _plotly(trace))
    for name, trace in _traces(33):
        yield Case(f"figured_fine_{name}.json", FLAG, f"large groups in a figure: {name}", _plotly(trace))
    ages = {"type": "choropleth", "locations": ["75", "92"], "z": [62, 8], "colorbar": {"title": {"text": "Âge moyen"}}}
    yield Case("figured_fine_scale.json", FLAG, "a map of mean ages, as its scale says", _plotly(ages))
    yield from _sources()
    yield from _drawings()


def _plotly(trace: dict[str, Any]) -> bytes:
    return json.dumps({"data": [trace], "layout": {}}).encode()


def _traces(least: int) -> Iterator[tuple[str, dict[str, Any]]]:
    parents = {"labels": ["A", "B", "C"], "values": [120, least, 84], "parents": ["", "", ""]}
    square = {"x": ["H", "F"], "y": ["75", "92"], "z": [[120, least], [84, 97]]}
    yield "choropleth", {"type": "choropleth", "locations": ["75", "92", "93"], "z": [120, least, 84]}
    for kind in ("treemap", "sunburst", "icicle"):
        yield kind, {"type": kind, **parents}
    for kind in ("heatmap", "contour"):
        yield kind, {"type": kind, **square}
    links = {"source": [0, 0], "target": [1, 2], "value": [120, least]}
    yield "sankey", {"type": "sankey", "node": {"label": ["urgences", "médecine", "domicile"]}, "link": links}
    yield "polar", {"type": "barpolar", "theta": ["nord", "sud"], "r": [120, least]}


def _bokeh(columns: dict[str, list[Any]]) -> bytes:
    data = {"type": "map", "entries": [[name, values] for name, values in columns.items()]}
    source = {"type": "object", "name": "ColumnDataSource", "attributes": {"data": data}}
    renderer = {"name": "GlyphRenderer", "attributes": {"data_source": source}}
    figure = {"type": "object", "name": "Figure", "attributes": {"renderers": [renderer]}}
    body = json.dumps({"a1": {"version": "3.4", "roots": [figure]}})
    return page(
        '<script src="https://cdn.bokeh.org/bokeh/release/bokeh-3.4.1.min.js"></script>'
        f'<script type="application/json" id="d">{body}</script>'
    )


def _sources() -> Iterator[Case]:
    bars = {"x": ["a", "b", "c"], "top": [120, 3, 84]}
    bins = {"left": [0, 5, 10], "right": [5, 10, 15], "top": [120, 33, 84]}
    yield Case("figured_bokeh.html", BLOCK, "three persons behind a bar of Bokeh", _bokeh(bars))
    yield Case("figured_fine_bokeh.html", FLAG, "edges of bins are no counts", _bokeh(bins))


def _drawings() -> Iterator[Case]:
    people = patients(300, "figured")
    at = [(person["age"], person["crp"]) for person in people]
    bars = "".join(f'<rect x="{60 + 90 * i}" y="{150 + 20 * i}" width="60" height="{150 - 20 * i}"/>' for i in range(3))
    grid = "".join(f'<line x1="{40 * i}" y1="0" x2="{40 * i}" y2="300"/>' for i in range(12))
    for name, body in {
        "rug": "".join(f'<line x1="{x}" y1="290" x2="{x}" y2="300"/>' for x, _ in at),
        "rug_path": "".join(f'<path d="M {x} 290 L {x} 300"/>' for x, _ in at),
        "rug_polyline": "".join(f'<polyline points="{x},290 {x},300"/>' for x, _ in at[:60]),
        "times": "".join(f'<line x1="0" y1="{row}" x2="{x}" y2="{row}"/>' for row, (x, _) in enumerate(at)),
        "called_grid": '<g id="grid">' + "".join(f'<circle cx="{x}" cy="{y}" r="2"/>' for x, y in at) + "</g>",
        "called_legend": '<g class="legend">' + "".join(f'<use href="#m1" x="{x}" y="{y}"/>' for x, y in at) + "</g>",
        "called_tick": '<g class="tick">' + "".join(f'<line x1="{x}" y1="0" x2="{x}" y2="9"/>' for x, _ in at) + "</g>",
    }.items():
        yield Case(f"figured_{name}.svg", BLOCK, f"a mark for each person: {name}", svg(body))
    yield Case("figured_fine_grid.svg", FLAG, "bars before a grid of lines", svg(bars + grid))
