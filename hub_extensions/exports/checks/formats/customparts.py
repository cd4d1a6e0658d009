"""The data of one's own that a workbook carries beside its sheets (``customXml``): nobody opens it, rows fit in it."""

import re
import zipfile
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.formats.archives import read_member
from hub_extensions.exports.checks.formats.office.reading import parse, text_of
from hub_extensions.exports.checks.formats.office.unseen import PROGRAMS, check_unseen

_ITEM = re.compile(r"customxml/[^/]+\.xml", re.IGNORECASE)


def check_custom_parts(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Yield rows in the parts of one's own, and those parts that no program of the suite wrote. Raises ``Unreadable``
    when one is no XML."""
    for member in members:
        if not _ITEM.fullmatch(member.filename):
            continue
        raw = text_of(read_member(archive, member))
        root = parse(raw)
        yield from check_unseen(member.filename, root, raw)
        if not PROGRAMS.match(str(root.tag)):
            yield flag(
                "workbook.properties",
                member.filename,
                "Le classeur porte des données sur mesure ; elles ne sont pas reprises.",
                "The workbook has data of its own; they are not kept.",
            )
