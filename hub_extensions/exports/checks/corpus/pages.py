"""Web pages and interactive charts as Plotly, Vega, Bokeh, folium and pandas write them, reduced to what matters."""

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _pages()


def page(body: str, head: str = "") -> bytes:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title>{head}</head><body>{body}</body></html>'.encode()


def html_table(rows: list[list[Any]]) -> str:
    """Return rows as an HTML table, the first one its header."""
    head = "".join(f"<th>{cell}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def packed(values: list[float]) -> dict[str, str]:
    """Return values as Plotly packs them."""
    return {"dtype": "f8", "bdata": base64.b64encode(struct.pack(f"<{len(values)}d", *values)).decode()}


def _plotly(traces: list[dict[str, Any]]) -> bytes:
    return page(
        f'<div id="g"></div><script '
        f'src="https://cdn.plot.ly/plotly-3.1.0.min.js"></script><script>Plotly.newPlot("g", {json.dumps(traces)}, '
        f'{{"title": {{"text": "Patients"}}}}, {{"responsive": true}})</script>'
    )


def _pages() -> Iterator[Case]:
    people = patients(500, "page")
    ages = [float(str(person["age"])) for person in people]
    style = "<style>#T_1 th {color: #333}</style>"
    yield Case("styler_table.html", PASS, "a static aggregate", page(html_table(AGGREGATE), style))
    yield Case("fragment.html", PASS, "a table without a page around it", html_table(AGGREGATE).encode())
    yield Case("table_small.html", BLOCK, "a small cell in a page", page(html_table([*AGGREGATE, ["93", "H", 3]])))
    yield Case(
        "rows.html",
        BLOCK,
        "rows of persons",
        page(html_table([list(people[0]), *[list(person.values()) for person in people[:40]]])),
    )
    yield Case(
        "plotly_hist_8bins.html",
        BLOCK,
        "500 raw values behind 8 bins",
        _plotly([{"type": "histogram", "nbinsx": 8, "x": packed(ages)}]),
    )
    yield Case(
        "plotly_box.html", BLOCK, "raw values behind a box", _plotly([{"type": "box", "y": ages, "boxpoints": False}])
    )
    yield Case(
        "plotly_customdata.html",
        BLOCK,
        "identifiers in customdata",
        _plotly(
            [{"type": "bar", "x": ["75", "92"], "y": [120, 131], "customdata": [[person["ipp"]] for person in people]}]
        ),
    )
    yield Case(
        "plotly_bar_preagg.html",
        FLAG,
        "three bars: nothing raw, active all the same",
        _plotly([{"type": "bar", "x": ["75", "92", "93"], "y": [120, 131, 140], "name": "patients"}]),
    )
    yield Case(
        "plotly_bar_small.html",
        BLOCK,
        "a bar of 4 patients",
        _plotly([{"type": "bar", "x": ["75", "92", "93"], "y": [120, 4, 140], "name": "patients"}]),
    )
    yield Case(
        "plotly_hist.json",
        BLOCK,
        "the same figure as JSON",
        json.dumps({"data": [{"type": "histogram", "x": packed(ages)}], "layout": {}}).encode(),
    )
    vega = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": {},
        "data": {"name": "d"},
        "mark": "bar",
        "encoding": {"x": {"field": "dep"}, "y": {"aggregate": "count"}},
        "datasets": {"d": people},
    }
    yield Case(
        "altair_count.html",
        BLOCK,
        "the rows behind a bar chart",
        page(
            f'<div id="v"></div><script '
            f'src="https://cdn.jsdelivr.net/npm/vega@5.1.0"></script><script>(function(spec){{vegaEmbed("#v", spec)}})({json.dumps(vega)})</script>'
        ),
    )
    yield Case("altair_count.json", BLOCK, "the same as JSON", json.dumps(vega).encode())
    bokeh = {
        "a1": {
            "version": "3.4",
            "roots": [
                {
                    "type": "object",
                    "name": "Figure",
                    "attributes": {
                        "renderers": [
                            {
                                "name": "GlyphRenderer",
                                "attributes": {
                                    "data_source": {
                                        "type": "object",
                                        "name": "ColumnDataSource",
                                        "attributes": {"data": {"type": "map", "entries": [["x", ages]]}},
                                    }
                                },
                            }
                        ]
                    },
                }
            ],
        }
    }
    yield Case(
        "bokeh.html",
        BLOCK,
        "a column source of 500",
        page(
            f'<script src="https://cdn.bokeh.org/bokeh/release/bokeh-3.4.1.min.js"></script><script '
            f'type="application/json" id="d">{json.dumps(bokeh)}</script>'
        ),
    )
    markers = "".join(f"var m{i} = L.marker([48.{i:03d}, 2.{i:03d}], {{}}).addTo(map);\n" for i in range(100))
    yield Case(
        "folium.html",
        BLOCK,
        "a marker for each patient",
        page(
            f'<script src="https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js"></script><script>var map = '
            f'L.map("m");\n{markers}</script>'
        ),
    )
    yield Case(
        "html_remote_script.html",
        BLOCK,
        "a script from elsewhere",
        page(html_table(AGGREGATE) + '<script src="https://x.example/a.js"></script>'),
    )
    yield Case(
        "html_remote_fetch.html",
        BLOCK,
        "a beacon",
        page(html_table(AGGREGATE) + '<img src="http://x.example/p.gif?who=1" width="1">'),
    )
    yield Case(
        "html_css_beacon.html",
        BLOCK,
        "a beacon in the style",
        page(html_table(AGGREGATE), "<style>td {background: url(https://x.example/p.png)}</style>"),
    )
    yield Case(
        "html_handler.html", BLOCK, "code on an event", page('<p onmouseover="alert(1)">x</p>' + html_table(AGGREGATE))
    )
    yield Case(
        "html_refresh.html",
        BLOCK,
        "a page that sends elsewhere",
        page(html_table(AGGREGATE), '<meta http-equiv="refresh" content="0;url=https://x.example/">'),
    )
    yield Case(
        "html_iframe.html",
        BLOCK,
        "another page inside",
        page(html_table(AGGREGATE) + '<iframe src="https://x.example/"></iframe>'),
    )
    yield Case(
        "html_inline_script.html", BLOCK, "unknown code", page(html_table(AGGREGATE) + "<script>fetch('/x')</script>")
    )
    yield Case(
        "html_comment.html",
        BLOCK,
        "rows in a comment",
        page(html_table(AGGREGATE) + f"<!-- {rows_csv(people[:20]).decode()} -->"),
    )
    yield Case(
        "html_hidden.html",
        BLOCK,
        "rows in a part that is not shown",
        page(html_table(AGGREGATE) + f'<div style="display:none">{rows_csv(people[:20]).decode()}</div>'),
    )
