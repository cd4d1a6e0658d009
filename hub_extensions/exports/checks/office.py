"""Word and PowerPoint: a document for a reader, in which a chart may embed the workbook that it was drawn from."""

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.archives import read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.embedded import check_hidden, check_visible
from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.freetext import check_sentences
from hub_extensions.exports.checks.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.policy import Policy

_REFUSED = re.compile(
    r"embeddings/|vbaproject|activex|oleobject|/embed|\.(?:bin|xlsx?|xlsm|xlsb|docm?|pptm|exe|js|vbs)$", re.IGNORECASE
)
_HARMLESS_BIN = re.compile(r"printersettings", re.IGNORECASE)
_REMOTE = re.compile(r'TargetMode="External"', re.IGNORECASE)
#: Numbers in a chart's cache above which it holds rows.
MOST_CACHED = 60


def _relations(text: str, where: str) -> Iterator[Finding]:
    for relation in re.findall(r"<Relationship\b[^>]*>", text):
        if _REMOTE.search(relation) and not re.search(r'Type="[^"]*/hyperlink"', relation):
            yield block(
                "document.remote",
                where,
                "Le document va chercher quelque chose ailleurs (modèle, image, objet).",
                "The document fetches something elsewhere (template, picture, object).",
            )


def _tables(xml: bytes, where: str) -> list[Grid]:
    """Return the tables of a document part: ``w:tbl`` of Word, ``a:tbl`` of PowerPoint."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(xml)
    except (SyntaxError, ValueError, DefusedXmlException) as error:
        raise Unreadable("Le document est endommagé.", "The document is damaged.") from error

    def local(element: Any) -> str:
        return str(element.tag).rsplit("}", 1)[-1]

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


def _words(xml: bytes) -> str:
    text = re.sub(rb"</(?:w|a):p>|<w:br/>|</(?:w|a):tc>", b"\n", xml)
    return re.sub(r"<[^<>]+>", "", text.decode("utf-8", "replace"))


def inspect_document(path: Path, policy: Policy) -> Inspected:
    """Read a Word or PowerPoint file. Raises ``Unreadable`` when it is damaged."""
    members = sane_members(path)
    result = Inspected()
    if trailing_bytes(path):
        result.findings.append(
            block(
                "content.trailing",
                path.name,
                "Des octets se trouvent hors du document.",
                "Bytes lie outside the document.",
            )
        )
    texts: list[str] = []
    with zipfile.ZipFile(path) as archive:
        for member in members:
            name = member.filename
            if _REFUSED.search(name) and not _HARMLESS_BIN.search(name):
                result.findings.append(
                    block(
                        "document.embedded",
                        name,
                        "Le document incorpore un fichier (souvent le classeur d'un graphique) : collez une image.",
                        "The document embeds a file (often a chart's workbook): paste a picture.",
                    )
                )
            elif name.endswith(".rels"):
                result.findings += _relations(read_member(archive, member).decode("utf-8", "replace"), name)
            elif name.endswith(".xml"):
                xml = read_member(archive, member)
                result.findings += _part(name, xml)
                result.findings += _unseen(name, xml)
                if re.match(
                    r"(?:word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)|ppt/(?:slides|notesSlides|comments)/[^/]+)\.xml$",
                    name,
                ):
                    texts.append(_words(xml))
                    result.grids += _tables(xml, name)
            elif re.search(r"/media/", name):
                result.findings.append(
                    flag("image.pixels", name, "Une image se juge à l'œil.", "A picture is judged by eye.")
                )
    result.text = "\n".join(texts)
    result.findings += [
        *check_sentences(result.text, policy),
        *check_visible(result.text, path.name),
        flag(
            "document.reading",
            path.name,
            "Un document se lit en entier par un vérificateur.",
            "A document is read in full by a reviewer.",
        ),
    ]
    return result


def _unseen(name: str, xml: bytes) -> Iterator[Finding]:
    """Yield tables in descriptions of pictures and in parts that no reader opens."""
    for described in re.findall(rb"\b(?:descr|title|alt)=\"([^\"]{60,})\"", xml):
        yield from check_hidden(html.unescape(described.decode("utf-8", "replace")), name)
    if name.lower().startswith(("customxml/", "docprops/")):
        yield from check_hidden(_words(xml), name)


def _part(name: str, xml: bytes) -> Iterator[Finding]:
    cached = len(re.findall(rb"<c:v>", xml))
    if "/charts/" in name and cached > MOST_CACHED:
        yield block("document.chart", name, "Le graphique garde de nombreuses valeurs.", "The chart keeps many values.")
    if re.search(r"comments", name) or re.search(rb"<w:(?:ins|del|vanish)\b", xml):
        yield flag(
            "document.hidden",
            name,
            "Commentaires, révisions ou texte masqué : acceptez ou supprimez-les.",
            "Comments, revisions or hidden text: accept or delete them.",
        )
    if re.search(r'show="0"', xml[:2000].decode("utf-8", "replace")) and name.startswith("ppt/slides/"):
        yield block("document.hidden", name, "Diapositive masquée : supprimez-la.", "A hidden slide: delete it.")
