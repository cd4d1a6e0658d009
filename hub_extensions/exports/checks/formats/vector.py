"""SVG: a vector drawing of a scatter is the table that it was drawn from.

500 of 500 ages were recovered exactly from a matplotlib SVG by a linear fit. So marks are counted, glyphs and ticks
apart
(:mod:`.marks`); code, entities and addresses are refused. A drawing with few marks still goes to a person.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.delimited import decode
from hub_extensions.exports.checks.formats.marks import check_marks, name_of
from hub_extensions.exports.checks.formats.raster import check_png
from hub_extensions.exports.checks.formats.redrawn import redrawn
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.freetext import check_blobs
from hub_extensions.exports.checks.rows.embedded import check_hidden

#: Numbers written in a drawing above which it is a table.
MOST_FIGURES = 100
_ACTIVE = frozenset({"script", "foreignobject", "iframe", "audio", "video", "animate", "set", "handler", "listener"})


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


def _active(element: Any) -> Iterator[Finding]:
    tag = name_of(element)
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


def _sheets(text: str) -> Iterator[Finding]:
    if re.search(r"<\?xml-stylesheet", text, re.IGNORECASE):
        yield block(
            "vector.remote",
            "<?xml-stylesheet",
            "Le dessin va chercher sa feuille de style ailleurs.",
            "The drawing fetches its style sheet elsewhere.",
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
    if not quiet and name_of(element) in {"text", "tspan"} and re.fullmatch(r"[-+−]?\d[\d.,\u202f\u00a0]*", text):
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
    found += _sheets(text)
    found += check_marks(root, path.name)
    words = "\n".join(
        part
        for element in root.iter()
        for part in (element.text, element.tail)
        if part and part.strip() and name_of(element) != "style"
    )
    comments = "\n".join(piece.partition("-->")[0] for piece in text.split("<!--")[1:])
    found += check_blobs(words + comments, path.name)
    for unseen in (words, comments, *_attributes(root)):
        found += check_hidden(unseen, path.name)
    for attribute in _attributes(root):
        found += check_blobs(attribute, path.name)
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
    return Inspected(text=f"{words}\n{comments}", findings=found, normal=Normal(".svg", redrawn(root)))
