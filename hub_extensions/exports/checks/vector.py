"""SVG: a vector drawing of a scatter is the table that it was drawn from.

500 of 500 ages were recovered exactly from a matplotlib SVG by a linear fit. So marks are counted, glyphs and ticks
apart;
code, entities and addresses are refused. A drawing with few marks still goes to a person.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.delimited import decode
from hub_extensions.exports.checks.embedded import check_hidden
from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.freetext import check_blobs
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.raster import check_png

#: Equal marks above which each may be a person, and points of one line above which it is no summary.
MOST_MARKS = 20
MOST_VERTICES = 100
#: Numbers written in a drawing above which it is a table.
MOST_FIGURES = 100
_ACTIVE = frozenset({"script", "foreignobject", "iframe", "audio", "video", "animate", "set", "handler", "listener"})
_GLYPHS = re.compile(r"glyph|DejaVu|font|Vera|STIX|cmr|Helvetica|Arial|Liberation|-[0-9a-f]{2,4}$", re.IGNORECASE)
_VERTEX = re.compile(r"[MLHVCSQTAmlhvcsqta]")
_LOCAL = "{http://www.w3.org/1999/xlink}href"


def _parse(data: bytes) -> Any:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise Unreadable(
            "Le dessin déclare des entités : refusé.", "The drawing declares entities: refused."
        ) from error
    except (SyntaxError, ValueError) as error:
        raise Unreadable("Le dessin n'est pas du XML correct.", "The drawing is no well-formed XML.") from error


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1].lower()


def _active(element: Any) -> Iterator[Finding]:
    tag = _name(element)
    if tag in _ACTIVE:
        yield block(
            "vector.active",
            f"<{tag}>",
            "Le dessin contient du code ou un contenu actif.",
            "The drawing holds code or active content.",
        )
    for key, value in element.attrib.items():
        bare = key.rsplit("}", 1)[-1].lower()
        if bare.startswith("on"):
            yield block(
                "vector.active", f"<{tag} {bare}>", "Le dessin réagit par du code.", "The drawing reacts with code."
            )
        elif bare in {"href", "src"} and not value.startswith("#"):
            if value.startswith("data:image/"):
                yield from check_embedded(value, f"<{tag}>")
            elif tag != "a" or re.match(r"\s*(?:javascript|data|vbscript):", value, re.IGNORECASE):
                yield block(
                    "vector.remote",
                    f"<{tag} {bare}>",
                    "Le dessin va chercher quelque chose ailleurs.",
                    "The drawing fetches something elsewhere.",
                )
        elif re.search(r"url\(\s*['\"]?\s*(?!#|data:)|@import", value):
            yield block(
                "vector.remote",
                f"<{tag} {bare}>",
                "Le style va chercher quelque chose ailleurs.",
                "The style fetches something elsewhere.",
            )
    if tag == "style" and re.search(r"url\(\s*['\"]?\s*(?!#|data:)|@import", element.text or ""):
        yield block(
            "vector.remote",
            "<style>",
            "Le style va chercher quelque chose ailleurs.",
            "The style fetches something elsewhere.",
        )


def check_embedded(value: str, where: str) -> Iterator[Finding]:
    """Yield what an embedded picture is: a plain PNG goes to a person, anything else can't be checked."""
    try:
        data = base64.b64decode(value.partition(",")[2], validate=False)
        found = list(check_png(data, where)) if data.startswith(b"\x89PNG") else None
    except (binascii.Error, ValueError, Unreadable):
        found = None
    if found is None:
        yield block(
            "vector.image",
            where,
            "Le dessin incorpore un contenu qui n'est pas une image PNG lisible.",
            "The drawing embeds something that is no readable PNG.",
        )
        return
    yield from found
    yield flag("vector.image", where, "Image incorporée dans le dessin.", "A picture embedded in the drawing.")


def _marks(element: Any, *, quiet: bool = False) -> Iterator[tuple[str, int]]:
    """Yield (kind of mark, vertices) of every shape drawn, definitions, glyphs and ticks apart."""
    tag = _name(element)
    own = f"{element.get('id', '')} {element.get('class', '')}"
    quiet = (
        quiet
        or tag in {"defs", "clippath", "symbol", "pattern", "marker"}
        or bool(re.search(r"tick|axis|grid|legend|\btext_\d", own))
    )
    if not quiet:
        if tag == "use":
            target = element.get(_LOCAL) or element.get("href") or ""
            if not _GLYPHS.search(target):
                yield f"use {target}", 1
        elif tag in {"circle", "ellipse"}:
            yield "circle", 1
        elif tag == "rect":
            yield "rect", 1
        elif tag in {"path", "polyline", "polygon"}:
            drawn = element.get("d") or re.sub(r"\s+", " L ", element.get("points", ""))
            yield "path", len(_VERTEX.findall(drawn))
    for child in element:
        yield from _marks(child, quiet=quiet)


