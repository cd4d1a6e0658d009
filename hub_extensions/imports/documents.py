"""Workbooks, documents and PDF: taken apart by the export desk's inspectors, judged for what comes in.

Rows may come in, identities may not, and they hide where rows do: on a sheet that isn't shown, behind a pivot table, in
a property, in the workbook of a chart. What these inspectors can't look into is refused.
"""

import html
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.archives import read_member, sane_members
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.names import shown
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.prose.freetext import tables_in_text
from hub_extensions.imports.traits import check_grid, check_names, check_prose

OFFICE = frozenset({"xlsx", "docx", "pptx"})
DOCUMENTS = OFFICE | {"pdf"}
#: Rules of the inspectors that name something they can't look into, or that acts when it is opened.
_CLOSED = frozenset(
    {
        "document.unknown_part",
        "document.picture",
        "document.attachment",
        "document.active",
        "document.remote",
        "content.trailing",
        "workbook.unknown_part",
        "workbook.unseen_cell",
        "image.trailing",
    }
)
_ACTIVE = ("vbaproject.bin", "xl/macrosheets/", "activex/", "externallinks/")
_EMBEDDED = re.compile(r"embeddings/|oleobject", re.IGNORECASE)
#: Parts whose values are read as cells.
_CELLS = re.compile(r"xl/(?:worksheets/|styles\.xml|theme/)", re.IGNORECASE)
_FIELD = re.compile(r"<(?:\w+:)?cacheField\b[^>]*?\bname=\"([^\"]*)\"")

#: Looks into a file as if it had come alone: its path and its name.
Look = Callable[[Path, str], Iterator[Finding]]


def check_document(path: Path, name: str, kind: str, look: Look) -> Iterator[Finding]:
    """Yield what a workbook, a document or a PDF brings in.

    Parameters
    ----------
    look
        judges a file that is embedded in it.

    Raises
    ------
    Unreadable
        it is damaged, encrypted or outsized.
    """
    where = shown(name)
    with tempfile.TemporaryDirectory(prefix="bv-import-") as scratch:
        named = Path(scratch) / f"document.{kind}"
        named.symlink_to(path.resolve())
        content = inspect(kind, named, DEFAULT)
        for found in content.findings:
            if found.rule in _CLOSED:
                place = where if found.where.startswith(named.name) else f"{where} › {found.where}"
                yield block(found.rule, place, found.message.fr, found.message.en)
        for grid in [*content.grids, *tables_in_text(content.text)]:
            yield from check_grid(grid, where)
        yield from check_prose(content.text, where)
        if kind in OFFICE:
            yield from _parts(named, where, Path(scratch), look)
            yield flag(
                "office.individual",
                where,
                "Un classeur ou un document peut cacher des lignes individuelles : préférez CSV ou Parquet.",
                "A workbook or document may hide individual rows: prefer CSV or Parquet.",
            )


def _parts(path: Path, where: str, scratch: Path, look: Look) -> Iterator[Finding]:
    """Yield what parts bring in that no sheet and no page shows."""
    members = sane_members(path)
    if any(mark in member.filename.lower() for member in members for mark in _ACTIVE):
        yield block(
            "office.active",
            where,
            "Le document contient des macros ou des liens externes : enregistrez-le sans eux.",
            "The document holds macros or external links: save it without them.",
        )
    with zipfile.ZipFile(path) as archive:
        for number, member in enumerate(members):
            place = f"{where} › {shown(member.filename)}"
            if _EMBEDDED.search(member.filename):
                inner = scratch / f"{number}"
                inner.write_bytes(read_member(archive, member))
                yield from _embedded(inner, member.filename, place, look)
            elif member.filename.endswith((".xml", ".rels", ".vml")) and not _CELLS.match(member.filename):
                markup = read_member(archive, member).decode("utf-8", "replace")
                yield from check_names(_FIELD.findall(markup), place)
                yield from check_prose(_said(markup), place)


def _said(markup: str) -> str:
    """Return everything that markup says: between its tags, and in their attributes."""
    return html.unescape(" | ".join([re.sub(r"<[^<>]*>", " | ", markup), *re.findall(r"=\"([^\"<>]*)\"", markup)]))


def _embedded(path: Path, member: str, place: str, look: Look) -> Iterator[Finding]:
    suffix = PurePosixPath(member).suffix.lower().lstrip(".")
    if suffix in DOCUMENTS:
        yield from look(path, PurePosixPath(member).name)
    elif suffix not in {"xml", "rels"}:
        yield block(
            "office.embedded",
            place,
            "Le document incorpore un objet qui ne se lit pas : collez une image, ou envoyez le fichier à part.",
            "The document embeds an object that can't be read: paste a picture, or send the file apart.",
        )
