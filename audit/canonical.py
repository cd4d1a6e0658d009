"""One way to write JSON and one strict way to read it, so that what is recorded is what every other reader sees.

``{"code": "A", "code": "B"}`` means B to one parser and A to another (TRAPS C2): input with room for two readings is
refused here, and what is forwarded is written again by us. ``dumps`` follows RFC 8785 (JCS) without floating point,
because its bytes are hashed; ``reserialise`` keeps floats and key order, for messages that go on to a kernel.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from audit.errors import Malformed

#: Deeper nesting has no use in what we read and is how parsers are exhausted.
MAX_DEPTH = 64
#: Largest integer that every JSON reader keeps exact (RFC 7493, section 2.2).
MAX_SAFE_INTEGER = 2**53 - 1

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def _encoder(*, sort_keys: bool) -> Callable[[object], str]:
    """Return what ``JSONEncoder.encode`` does, with one C encoder for all values: making it is half of a small one's
    cost, and a cell is written in six.
    """
    plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys, allow_nan=False)
    make = json.encoder.c_make_encoder  # type: ignore[attr-defined] # None where Python has no C encoder
    if make is None:
        return plain.encode
    chunks = make(None, plain.default, json.encoder.encode_basestring, None, ":", ",", sort_keys, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode_sorted, _encode_in_order = _encoder(sort_keys=True), _encoder(sort_keys=False)


def dumps(value: object) -> bytes:
    """Return the canonical bytes of *value* (RFC 8785): equal values give equal bytes.

    Raises
    ------
    Malformed
        for floats, integers beyond 2**53-1, keys that are not strings, lone surrogates, nesting beyond 64.
    """
    _check_exact(value, 0)
    try:
        text = _encode_sorted(value)
        if not text.isascii() and max(text) > "\uffff":  # only then do code points and UTF-16 units sort differently
            text = _encode_in_order(_sorted_utf16(value))
        return text.encode()
    except (ValueError, TypeError) as error:
        msg = f"no canonical form: {error}"
        raise Malformed(msg) from None


def reserialise(value: object) -> bytes:
    """Return strict JSON bytes of *value* as parsed: order kept, finite floats allowed (for messages we forward).

    Raises
    ------
    Malformed
        for NaN, infinities, lone surrogates and types that JSON does not have.
    """
    try:
        return _encode_in_order(value).encode()
    except (ValueError, TypeError, RecursionError) as error:
        msg = f"not JSON: {error}"
        raise Malformed(msg) from None


def loads_strict(data: bytes | bytearray | memoryview | str, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON that has exactly one reading.

    Raises
    ------
    Malformed
        for duplicate keys, NaN and infinities (also as ``1e999``), bad UTF-8, lone surrogates, nesting beyond
        *max_depth*, trailing bytes, a byte order mark, integers of thousands of digits.
    """
    try:
        text = data if isinstance(data, str) else str(data, "utf-8")
        value = _decoder.decode(text)
    except RecursionError:
        msg = f"nested deeper than {max_depth}"
        raise Malformed(msg) from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, Malformed, int() of too many digits
        msg = f"not strict JSON: {error}"
        raise Malformed(msg) from None
    if text.count("[") + text.count("{") > max_depth:
        _check_depth(value, max_depth)
    if isinstance(data, str) or _SURROGATE_ESCAPE.search(text):
        reserialise(value)  # encoding to UTF-8 is what finds a surrogate without its pair
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        msg = f"key {twice[:64]!r} appears twice"
        raise Malformed(msg)
    return result


def _refuse_constant(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise Malformed(msg)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = f"{text[:32]} is too large for a number"
        raise Malformed(msg)
    return value


_decoder = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant, parse_float=_finite, strict=True
)


def _check_depth(value: Any, max_depth: int) -> None:
    level = [value]
    for _ in range(max_depth):
        level = [child for parent in level for child in _children(parent) if isinstance(child, dict | list)]
        if not level:
            return
    msg = f"nested deeper than {max_depth}"
    raise Malformed(msg)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_exact(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        msg = f"nested deeper than {MAX_DEPTH}"
        raise Malformed(msg)
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            msg = f"integer {value} is not exact in every reader"
            raise Malformed(msg)
        return
    items: Iterable[object]
    if isinstance(value, dict):
        if not all(type(key) is str for key in value):
            msg = "a key is not a string"
            raise Malformed(msg)
        items = value.values()
    elif isinstance(value, list | tuple):
        items = value
    else:
        msg = f"{type(value).__name__} has no canonical form"
        raise Malformed(msg)
    for item in items:
        if type(item) is not str:
            _check_exact(item, depth + 1)


def _sorted_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted_utf16(value[key]) for key in sorted(value, key=lambda text: text.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_sorted_utf16(item) for item in value]
    return value
