"""HTML: tables may leave as static pages; code, remote parts and hidden text may not.

A page is opened by reviewers: whatever it would fetch or run there is refused. Figures are read as data
(:mod:`.figures`). What leaves is the page after nh3, which keeps structure and text and nothing else.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.delimited import check_formulas, decode
from hub_extensions.exports.checks.formats.figures import check_spec, figure_notice, json_values, longest_array
from hub_extensions.exports.checks.formats.pagetables import loose_tables, tables_of
from hub_extensions.exports.checks.formats.vector import check_embedded
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.freetext import check_blobs
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.tables.grid import Grid

#: Public addresses of charting libraries: not a beacon of the author's, though still code.
_LIBRARIES = re.compile(
    r"^https://(?:cdn\.plot\.ly/plotly-[\w.\-]+\.js|cdn\.jsdelivr\.net/npm/(?:vega|vega-lite|vega-embed|leaflet|bootstrap|@fortawesome/fontawesome-free)@[\w.\-/]+(?:\.js|\.css)?"
    r"|cdn\.bokeh\.org/bokeh/release/[\w.\-]+\.js|code\.jquery\.com/jquery-[\w.\-]+\.js|cdnjs\.cloudflare\.com/ajax/libs/(?:Leaflet\.awesome-markers|mathjax|require\.js)/[\w.\-/]+|netdna\.bootstrapcdn\.com/bootstrap/[\w.\-/]+)(?:\?config=[\w\-]+)?$"
)
_REMOTE = re.compile(r"^\s*(?:https?:)?//|^\s*(?:ftp|ws|wss|file|javascript|vbscript):", re.IGNORECASE)
_CSS_REMOTE = re.compile(r"url\(\s*['\"]?\s*(?!data:|#)[^)]|@import|expression\s*\(|-moz-binding", re.IGNORECASE)
_ACTIVE_TAGS = frozenset(
    {
        "iframe",
        "object",
        "embed",
        "applet",
        "form",
        "base",
        "frame",
        "frameset",
        "portal",
        "audio",
        "video",
        "source",
        "track",
    }
)
_FETCHES = frozenset(
    {
        "src",
        "srcset",
        "background",
        "poster",
        "data",
        "action",
        "formaction",
        "ping",
        "xlink:href",
        "manifest",
        "lowsrc",
        "dynsrc",
    }
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
#: Attributes that are long because they draw or load.
_DRAWS = frozenset({"src", "href", "style", "class", "d", "points", "transform", "integrity", "srcset"})
#: Characters or numbers of a hidden part above which it is data.
_LONG_HIDDEN = 200


def _parse(text: str) -> Any:
    import lxml.html

    try:
        return lxml.html.document_fromstring(
            text.encode("utf-8", "replace"),
            parser=lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False),
        )
    except (lxml.etree.LxmlError, ValueError) as error:
        raise Unreadable("La page est illisible.", "The page can't be read.") from error


def _remote(element: Any) -> Iterator[Finding]:  # noqa: C901
    tag = str(element.tag).lower()
    for name, value in element.attrib.items():
        key = name.lower()
        if key.startswith("on"):
            yield block(
                "page.handler",
                f"<{tag} {key}>",
                "La page réagit par du code : retirez les attributs on….",
                "The page reacts with code: remove the on… attributes.",
            )
        elif key == "style" and _CSS_REMOTE.search(value):
            yield block(
                "page.remote",
                f"<{tag} style>",
                "Le style va chercher quelque chose ailleurs.",
                "The style fetches something elsewhere.",
            )
        elif (
            (key in _FETCHES or (key == "href" and tag in {"link", "image", "use"}))
            and _REMOTE.match(value)
            and not _LIBRARIES.match(value.strip())
        ):
            yield block(
                "page.remote",
                f"<{tag} {key}>",
                "La page va chercher quelque chose ailleurs chez son lecteur (balise de suivi).",
                "The page fetches something elsewhere at its reader's (a beacon).",
            )
        elif key == "href" and re.match(r"^\s*(?:javascript|vbscript|data):", value, re.IGNORECASE):
            yield block("page.handler", f"<{tag} href>", "Un lien exécute du code.", "A link runs code.")
        elif key not in _DRAWS and len(value) > _LONG_HIDDEN and (key.startswith("data-") or _data(value)):
            yield block(
                "page.hidden",
                f"<{tag} {key}>",
                "Un attribut caché porte des données.",
                "A hidden attribute carries data.",
            )
    if tag in _ACTIVE_TAGS:
        yield block(
            "page.active",
            f"<{tag}>",
            "La page contient un élément actif ou une autre page.",
            "The page holds an active element or another page.",
        )
    if tag == "meta" and "refresh" in str(element.get("http-equiv", "")).lower():
        yield block(
            "page.remote", "<meta refresh>", "La page renvoie ailleurs.", "The page sends its reader elsewhere."
        )
    if tag == "style" and _CSS_REMOTE.search(element.text or ""):
        yield block(
            "page.remote",
            "<style>",
            "Le style va chercher quelque chose ailleurs.",
            "The style fetches something elsewhere.",
        )
    if tag == "style" and any(_data(comment) for comment in re.findall(r"/\*(.*?)\*/", element.text or "", re.DOTALL)):
        yield block(
            "page.hidden",
            "<style>",
            "Un commentaire du style porte des données.",
            "A comment of the style carries data.",
        )
    if tag == "img" and str(element.get("src", "")).startswith("data:"):
        yield from check_embedded(str(element.get("src")), "<img>")
        yield flag(
            "page.image",
            "<img>",
            "Image incorporée : elle n'est pas reprise, envoyez-la à part.",
            "An embedded picture: it is not kept, send it apart.",
        )


def _data(text: str) -> bool:
    return len(re.findall(r"\d+", text)) > 10


def _hidden(root: Any) -> Iterator[Finding]:
    import lxml.etree

    for element in root.iter():
        comment = element.tag is lxml.etree.Comment
        if comment:
            text = element.text or ""
        elif isinstance(element.tag, str) and (
            _HIDING.search(element.get("style", ""))
            or element.get("hidden") is not None
            or element.tag in {"template", "noscript"}
            or (element.tag == "input" and element.get("type") == "hidden")
        ):
            text = element.text_content() + element.get("value", "")
        else:
            continue
        if len(text.strip()) > _LONG_HIDDEN or len(re.findall(r"\d+", text)) > 10:
            name = "commentaire" if comment else f"<{element.tag}>"
            yield block(
                "page.hidden",
                name,
                "Un texte caché de la page porte des données.",
                "A hidden text of the page carries data.",
            )


def _script(text: str, where: str, policy: Policy) -> tuple[bool, list[Finding | Grid]]:
    """Return whether the script draws a figure that we know, and what it holds."""
    marks = len(re.findall(r"\bL\.(?:marker|circleMarker|circle|polygon)\s*\(", text))
    if "L.map(" in text or marks:
        return True, [_map(marks, text, where)]
    known, said = False, []
    for value in json_values(text):
        figure, found = check_spec(value, where)
        known = known or figure
        said += found
        if (
            not figure
            and "plotly.js v" not in text[:5000]
            and len(text) < 3_000_000
            and longest_array(value) > 5 * policy.min_persons
        ):
            said.append(
                block(
                    "figure.raw_values",
                    where,
                    "Le code de la page contient de longues listes de valeurs.",
                    "The page's code holds long lists of values.",
                )
            )
    library = (
        "plotly.js v" in text[:5000]
        or "PlotlyConfig" in text
        or "vega-embed" in text[:3000]
        or "bokeh" in text[:3000].lower()
    )
    return known or library, said


def _map(marks: int, text: str, where: str) -> Finding:
    heat = re.search(r"L\.heatLayer\s*\(\s*\[\[", text)
    if marks > 10 or heat:
        return block(
            "figure.map_points",
            where,
            f"La carte porte {marks or 'de nombreux'} points : un point peut être une personne.",
            f"The map carries {marks or 'many'} points: a point may be a person.",
        )
    return flag(
        "figure.map",
        where,
        "Carte interactive : géographie fine à justifier, code chez le lecteur.",
        "An interactive map: fine geography to justify, code at the reader's.",
    )


def _scripts(root: Any, policy: Policy) -> Iterator[Finding | Grid]:
    for number, script in enumerate(root.iter("script"), start=1):
        where = f"script {number}"
        source = script.get("src")
        text = script.text or ""
        if source is not None:
            if not _LIBRARIES.match(source.strip()):
                yield block(
                    "page.script",
                    where,
                    "La page charge du code : envoyez une image et un tableau.",
                    "The page loads code: send a picture and a table.",
                )
            else:
                yield figure_notice(where)
            continue
        if not text.strip():
            continue
        known, said = _script(text, where, policy)
        yield from said
        yield (
            figure_notice(where)
            if known
            else block(
                "page.script",
                where,
                "La page contient du code : envoyez une image et un tableau.",
                "The page holds code: send a picture and a table.",
            )
        )


def static(text: str) -> bytes:
    """Return the page with structure and text only: no code, no style, no address that loads by itself."""
    import nh3

    tags = {
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "caption",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "br",
        "hr",
        "ul",
        "ol",
        "li",
        "strong",
        "b",
        "em",
        "i",
        "sup",
        "sub",
        "span",
        "div",
        "pre",
        "code",
        "blockquote",
    }
    clean = nh3.clean(
        text,
        tags=tags,
        attributes={"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}},
        clean_content_tags={"script", "style", "title", "template", "noscript"},
        link_rel=None,
    )
    return f'<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8"></head><body>\n{clean}\n</body></html>\n'.encode()  # noqa: E501


def inspect_page(path: Path, policy: Policy) -> Inspected:
    """Read a page. Raises ``Unreadable`` when it is none."""
    text = decode(path.read_bytes())
    root = _parse(text)
    found: list[Finding] = []
    for element in root.iter():
        if isinstance(element.tag, str):
            found += _remote(element)
    found += _hidden(root)
    grids = tables_of(root)
    grids += loose_tables(root)
    for said in _scripts(root, policy):
        grids.append(said) if isinstance(said, Grid) else found.append(said)
    for element in list(root.iter("script", "style")):
        element.text = ""
    prose = root.text_content()
    svg = next(iter(root.iter("svg")), None)
    if svg is not None:
        found.append(
            flag(
                "page.vector",
                "<svg>",
                "Dessin vectoriel dans la page : il n'est pas repris, envoyez une image.",
                "A vector drawing in the page: it is not kept, send a picture.",
            )
        )
        if len(list(svg.iter("circle", "use", "path"))) > 60:
            found.append(
                block(
                    "vector.points",
                    "<svg>",
                    "Le dessin vectoriel contient un point par valeur : envoyez une image.",
                    "The vector drawing holds a point for each value: send a picture.",
                )
            )
    found += check_blobs(prose, "page")
    for grid in grids:
        found += check_formulas(grid.rows, grid.where)
    outside = _outside_tables(root)
    found += check_sentences(outside, policy, "page")
    normal = (
        None
        if any(finding.rule.startswith(("page.script", "figure.")) for finding in found)
        else Normal(".html", static(text))
    )
    attributes = "\n".join(
        value for element in root.iter() if isinstance(element.tag, str) for value in element.attrib.values()
    )
    return Inspected(grids, f"{prose}\n{attributes}", list(dict.fromkeys(found)), normal)


def _outside_tables(root: Any) -> str:
    return "\n".join(
        part
        for element in root.iter("p", "li", "h1", "h2", "h3", "h4", "div", "pre")
        if element.find(".//table") is None
        for part in [element.text_content()]
    )
