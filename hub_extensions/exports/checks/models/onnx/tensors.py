"""The arrays of an ONNX model: each type that weights come in, and no byte beside what their shape asks for.

A tensor keeps its values in one of several places; one that uses two, or holds more than its shape says, is refused,
since a runtime would read one thing and a reader of files another.
"""

import math
from collections.abc import Sequence
from typing import Any

from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.models.onnx.wire import BYTES, EIGHT, FOUR, VARINT, damaged, fields, varints

#: NumPy's name of each data type, and the field that holds its values when they are not raw.
_TYPES = {
    1: ("<f4", 4), 2: ("u1", 5), 3: ("i1", 5), 4: ("<u2", 5), 5: ("<i2", 5), 6: ("<i4", 5), 7: ("<i8", 7), 8: ("U", 6),
    9: ("?", 5), 10: ("<f2", 5), 11: ("<f8", 10), 12: ("<u4", 11), 13: ("<u8", 11), 16: ("bf16", 5),
}  # fmt: skip
_CODES = {4: "f", 5: "v", 7: "v", 10: "d", 11: "v"}
_DIMS, _KIND, _STRINGS, _NAME, _RAW, _DOC, _EXTERNAL, _LOCATION, _ENTRY = 1, 2, 6, 8, 9, 12, 13, 14, 16


def numbers(value: int | bytes, wire: int, code: str) -> Any:
    """Return packed or single numbers as an array: ``f`` float, ``d`` double, ``v`` varint."""
    import numpy as np

    if code == "v":
        if wire == VARINT:
            return np.array([value], dtype=np.uint64).view(np.int64)
        return varints(value) if isinstance(value, bytes) and wire == BYTES else _refuse()
    size, kind = (4, "<f4") if code == "f" else (8, "<f8")
    if wire not in {BYTES, FOUR if code == "f" else EIGHT} or not isinstance(value, bytes) or len(value) % size:
        return _refuse()
    return np.frombuffer(value, dtype=kind)


def _refuse() -> Any:
    raise damaged()


def listed(parts: Sequence[Any]) -> Any:
    """Return numbers, words, or arrays in a row as one array."""
    import numpy as np

    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else np.array(parts)


def array_of(data: bytes) -> tuple[str, Any, list[bytes]]:
    """Return the name of a tensor, its values, and the texts beside them; ``None`` when they lie in another file.

    Raises:
        Unreadable: its values are not exactly what its type and shape ask for.
    """
    shape, kind, name, texts = list[int](), 0, "", list[bytes]()
    held: dict[int, list[Any]] = {}
    external = False
    for number, wire, value in fields(data):
        if number == _DIMS:
            shape += [int(side) for side in numbers(value, wire, "v")]
        elif number in {_KIND, _LOCATION} and isinstance(value, int):
            kind = value if number == _KIND else kind
            external = external or (number == _LOCATION and value != 0)
        elif number in _CODES:
            held.setdefault(number, []).append(numbers(value, wire, _CODES[number]))
        elif not isinstance(value, bytes):
            raise damaged()
        elif number in {_STRINGS, _RAW}:
            held.setdefault(number, []).append(value)
        elif number in {_NAME, _DOC, _ENTRY}:
            texts += _beside(number, value)
            name = value.decode("utf-8", "replace") if number == _NAME else name
        elif number == _EXTERNAL:
            external = True
        else:
            raise Unreadable("Un tableau du modèle a un champ inconnu.", "A tensor has an unknown field.")
    return name, None if external else _values(name, shape, kind, held), texts


def _beside(number: int, value: bytes) -> list[bytes]:
    if number != _ENTRY:
        return [value]
    return [part for _, _, part in fields(value) if isinstance(part, bytes)]


def _values(name: str, shape: Sequence[int], kind: int, held: dict[int, list[Any]]) -> Any:
    import numpy as np

    if kind not in _TYPES or any(side < 0 for side in shape):
        raise Unreadable(
            f"Le tableau « {name[:60]} » est d'un type qui n'est pas lu ({kind}).",
            f"The tensor {name[:60]} is of a type that isn't read ({kind}).",
        )
    dtype, place = _TYPES[kind]
    size = math.prod(shape)
    if len(held) > 1 or set(held) - {place, _RAW} or (kind == 8 and _RAW in held):
        raise _other_size(name)
    if _RAW in held:
        values = np.frombuffer(b"".join(held[_RAW]), dtype="<u2" if dtype == "bf16" else dtype)
    elif kind == 8:
        values = np.array([text.decode("utf-8", "replace") for text in held.get(place, [])])
    else:
        values = _narrowed(np.concatenate(held[place]) if held else np.zeros(0), dtype, name)
    if len(values) != size:
        raise _other_size(name)
    if dtype == "bf16":
        values = (values.astype("<u4") << 16).view("<f4")
    return values.reshape(tuple(shape))


def _narrowed(values: Any, dtype: str, name: str) -> Any:
    """Return values in the type that the tensor says, refusing bits that it has no place for."""
    import numpy as np

    if dtype in {"<f2", "bf16"}:
        if values.size and not (values.min() >= 0 and values.max() <= 0xFFFF):
            raise _other_size(name)
        return values.astype("<u2").view("<u2" if dtype == "bf16" else "<f2")
    narrow = values.astype(np.dtype(dtype))
    if values.dtype.kind == "i" and not np.array_equal(narrow.astype(np.int64), values):
        raise _other_size(name)
    return narrow


def _other_size(name: str) -> Unreadable:
    return Unreadable(
        f"Le tableau « {name[:60]} » contient autre chose que ce que sa forme annonce.",
        f"The tensor {name[:60]} holds something else than its shape says.",
    )
