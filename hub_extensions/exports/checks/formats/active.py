"""Text that runs or fetches when a reader opens it as Markdown or HTML.

Elements, handlers and pictures from elsewhere are looked for piece by piece between the signs that end them: one pass
over the text, however it is made.
"""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block

_ELEMENT = re.compile(r"<\s*(?:script|iframe|object|embed|form|base|meta|link|svg)\b", re.IGNORECASE)
_TAG, _IMAGE = re.compile(r"<[a-z]", re.IGNORECASE), re.compile(r"<img\b", re.IGNORECASE)
_HANDLER = re.compile(r"\son[a-z]+\s*=", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)
_ADDRESS = re.compile(r"\]\(\s*(?:(?P<away>(?:https?:)?//)|javascript:|data:)", re.IGNORECASE)


def check_active(text: str) -> Iterator[Finding]:
    """Yield a block for code and pictures from elsewhere in a text that a reader may open as a page."""
    places = [place for find in (_elements, _attributes, _addresses) if (place := next(find(text), None)) is not None]
    if places:
        yield block(
            "text.active",
            f"ligne {text.count(chr(10), 0, min(places)) + 1}",
            "Ce texte contient du code ou une image venue d'ailleurs : il agirait chez son lecteur.",
            "This text holds code or a picture from elsewhere: it would act at its reader's.",
        )


def _elements(text: str) -> Iterator[int]:
    for found in _ELEMENT.finditer(text):
        yield found.start()


def _attributes(text: str) -> Iterator[int]:
    """Places of tags with a handler, and of pictures with an address: what stands between two ``>``."""
    start = 0
    for piece in text.split(">"):
        for opened, within in ((_TAG, _HANDLER), (_IMAGE, _SOURCE)):
            tag = opened.search(piece)
            if tag and within.search(piece, tag.end()):
                yield start + tag.start()
        start += len(piece) + 1


def _addresses(text: str) -> Iterator[int]:
    """Places of links that run, and of Markdown's pictures from elsewhere: ``![`` since the bracket before."""
    for found in _ADDRESS.finditer(text):
        before = text.rfind("]", 0, found.start()) + 1
        picture = text.find("![", before, found.start())
        if not found["away"] or picture >= 0:
            yield picture if found["away"] else found.start()
