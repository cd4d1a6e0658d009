"""What stands in the XML of a document without being shown: attributes, comments, data of one's own.

A row is found however it is written: on a line, one in each attribute, or as an element with its values inside.
"""

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.prose.freetext import check_blobs
from hub_extensions.exports.checks.rows.embedded import FEWEST_HIDDEN, check_hidden

#: Namespaces of what programs write by themselves, in which many alike elements with numbers are a style or a shape.
PROGRAMS = re.compile(
    r"\{(?:http://schemas\.(?:openxmlformats|microsoft)\.(?:org|com)/|urn:schemas-microsoft-com:|http://purl\.|"
    r"http://www\.w3\.org/)"
)
_SHAPES = re.compile(r"\{urn:schemas-microsoft-com:(?:vml|office:)")
_PARTED = re.compile(r"[;,|\t\n]")
#: Values of one name before they are a column.
FEWEST_SPREAD = 5
#: What begins and ends a comment, or an instruction for some program.
_NOTED = (("<!--", "-->"), ("<?", "?>"))


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def check_unseen(name: str, root: Any, raw: str) -> Iterator[Finding]:
    """Yield tables in what no reader of the part *name* sees."""
    for opened, closed in _NOTED:
        for piece in raw.split(opened)[1:]:
            yield from check_written(html.unescape(piece.partition(closed)[0]), name)
    for values in _attributes(root).values():
        for text in (*(value for value in values if len(value) >= 60), "\n".join(values)):
            yield from check_written(text, name)
    if _spread(root) or any(True for _ in _records(root)):
        yield block(
            "content.hidden_rows",
            name,
            "Une partie que le lecteur ne voit pas contient un tableau : supprimez-la.",
            "A part that no reader sees holds a table: delete it.",
        )


def check_written(text: str, name: str) -> Iterator[Finding]:
    """Yield tables and encoded data in a text that no reader sees, objects and lists of a program a line each."""
    listed = re.sub(r"[\]}]\s*,\s*(?=[\[{])", "\n", text).replace(", ", ",")
    for written in dict.fromkeys((text, listed)):
        yield from check_hidden(written, name)
    yield from check_blobs(text, name)


def _spread(root: Any) -> bool:
    """Whether elements of one's own give several values to each of two names, numbers to one of them."""
    values: dict[str, list[str]] = defaultdict(list)
    for element in root.iter():
        if not len(element) and (element.text or "").strip() and not PROGRAMS.match(str(element.tag)):
            values[str(element.tag)].append(element.text)
    often = [given for given in values.values() if len(given) >= FEWEST_SPREAD]
    return len(often) > 1 and any(sum(map(_is_number, given)) * 2 > len(given) for given in often)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[-+]?\d[\d.,:/T-]*\s*", text) is not None


def _attributes(root: Any) -> dict[tuple[str, str], list[str]]:
    """Return values of attributes that could be rows, by element and attribute; the geometry of shapes apart."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for element in root.iter():
        for key, value in element.attrib.items():
            text = unquote(value).replace("&", " ") if "://" in value else value
            if re.search(r"\d", text) and _PARTED.search(text) and not _SHAPES.match(str(element.tag)):
                found[str(element.tag), str(key)][text] = None
    return {key: list(values) for key, values in found.items()}


def _records(root: Any) -> Iterator[Any]:
    """Yield elements whose children are alike, several values in each, half of them with a number."""
    for parent in root.iter():
        alike: dict[str, int] = defaultdict(int)
        for child in parent:
            if not PROGRAMS.match(str(child.tag)):
                values = [*child.attrib.values(), *((leaf.text or "") for leaf in child if not len(leaf))]
                numbers = sum(map(_is_number, values))
                alike[str(child.tag)] += len(values) >= 2 and numbers >= 1
        if max(alike.values(), default=0) >= FEWEST_HIDDEN:
            yield parent