def check_marks(root: Any, where: str) -> Iterator[Finding]:
    """Yield a block when the drawing has as many marks or points as a table has rows."""
    marks = list(_marks(root))
    kinds = Counter(kind for kind, _ in marks if kind != "path")
    most = max((times for kind, times in kinds.items() if kind != "rect"), default=0)
    small = Counter(vertices for kind, vertices in marks if kind == "path" and vertices > 2)
    vertices = max((vertices for kind, vertices in marks if kind == "path"), default=0)
    alike = max(small.values(), default=0)
    count = max(
        most,
        alike if alike > 2 * MOST_MARKS else 0,
        vertices if vertices > MOST_VERTICES else 0,
        kinds["rect"] if kinds["rect"] > 200 else 0,
    )
    if count > MOST_MARKS:
        yield block(
            "vector.points",
            where,
            f"Le dessin vectoriel contient {count} points : chacun se relit exactement. Exportez une image (PNG).",
            f"The vector drawing holds {count} points: each can be read back exactly. Export a picture (PNG).",
        )


def _attributes(root: Any) -> Iterator[str]:
    """Yield long attributes that don't draw."""
    for element in root.iter():
        for key, value in element.attrib.items():
            if len(value) > 100 and key.rsplit("}", 1)[-1] not in {"d", "points", "href", "style", "transform"}:
                yield value


def _figures(element: Any, *, quiet: bool = False) -> Iterator[str]:
    """Yield the numbers written in a drawing, those of axes and legends apart."""
    own = f"{element.get('id', '')} {element.get('class', '')}"
    quiet = quiet or bool(re.search(r"tick|axis|grid|legend", own))
    text = (element.text or "").strip()
    if not quiet and _name(element) in {"text", "tspan"} and re.fullmatch(r"[-+−]?\d[\d.,\u202f\u00a0]*", text):
        yield text
    for child in element:
        yield from _figures(child, quiet=quiet)


def inspect_svg(path: Path, policy: Policy) -> Inspected:  # noqa: ARG001 - the signature of every inspector
    """Read an SVG. Raises ``Unreadable`` for entities and for what is no XML."""
    text = decode(path.read_bytes())
    if re.search(r"<!ENTITY|<!DOCTYPE[^>]*\[", text, re.IGNORECASE):
        raise Unreadable("Le dessin déclare des entités : refusé.", "The drawing declares entities: refused.")
    root = _parse(text.encode("utf-8"))
    found = [finding for element in root.iter() if isinstance(element.tag, str) for finding in _active(element)]
    found += check_marks(root, path.name)
    words = "\n".join(
        part
        for element in root.iter()
        for part in (element.text, element.tail)
        if part and part.strip() and _name(element) != "style"
    )
    comments = "\n".join(piece.partition("-->")[0] for piece in text.split("<!--")[1:])
    found += check_blobs(words + comments, path.name)
    for unseen in (words, comments, *_attributes(root)):
        found += check_hidden(unseen, path.name)
    figures = sum(1 for _ in _figures(root))
    if figures > MOST_FIGURES:
        found.append(
            block(
                "vector.numbers",
                path.name,
                f"Le dessin écrit {figures} nombres hors des axes : autant de valeurs qui se relisent.",
                f"The drawing writes {figures} numbers outside its axes: as many values that can be read back.",
            )
        )
    if len(words) > 5000 or len(comments) > 20_000:
        found.append(
            block("vector.text", path.name, "Le dessin porte un long texte.", "The drawing carries a long text.")
        )
    found.append(
        flag(
            "vector.drawing",
            path.name,
            "Un dessin vectoriel se juge à l'œil, et ses points se relisent : préférez une image (PNG).",
            "A vector drawing is judged by eye, and its points can be read back: prefer a picture (PNG).",
        )
    )
    return Inspected(text=f"{words}\n{comments}", findings=found)
