"""The true type of a file, from its content, and whether its name says the same.

Own signatures decide for the formats that we know (they are exact); magika is the second opinion for everything else
and for what pretends to be text. It calls a small CSV « txt » often enough that it may accuse, never acquit.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Extension → type. What is not here does not leave.
ALLOWED = {
    "csv": "csv",
    "tsv": "csv",
    "txt": "text",
    "md": "text",
    "log": "text",
    "json": "json",
    "ipynb": "notebook",
    "html": "html",
    "htm": "html",
    "svg": "svg",
    "pdf": "pdf",
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "xlsx": "xlsx",
    "parquet": "parquet",
    "docx": "docx",
    "pptx": "pptx",
    "skops": "skops",
    "onnx": "onnx",
    "safetensors": "safetensors",
    "npy": "npy",
    "npz": "npz",
    "py": "code",
    "r": "code",
    "sql": "code",
    "yaml": "text",
    "yml": "text",
    "tex": "text",
    "geojson": "json",
}

#: Types that are plain text, read by our own parsers.
TEXTUAL = frozenset({"csv", "text", "json", "notebook", "html", "svg", "code"})

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"%PDF-", "pdf"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x7fELF", "executable"),
    (b"MZ", "executable"),
    (b"GIF8", "gif"),
    (b"RIFF", "riff"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "arrow"),
    (b"<stata_dta>", "stata"),
    (b"\x93NUMPY", "npy"),
    (b"RDX2", "rdata"),
    (b"RDX3", "rdata"),
    (b"RDA", "rdata"),
    (b"X\n\x00\x00\x00", "rds"),
    (b"A\n2\n", "rds"),
    (b"A\n3\n", "rds"),
    (b"$FL2", "spss"),
    (b"%!PS", "postscript"),
    (b"Obj\x01", "avro"),
    (b"ORC", "orc"),
    (b"{\\rtf", "rtf"),
)
_PICKLE = re.compile(rb"^\x80[\x02-\x05]")
_OLD_PICKLE = re.compile(
    rb"^[(c\]}]?c?(?:__builtin__|builtins|os|posix|nt|subprocess|copy_reg|numpy|pandas|sklearn|_codecs)[\w.]*\n\w+\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class TrueType:
    """``kind`` from the content; ``label`` what magika calls it; ``declared`` from the extension, empty when
    unknown."""

    kind: str
    label: str
    declared: str
    extension: str

    @property
    def matches(self) -> bool:
        """Whether name and content agree."""
        if not self.declared:
            return True
        if self.declared in TEXTUAL:
            return self.kind in {"text", self.declared}
        return self.kind == self.declared


def _zip_kind(names: list[str]) -> str:
    if "[Content_Types].xml" in names:
        for prefix, kind in (("xl/", "xlsx"), ("word/", "docx"), ("ppt/", "pptx")):
            if any(name.startswith(prefix) for name in names):
                return kind
    if "schema.json" in names:
        return "skops"
    return "npz" if names and all(name.endswith(".npy") for name in names) else "zip"


def _listing(path: Path) -> list[str]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()[:20_000]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _markup(head: bytes) -> str | None:
    """Return html, svg or xml when the text is markup, whatever it is called."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith(b"<"):
        return None
    if b"<svg" in start:
        before = start.split(b"<svg", 1)[0]
        if b"<html" not in before and b"<body" not in before:
            return "svg"
    if start.startswith(b"<?xml") and b"<html" not in start:
        return "xml"
    tags = rb"<(?:!doctype\s+html|html|head|body|table|div|script|style|meta|iframe|img|p|h[1-6]|span|a|ul|form|link|section|!--)"  # noqa: E501
    return "html" if re.match(tags, start) else None


def is_text(head: bytes) -> bool:
    """Whether *head* decodes as text without control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\r\f\x1b")
    return b"\0" not in head and controls <= len(head) // 200


def _content_kind(path: Path, head: bytes, declared: str) -> str:
    for magic, kind in _SIGNATURES:
        if head.startswith(magic) and not (kind in {"executable", "rds", "orc", "rdata"} and is_text(head)):
            return _zip_kind(_listing(path)) if kind == "zip" else kind
    if _PICKLE.match(head) or _OLD_PICKLE.match(head):
        return "pickle"
    if not is_text(head):
        return declared if declared in {"onnx", "safetensors"} else "binary"
    markup = _markup(head)
    if markup is not None and declared not in {"code", "text"}:
        return markup
    return "text"


def _magika_label(path: Path) -> tuple[str, str, float]:
    """Return magika's label, group and score; it loads a model, so it is imported where it is used."""
    from magika import Magika

    global _MAGIKA  # noqa: PLW0603
    if _MAGIKA is None:
        _MAGIKA = Magika()
    result = _MAGIKA.identify_path(path)
    return str(result.output.label), str(result.output.group), float(result.score)


_MAGIKA: Any = None


def true_type(path: Path, extension: str) -> TrueType:
    """Return what *path* holds.

    Args:
        path: the file; at most its first 64 KiB and, for archives, the list of members are read.
        extension: the last suffix of its name, lower case, without the dot.
    """
    declared = ALLOWED.get(extension, "")
    with path.open("rb") as file:
        head = file.read(65_536)
    kind = _content_kind(path, head, declared)
    label, group, score = _magika_label(path)
    accused = group not in {"text", "code", "unknown", "inode"} and score >= 0.9 and label not in {"svg", "html", "xml"}
    if kind == "text" and accused:
        kind = label
    return TrueType(kind, label, declared, extension)
