"""What a text reaches for: paths outside one's own mounts, listings of whole trees, encodings of bulk data.

A cell passes here before it is forwarded, so reading it must cost microseconds. One expression with everything in it
costs 48 µs for 4 KB, because the engine tries it at every byte; the four below begin with one literal byte each, which
it finds with ``memchr``: 12 µs together. Only what they find is looked at closely.

This is detection, not prevention: who writes ``"/pr" + "oc"`` is not seen, and has nothing to find there anyway.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

#: After a letter or a closing bracket a slash divides or goes on; after ``\\n`` or ``\\t`` (as JSON writes them) or
#: ``..`` it begins a path.
_BEGINS = rb"(?:(?<![\w)\]~*<.-]/)|(?<=\\[nt]/)|(?<=\.\./))"
_ENDS = rb"(?:[/\s\\'\"`;|&),\]]|$)"
_SYSTEM = rb"(?:proc|sys|etc|run|root|var|boot|mnt|media|srv)(?=" + _ENDS + rb")"
#: Devices but those that hold nothing of anybody.
_DEVICES = rb"dev/(?!(?:null|zero|full|stdin|stdout|stderr|tty|u?random|shm)" + _ENDS + rb")\w"
_HOMES = rb"home/(?!analyst" + _ENDS + rb")\w"
#: Calls that are looked at more closely, by the letters before the bracket. Each alternative begins with a letter: the
#: engine then discards most of them without trying.
_CALL = re.compile(
    rb"\((?<=walk\(|glob\(|tdir\(|ndir\(|rdir\(|iles\(|stem\(|[.\s(=!]run\(|call\(|tput\(|open\(|lify\(|\.hex\(|pawn\("
    rb"|code\(|ytes\()"
)
_SHELL = re.compile(rb"!(?!=)")
_MAGIC = re.compile(rb"%(?:%?(?:bash|sh|sx|script|system)\b)")
_RECURSIVE_CALL = re.compile(rb"(?:\b(?:os\.)?f?walk|\brglob)\($")
_FLAT_CALL = re.compile(rb"(?:\bi?glob|\blistdir|\bscandir|\biterdir|\blist\.files)\($")
_ENCODING_CALL = re.compile(rb"(?:[abs]\d\dencode|\bencodebytes|\bhexlify|\.hex)\($")
_RUNNING_CALL = re.compile(rb"(?:\bsystem|\brun|\bcall|output|[Pp]open|\bspawn)\($")
_WHOLE_TREE = re.compile(rb"\*\*|recursive\s*=\s*T|/data\b|[\"']/[\"']")
#: An ``ls`` within a flag begins nothing: the flags after it would be passed over once more for each.
_SHELL_LISTING = re.compile(rb"\bfind\s+[/.~$]|(?<!-)\bls\s+(?:-[\w-]+\s+)*-\w*R|\btree\b|\bdu\s+-\w*a|\blocate\s")
_SHELL_ENCODING = re.compile(rb"\b(?:base64|base32|xxd|uuencode|hexdump|od\s+-)\b|\bopenssl\s+enc\b")
_QUOTES = re.compile(rb"[\\'\",\[\]()]+")
#: Bytes before and after a call that are looked at.
_BEFORE, _AFTER = 80, 200
#: Calls, and lines for a shell, of one text that are looked at (a quarter of a second), and bytes of such a line.
#: Everybody's messages wait meanwhile, so a text that holds more is told of instead.
MOST_CALLS, LONGEST_COMMAND = 20_000, 4096


class Found(NamedTuple):
    """What a text reaches for."""

    outside: bool
    listing: bool
    encoding: bool


NOTHING = Found(outside=False, listing=False, encoding=False)


def read_code(text: bytes, mounted: tuple[str, ...]) -> Found:
    """Read a message, a request or a file as it will be forwarded.

    Parameters
    ----------
    mounted
        data sets of this workspace: ``/data/<name>`` of any other is outside.
    """
    outside = _outside(mounted).search(text) is not None
    listing = encoding = False
    for number, call in enumerate(_CALL.finditer(text)):
        if number == MOST_CALLS:
            listing = encoding = True
        if listing and encoding:
            break
        at = call.end()
        before, after = _lines(text[max(0, at - _BEFORE) : at]), _lines(text[at : at + _AFTER])
        listing = listing or _lists(before, after)
        encoding = encoding or _ENCODING_CALL.search(before) is not None
        if _RUNNING_CALL.search(before):
            command = _QUOTES.sub(b" ", after)
            listing = listing or _SHELL_LISTING.search(command) is not None
            encoding = encoding or _SHELL_ENCODING.search(command) is not None
    for number, line in enumerate(_shell_lines(text)):
        if number == MOST_CALLS:
            listing = encoding = True
        if listing and encoding:
            break
        listing = listing or _SHELL_LISTING.search(line) is not None
        encoding = encoding or _SHELL_ENCODING.search(line) is not None
    return Found(outside, listing, encoding) if outside or listing or encoding else NOTHING


def read_line(line: bytes, mounted: tuple[str, ...]) -> Found:
    """Read one line typed into a shell."""
    code = read_code(line, mounted)
    return Found(
        code.outside,
        code.listing or _SHELL_LISTING.search(line) is not None,
        code.encoding or _SHELL_ENCODING.search(line) is not None,
    )


@lru_cache(maxsize=1024)
def _outside(mounted: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return the expression of all paths that are not one's own, so that looking for one stays inside the engine."""
    own = b"|".join(re.escape(name.encode()) for name in mounted)
    data = rb"data/(?!(?:" + own + rb")" + _ENDS + rb")\w" if own else rb"data/\w"
    return re.compile(rb"/" + _BEGINS + rb"(?:" + b"|".join((_SYSTEM, _DEVICES, _HOMES, data)) + rb")")


def _lists(before: bytes, after: bytes) -> bool:
    if _RECURSIVE_CALL.search(before):
        return True
    return _FLAT_CALL.search(before) is not None and _WHOLE_TREE.search(before[-60:] + after[:60]) is not None


def _shell_lines(text: bytes) -> Iterator[bytes]:
    """What a notebook hands to a shell: ``!line``, and everything after a cell magic."""
    at = 0
    while (mark := _SHELL.search(text, at)) is not None:
        at = text.find(b"\\n", mark.end(), mark.end() + LONGEST_COMMAND)
        at = at if at >= 0 else min(len(text), mark.end() + LONGEST_COMMAND)
        yield text[mark.end() : at]
    if (magic := _MAGIC.search(text)) is not None:
        yield _lines(text[magic.end() :])


def _lines(text: bytes) -> bytes:
    """Turn JSON's escapes for ends of lines into ends of words."""
    return text.replace(b"\\n", b"\n").replace(b"\\t", b"\t")
