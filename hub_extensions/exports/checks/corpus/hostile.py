"""Files that attack the checks: wrong types, bombs, names, pickles that run code."""

import gzip
import os
import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, Case, table
from hub_extensions.exports.checks.corpus.drawings import png
from hub_extensions.exports.checks.corpus.workbooks import zipped

#: What the evil pickle would make if anything ever ran it.
CANARY = Path(tempfile.gettempdir()) / "bureau-corpus-canary"


class _Evil:
    """Runs a command when it is unpickled; harmless as long as nobody unpickles it."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {CANARY}",)


def cases() -> Iterator[Case]:
    """Yield every hostile file of the corpus."""
    yield from _types()
    yield Case("evil.pkl", BLOCK, "code in a pickle, never run", pickle.dumps(_Evil(), protocol=4))
    yield Case("evil_old.pkl", BLOCK, "code in a pickle of protocol 0", pickle.dumps(_Evil(), protocol=0))
    yield Case("evil.csv", BLOCK, "a pickle called CSV", pickle.dumps(_Evil(), protocol=0))


def _types() -> Iterator[Case]:
    clean = table(["dep", "n"], [["75", 120], ["92", 131]])
    yield Case("empty.csv", BLOCK, "no byte at all")
    yield Case("two_gigabytes.csv", BLOCK, "2 GB, answered without reading", sparse=2 << 30)
    yield Case("fake.png", BLOCK, "a CSV called PNG", clean)
    yield Case("gz.csv", BLOCK, "gzip called CSV", gzip.compress(clean, mtime=0))
    yield Case("zip.csv", BLOCK, "ZIP called CSV", zipped({"a.csv": clean}))
    yield Case("page.csv", BLOCK, "a page called CSV", b"<html><body><script>alert(1)</script></body></html>")
    yield Case("png.csv", BLOCK, "a picture called CSV", png())
    yield Case("nul.csv", BLOCK, "NUL bytes inside", b"dep,n\n75,1\x0020\n92,131\n")
    yield Case("archive.zip", BLOCK, "archives do not leave", zipped({"a.csv": clean}))
    yield Case("bomb.zip", BLOCK, "a bomb", zipped({"a": b"0" * 30_000_000}))
    yield Case("traversal.zip", BLOCK, "a name that leaves its folder", zipped({"../../etc/cron.d/x": b"x"}))
    yield Case(
        "bomb.xlsx",
        BLOCK,
        "a workbook that is a bomb",
        zipped(
            {
                "[Content_Types].xml": b"<Types/>",
                "xl/workbook.xml": b"<w/>",
                "xl/worksheets/sheet1.xml": b" " * 40_000_000,
            }
        ),
    )
    yield Case("data.rds", BLOCK, "R data are not accepted", gzip.compress(b"X\n\0\0\0\3" + b"x" * 200, mtime=0))
    yield Case("data.sqlite", BLOCK, "databases are not accepted", b"SQLite format 3\0" + b"\0" * 2000)
    yield Case(
        "data.dta", BLOCK, "Stata data are not accepted", b"<stata_dta><header><release>118</release>" + b"\0" * 500
    )
    yield Case("data.h5", BLOCK, "HDF5 is not accepted", b"\x89HDF\r\n\x1a\n" + b"\0" * 500)
    yield Case("program.exe", BLOCK, "programs are not accepted", b"MZ" + b"\x90\0" * 400)
    yield Case("noextension", BLOCK, "no extension", clean)
    yield Case("right\u202evsc.csv", BLOCK, "a right-to-left mark in the name", clean)
    yield Case("zero\u200bwidth.csv", BLOCK, "a zero-width space in the name", clean)
    yield Case(".hidden.csv", BLOCK, "a hidden name", clean)
