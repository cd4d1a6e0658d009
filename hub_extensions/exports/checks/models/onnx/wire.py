"""Just enough of the wire format of protocol buffers to read a message without the library that made it.

Source: https://protobuf.dev/programming-guides/encoding/. Groups (wire types 3 and 4) don't occur in ONNX.
"""

from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.inspection import Unreadable

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
#: Bytes of the longest number of 64 bits.
_LONGEST = 10


def damaged() -> Unreadable:
    """Return the refusal of bytes that are no message."""
    return Unreadable("Le modèle est endommagé.", "The model is damaged.")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise damaged()
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & (1 << 64) - 1, at


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield (field number, wire type, value) of a message. Raises ``Unreadable`` when it is cut short."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == BYTES:
            length, at = _varint(data, at)
        elif wire in {EIGHT, FOUR}:
            length = 8 if wire == EIGHT else 4
        else:
            raise damaged()
        if number == 0 or at + length > len(data):
            raise damaged()
        yield number, wire, data[at : at + length]
        at += length


def varints(data: bytes) -> Any:
    """Return a packed list of numbers as 64-bit integers, all decoded at once: a forest holds millions."""
    import numpy as np

    octets = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    if len(octets) == 0:
        return np.zeros(0, dtype=np.int64)
    if len(ends) == 0 or ends[-1] != len(octets) - 1:
        raise damaged()
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST:
        raise damaged()
    values = np.zeros(len(starts), dtype=np.uint64)
    for place in range(int(lengths.max())):
        held = lengths > place
        part = (octets[starts[held] + place] & 0x7F).astype(np.uint64)
        values[held] |= part << np.uint64(7 * place)
    return values.view(np.int64)
