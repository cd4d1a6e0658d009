"""The name of a file, before its content: a name can lie to a reviewer or to the program that unpacks it.

Source: TRAPS A15; bad input of the export desk (``../``, NUL, right-to-left marks).
"""

import re
import unicodedata
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block, flag

LONGEST = 200
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def shown(name: str) -> str:
    """Return *name* with every character that doesn't print written as ``\\u…``, so that it can't lie."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name)


def check_name(name: str) -> Iterator[Finding]:
    """Yield what is wrong with a relative file name (folders allowed, as ``tables/t1.csv``)."""
    where = shown(name)
    if "\0" in name or any(unicodedata.category(c) == "Cc" for c in name):
        yield block(
            "name.control",
            where,
            "Le nom contient un caractère de contrôle : renommez le fichier.",
            "The name holds a control character: rename the file.",
        )
    if any(unicodedata.category(c) == "Cf" for c in name):
        yield block(
            "name.invisible",
            where,
            "Le nom contient une marque invisible (sens d'écriture, espace nulle) : renommez le fichier.",
            "The name holds an invisible mark (text direction, zero width): rename the file.",
        )
    parts = re.split(r"[/\\]", name)
    if ".." in parts or name.startswith(("/", "\\", "~")) or re.match(r"^[A-Za-z]:", name):
        yield block(
            "name.path",
            where,
            "Le nom sort du dossier : donnez un nom simple.",
            "The name leaves its folder: give a plain name.",
        )
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST:
        yield block(
            "name.long",
            where[:60] + "…",
            f"Le nom dépasse {LONGEST} octets.",
            f"The name is longer than {LONGEST} bytes.",
        )
    if parts[-1].startswith("."):
        yield block(
            "name.hidden",
            where,
            "Le nom désigne un fichier caché : renommez-le.",
            "The name is that of a hidden file: rename it.",
        )
    if _RESERVED.match(parts[-1]) or parts[-1].endswith((" ", ".")):
        yield flag("name.reserved", where, "Ce nom ne s'ouvre pas sous Windows.", "This name doesn't open on Windows.")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in name):
        yield block("name.encoding", where, "Le nom n'est pas de l'UTF-8.", "The name is not UTF-8.")
