"""The XML of a document's part: parsed strictly, its text in the order of reading, its tables and its charts."""

import re
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.formats.office.unseen import local
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix

_BREAKS = {"p": "\n", "br": "\n", "cr": "\n", "tc": "\n", "tab": "\t"}
_DECLARED = re.compile(r"^\ufeff?<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.-]+)[\"'][^>]*\?>")
_CHARTS = re.compile(r"(?:bar|bar3D|pie|pie3D|doughnut|line|line3D|area|area3D|radar|ofPie)Chart$")


def text_of(xml: bytes) -> str:
    """Return the markup of a part as text. Raises ``Unreadable`` for an encoding that Office doesn't write."""
    wide = xml.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = xml.decode("utf-16" if wide else "utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("Le document est endommagé.", "The document is damaged.") from error
    declared = _DECLARED.match(text)
    if not wide and declared is not None and declared[1].lower() not in {"utf-8", "us-ascii", "ascii"}:
        raise Unreadable("Le document est dans un encodage inattendu.", "The document is in an unexpected encoding.")
    return text


def parse(text: str) -> Any:
    """Return the root of a part. Raises ``Unreadable`` when it is no XML, or declares anything of its own."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    bare = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)
    try:
        return fromstring(bare.encode("utf-8"), forbid_dtd=True)
    except (SyntaxError, ValueError, DefusedXmlException) as error:
        raise Unreadable("Le document est endommagé.", "The document is damaged.") from error


def words(root: Any) -> str:
    """Return the text below *root*, in the order of reading, a paragraph or a cell a line."""
    return "".join(_said(root))


def _said(root: Any) -> Iterator[str]:
    stack: list[Any] = [root]
    while stack:
        at = stack.pop()
        if isinstance(at, str):
            yield at
            continue
        yield at.text or ""
        stack.append(_BREAKS.get(local(at), ""))
        for child in reversed(at):
            stack += [child.tail or "", child]


def described(root: Any) -> str:
    """Return what pictures and shapes are said to show: programs read it aloud."""
    shapes = (each for each in root.iter() if local(each) in {"docPr", "cNvPr"})
    return "\n".join(each.get(key, "") for each in shapes for key in ("descr", "title") if each.get(key))


def tables(root: Any, where: str) -> list[Grid]:
    """Return the tables of a part: ``w:tbl`` of Word, ``a:tbl`` of PowerPoint."""
    grids: list[Grid] = []
    for number, table in enumerate((element for element in root.iter() if local(element) == "tbl"), start=1):
        rows = [
            [
                " ".join(text.text or "" for text in cell.iter() if local(text) == "t")
                for cell in row
                if local(cell) == "tc"
            ]
            for row in table
            if local(row) == "tr"
        ]
        grids += grids_from_matrix(f"{where} tableau {number}", rows)
    return grids


def charted(root: Any, where: str) -> list[Grid]:
    """Return the values that charts by category draw, one table a chart: bars of few persons are small cells."""
    grids: list[Grid] = []
    for number, chart in enumerate((each for each in root.iter() if _CHARTS.search(local(each))), start=1):
        columns = [
            (next(iter(_points(series, "tx").values()), ""), _points(series, "cat"), _points(series, "val"))
            for series in chart
            if local(series) == "ser"
        ]
        labels = {at: label for _, cats, _ in columns for at, label in cats.items()}
        rows = [[labels[at], *(values.get(at, "") for _, _, values in columns)] for at in sorted(labels)]
        header = ["catégorie", *(name for name, _, _ in columns)]
        grids += grids_from_matrix(f"{where} graphique {number}", [header, *rows]) if rows else []
    return grids


def _points(series: Any, part: str) -> dict[int, str]:
    """Return what one part of a series keeps, by its place."""
    found: dict[int, str] = {}
    for element in series:
        if local(element) == part:
            for point in (each for each in element.iter() if local(each) == "pt"):
                index = str(point.get("idx", ""))
                found[int(index) if index.isdecimal() else len(found)] = "".join(point.itertext()).strip()
    return found
