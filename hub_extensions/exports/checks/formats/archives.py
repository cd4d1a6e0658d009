"""Archives: refused as such, and looked at before any format built on ZIP is opened.

A ZIP tells sizes that may be lies, holds names that leave their folder, and can be a bomb; nothing is unpacked until
its
listing is sane. Archives themselves are not released: files are sent one by one, so that each is checked and previewed.
"""

import io
import struct
import zipfile
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.names import shown
from hub_extensions.exports.checks.policy import Policy

MOST_MEMBERS = 5_000
#: Bytes out for one byte in, above a size at which a ratio means something.
HIGHEST_RATIO = 200
RATIO_COUNTS_FROM = 1 << 20
LARGEST_TOTAL_MB = 256
#: Bytes of the header field that NumPy adds for sizes above 4 GiB.
_ZIP64 = 20
_END = b"PK\x05\x06"
#: A member whose sizes follow it, and the bytes in which they are written.
_DESCRIBED_AFTER, _DESCRIPTIONS = 8, frozenset({12, 16, 20, 24})


def sane_members(path: Path) -> list[zipfile.ZipInfo]:
    """Return the members of a ZIP whose listing is safe to act on.

    Raises:
        Unreadable: damaged, encrypted, too many members, too large unpacked, or names that leave the folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Unreadable("L'archive est endommagée.", "The archive is damaged.") from error
    if len(members) > MOST_MEMBERS:
        raise Unreadable("L'archive a trop de membres.", "The archive has too many members.")
    total = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if total > LARGEST_TOTAL_MB << 20 or (total > RATIO_COUNTS_FROM and total / packed > HIGHEST_RATIO):
        raise Unreadable(
            "L'archive se déplie en un volume démesuré (bombe).", "The archive unpacks to an outsized volume (bomb)."
        )
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("L'archive est chiffrée.", "The archive is encrypted.")
    if any(
        ".." in member.filename.replace("\\", "/").split("/") or member.filename.startswith(("/", "\\"))
        for member in members
    ):
        raise Unreadable(
            "L'archive contient un nom qui sort de son dossier.", "The archive holds a name that leaves its folder."
        )
    if len({member.filename for member in members}) != len(members):
        raise Unreadable("L'archive contient deux fois le même nom.", "The archive holds the same name twice.")
    return members


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo | str) -> bytes:
    """Return one member, reading no more than its listing announced.

    Raises:
        Unreadable: the member is longer than announced, or damaged.
    """
    facts = archive.getinfo(member) if isinstance(member, str) else member
    try:
        with archive.open(facts) as stream:
            data = stream.read(facts.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Unreadable("Un membre de l'archive est endommagé.", "A member of the archive is damaged.") from error
    if len(data) > facts.file_size:
        raise Unreadable(
            "Un membre de l'archive est plus long qu'annoncé.", "A member of the archive is longer than announced."
        )
    return data


def trailing_bytes(path: Path) -> int:
    """Return the bytes that no member accounts for: before, between and behind them, a second archive among others.

    Raises:
        Unreadable: it is no archive.
    """
    data = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members, listing = sorted(archive.infolist(), key=lambda each: each.header_offset), archive.start_dir
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Unreadable("L'archive est endommagée.", "The archive is damaged.") from error
    stray, at = max(0, len(data) - (data.rfind(_END) + 22)), 0
    for member, following in zip(members, [*(each.header_offset for each in members[1:]), listing], strict=True):
        stray += abs(member.header_offset - at)
        sizes = struct.unpack("<HH", data[member.header_offset + 26 : member.header_offset + 30].ljust(4, b"\0"))
        at = member.header_offset + 30 + sum(sizes) + member.compress_size
        if member.flag_bits & _DESCRIBED_AFTER and following - at in _DESCRIPTIONS:
            at = following
    return stray + abs(listing - at)


def noted_bytes(path: Path, members: list[zipfile.ZipInfo]) -> int:
    """Return the bytes of comments and of fields that headers may carry, the one for large sizes apart.

    For archives that leave as they are: no reader of their members shows them.
    """
    data = path.read_bytes()
    noted = 0
    for member in members:
        at = member.header_offset
        name, extra = struct.unpack("<HH", data[at + 26 : at + 30].ljust(4, b"\0"))
        wide = extra == _ZIP64 and data[at + 30 + name : at + 32 + name] == b"\x01\x00"
        noted += len(member.comment) + len(member.extra) + (0 if wide else extra)
    return noted


def inspect_zip(path: Path, policy: Policy) -> Inspected:  # noqa: ARG001 - the signature of every inspector
    """Say what an archive holds; it is refused in any case."""
    members = sane_members(path)
    names = ", ".join(shown(member.filename) for member in members[:5])
    said: list[Finding] = [
        block(
            "archive.refused",
            names,
            "Les archives ne sortent pas : envoyez les fichiers un par un.",
            "Archives don't leave: send the files one by one.",
        )
    ]
    return Inspected(findings=said)
