"""Just enough of the protocol-buffer wire format to list what an ONNX model holds, without a library that would run it.

Source: onnx/onnx.proto (field numbers of ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hub_extensions.exports.checks.inspection import Unreadable

_DEEPEST = 12


@dataclass(frozen=True)
class Tensor:
    """An initializer or an attribute's numbers."""

    name: str
    shape: tuple[int, ...]
    values: tuple[float | int | str, ...]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Unreadable("Le modèle est endommagé.", "The model is damaged.")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield (field number, wire type, value) of a message. Raises ``Unreadable`` when it is cut short."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == 2:
            length, at = _varint(data, at)
        elif wire in {1, 5}:
            length = 8 if wire == 1 else 4
        else:
            raise Unreadable("Le modèle est endommagé.", "The model is damaged.")
        if number == 0 or at + length > len(data):
            raise Unreadable("Le modèle est endommagé.", "The model is damaged.")
        yield number, wire, data[at : at + length]
        at += length


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""


def _numbers(value: int | bytes, wire: int, code: str) -> list[float | int]:
    """Return packed or single numbers: ``f`` float, ``d`` double, ``v`` varint."""
    if code == "v":
        if wire == 0:
            return [int(value)] if isinstance(value, int) else []
        found: list[float | int] = []
        data, at = _bytes(value), 0
        while at < len(data):
            number, at = _varint(data, at)
            found.append(number - (1 << 64) if number >> 63 else number)
        return found
    data, size = _bytes(value), struct.calcsize(code)
    return list(struct.unpack(f"<{len(data) // size}{code}", data[: len(data) // size * size]))


_RAW = {1: "f", 11: "d", 6: "i", 7: "q", 3: "b", 2: "B", 5: "h", 4: "H", 12: "I", 13: "Q"}


def _tensor(data: bytes, prefix: str = "") -> Tensor:
    shape: list[int] = []
    values: list[float | int | str] = []
    name, kind, raw = "", 0, b""
    for number, wire, value in fields(data):
        if number == 1:
            shape += [int(side) for side in _numbers(value, wire, "v")]
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number in {4, 10}:
            values += _numbers(value, wire, "f" if number == 4 else "d")
        elif number in {5, 7, 11}:
            values += _numbers(value, wire, "v")
        elif number == 6:
            values.append(_bytes(value).decode("utf-8", "replace"))
        elif number == 8:
            name = _bytes(value).decode("utf-8", "replace")
        elif number == 9:
            raw = _bytes(value)
    if raw and kind in _RAW:
        size = struct.calcsize(_RAW[kind])
        values = list(struct.unpack(f"<{len(raw) // size}{_RAW[kind]}", raw[: len(raw) // size * size]))
    return Tensor(prefix + name, tuple(shape), tuple(values))


def _attribute(data: bytes, node: str, operators: set[str], depth: int) -> Iterator[Tensor]:
    name = ""
    values: list[float | int | str] = []
    for number, wire, value in fields(data):
        if number == 1:
            name = _bytes(value).decode("utf-8", "replace")
        elif number == 7:
            values += _numbers(value, wire, "f")
        elif number == 8:
            values += _numbers(value, wire, "v")
        elif number == 9:
            values.append(_bytes(value).decode("utf-8", "replace"))
        elif number == 5:
            yield _tensor(_bytes(value), f"{node}.{name}")
        elif number in {6, 11}:
            yield from _graph(_bytes(value), operators, depth + 1)
    if values:
        yield Tensor(f"{node}.{name}", (len(values),), tuple(values))


def _graph(data: bytes, operators: set[str], depth: int = 0) -> Iterator[Tensor]:
    if depth > _DEEPEST:
        raise Unreadable("Le modèle est trop imbriqué.", "The model nests too deep.")
    for number, _, value in fields(data):
        if number == 1:
            yield from _node(_bytes(value), operators, depth)
        elif number == 5:
            yield _tensor(_bytes(value))


def _node(data: bytes, operators: set[str], depth: int) -> Iterator[Tensor]:
    parts = list(fields(data))
    kind = next((_bytes(value).decode("utf-8", "replace") for number, _, value in parts if number == 4), "")
    operators.add(kind)
    for number, _, value in parts:
        if number == 5:
            yield from _attribute(_bytes(value), kind, operators, depth)


def texts_of(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield every text in a message, whichever field it stands in, messages inside it included.

    Field numbers are not asked for: rows hide alike in a description, a property, or a field that ONNX does not know.
    """
    try:
        parts = [value for _, wire, value in fields(data) if wire == 2 and isinstance(value, bytes)]
    except Unreadable:
        return
    for value in parts:
        text = _printable(value)
        if text is not None:
            yield text
        elif depth < _DEEPEST:
            yield from texts_of(value, depth + 1)


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in "\n\r\t" for sign in text) and len(text) > 2 else None


def tensors_of(data: bytes) -> tuple[set[str], list[Tensor]]:
    """Return the operators of an ONNX model and every array of numbers in it, sub-graphs included."""
    operators: set[str] = set()
    tensors: list[Tensor] = []
    for number, wire, value in fields(data):
        if number == 7 and wire == 2:
            tensors += _graph(_bytes(value), operators)
    return operators, tensors
