"""Takes an array of a model down, as rows of text and as numbers, to be matched; and reads what its bits say besides.

One way in for every format, so that none keeps an array from being looked at.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.inspection import Inspected, NamedArray

#: Rows written out as text, evenly spread, and the width up to which they are.
MOST_ROWS, WIDEST, FEWEST = 5000, 500, 5
#: What parts the values of a row that is written as one word, and how many of them there are at most.
_BETWEEN, MOST_PARTS = re.compile(r"[\s;,|/:_=]+"), 40
#: Bytes of an array from which it may be asked whether they are a text or a file, and the share that must be printable.
ENOUGH_BYTES, PRINTABLE = 64, 0.95
#: Numbers that no model computes with: bytes of something else look so, as often as not.
_LARGE, _SMALL, ODD = 1e18, 1e-18, 0.2
_FILES = (
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"SQLite format",
    b"\x80\x04\x95",
)
#: The bits of « not a number » that processors and NumPy write; the others of its many are a place to write into.
_PLAIN_NAN = {2: (0x7E00, "<u2"), 4: (0x7FC00000, "<u4"), 8: (0x7FF8000000000000, "<u8")}


def keep_array(result: Inspected, array: Any, where: str) -> None:
    """Add *array* to what is matched against the project's data, and a block when its bits hold more than numbers."""
    if array.dtype.names:
        for name in array.dtype.names:
            keep_array(result, array[name], f"{where}.{name}")
        return
    if array.ndim == 0 or array.size == 0:
        return
    result.findings += [*_written_nans(array, where), *_written_bytes(array, where)]
    numbers = array if array.dtype.kind in "fiub" else None
    result.arrays.append(NamedArray(where, text_rows(array), numbers))


def text_rows(array: Any) -> tuple[tuple[str, ...], ...]:
    """Return the rows of an array as text, at most :data:`MOST_ROWS`; none when it is too short or too wide."""
    flat = array.reshape(array.shape[0], -1)
    if flat.shape[0] < FEWEST or flat.shape[1] > WIDEST:
        return ()
    return tuple(
        tuple(f"{value:.15g}" if isinstance(value, float) else str(value) for value in row.tolist())
        for row in flat[:: -(-flat.shape[0] // MOST_ROWS)]
    )


def _written_nans(array: Any, where: str) -> Iterator[Finding]:
    """Yield a block when « not a number » is written in bits of which the values say nothing."""
    import numpy as np

    plain = _PLAIN_NAN.get(array.dtype.itemsize) if array.dtype.kind == "f" else None
    if plain is None:
        return
    bits, kind = plain
    nans = array[np.isnan(array)]
    sign = 1 << (8 * array.dtype.itemsize - 1)
    written = np.ascontiguousarray(nans.astype(array.dtype.newbyteorder("<"))).view(kind) & ~np.array(sign, dtype=kind)
    if np.any(written != bits):
        yield block(
            "model.nan",
            where,
            "Des valeurs « NaN » portent autre chose que « NaN » dans leurs bits.",
            "NaN values carry more than NaN in their bits.",
        )


def _written_bytes(array: Any, where: str) -> Iterator[Finding]:
    """Yield a block when the bytes of an array are a text or a file, or numbers that no model computes with."""
    import numpy as np

    if array.dtype.kind not in "fiu" or array.nbytes < ENOUGH_BYTES:
        return
    octets = np.frombuffer(array.tobytes(), dtype=np.uint8)
    printable = np.mean(((octets >= 32) & (octets < 127)) | (octets == 9) | (octets == 10) | (octets == 13))
    odd = 0.0
    if array.dtype.kind == "f" and array.dtype.itemsize > 2:
        with np.errstate(all="ignore"):
            size = np.abs(array.astype(np.float64).ravel())
        used = size[np.isfinite(size) & (size > 0)]
        odd = float(np.mean((used > _LARGE) | (used < _SMALL))) if len(used) >= ENOUGH_BYTES // 8 else 0.0
    if octets[:16].tobytes().startswith(_FILES) or (printable > PRINTABLE and len(np.unique(octets)) > 4) or odd > ODD:
        yield block(
            "model.bytes",
            where,
            "Les octets de ce tableau sont un texte ou un fichier, pas des poids.",
            "The bytes of this array are a text or a file, no weights.",
        )


def keep_texts(result: Inspected, texts: Iterable[str], where: str) -> None:
    """Add what stands between separators in *texts* as rows to be matched: names and keys carry persons too."""
    by_length: dict[int, list[tuple[str, ...]]] = {}
    for text in texts:
        for line in text.splitlines():
            parts = tuple(part for part in _BETWEEN.split(line) if part)
            if 3 <= len(parts) <= MOST_PARTS and any(part[-1:].isdigit() for part in parts):
                by_length.setdefault(len(parts), []).append(parts)
    for length, rows in by_length.items():
        if len(rows) >= FEWEST:
            kept = rows[:: -(-len(rows) // MOST_ROWS)]
            result.arrays.append(NamedArray(f"{where} ({length})", tuple(kept)))
