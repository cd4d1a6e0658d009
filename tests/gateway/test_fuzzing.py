"""A fuzzer on the parser of kernel messages: a refusal, or one message that every reader reads the same way."""

import json
import struct
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub_extensions.gateway.messages import ALLOWED, V1, Message, parse, serialise
from hub_extensions.gateway.terminals import terminal_frame
from project_spaces.errors import Invalid

KINDS = sorted((channel, kind) for channel, kinds in ALLOWED.items() for kind in kinds)
TEXTS = st.sampled_from(["", "1+1", "é", "\u2028", "\x00", '"', "\\", "\U0001f600", "a" * 300, "</script>", "NaN"])
VALUES = st.recursive(
    TEXTS | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
MESSAGES = st.builds(
    lambda where, session, content, metadata, buffers: Message(
        where[0],
        {"msg_id": "m-1", "msg_type": where[1], "session": session, "username": "u", "version": "5.4"},
        {},
        metadata,
        content,
        tuple(buffers),
    ),
    st.sampled_from(KINDS),
    st.sampled_from(["s", "S-1:2.3"]),
    st.dictionaries(TEXTS, VALUES, max_size=3),
    st.dictionaries(TEXTS, VALUES, max_size=2),
    st.lists(st.binary(max_size=20), max_size=2),
)
#: What breaks parsers, spliced in anywhere.
SPLICES = st.sampled_from(
    [
        b'"code":"other",',
        b'{"a":1,"a":2}',
        b"\xff",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\x00",
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"[" * 100,
        b"{" * 70,
        b"//",
        b",",
        b"\xef\xbb\xbf",
        b'"header":{},',
        b'"buffers":[1],',
        b" ",
        b"\x0b",
        b"01",
        b"'",
    ]
)
PROTOCOLS = st.sampled_from(["", V1])


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes | str, str]:
    """A valid frame in which bytes were changed, taken out, doubled, spliced in or cut off."""
    protocol = draw(PROTOCOLS)
    frame = serialise(draw(MESSAGES), protocol)
    data = bytearray(frame.encode() if isinstance(frame, str) else frame)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 12))
        piece = bytes(data[at : at + length])
        match draw(st.sampled_from(["flip", "drop", "double", "splice", "cut"])):
            case "flip" if data:
                data[at] ^= draw(st.integers(1, 255))
            case "drop":
                del data[at : at + length]
            case "double":
                data[at:at] = piece
            case "splice":
                data[at:at] = draw(SPLICES)
            case "cut":
                del data[at:]
    as_text = isinstance(frame, str) and draw(st.booleans())
    return (data.decode("utf-8", "surrogateescape") if as_text else bytes(data)), protocol


def readings(frame: str | bytes, protocol: str) -> list[Any]:
    """Every JSON text of a forwarded frame as Python's own parser reads it; a key that comes twice is an error."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), "two readings"
        return dict(pairs)

    if protocol == V1:
        assert isinstance(frame, bytes)
        (count,) = struct.unpack_from("<Q", frame)
        offsets = struct.unpack_from(f"<{count}Q", frame, 8)
        texts = [frame[start:end] for start, end in pairwise(offsets)][1:5]
    elif isinstance(frame, bytes):
        first, *rest = struct.unpack_from(f"!{struct.unpack_from('!I', frame)[0]}I", frame, 4)
        texts = [frame[first : rest[0] if rest else len(frame)]]
    else:
        texts = [frame.encode()]
    return [json.loads(text, object_pairs_hook=once) for text in texts]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_a_damaged_frame_is_refused_or_has_exactly_one_reading(case: tuple[bytes | str, str]) -> None:
    frame, protocol = case
    try:
        message = parse(frame, protocol)
        out = serialise(message, protocol)
    except Invalid:
        return
    assert serialise(parse(out, protocol), protocol) == out, "what is forwarded is a fixed point"
    parts = [message.header, message.parent_header, message.metadata, message.content]
    read = readings(out, protocol)
    if protocol != V1:
        (whole,) = read
        read = [whole[name] for name in ("header", "parent_header", "metadata", "content")]
        assert (whole["channel"], whole["buffers"]) == (message.channel, [])
    assert read == parts, "the kernel's parser reads what the gateway recorded"
    assert message.kind in ALLOWED[message.channel]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300), PROTOCOLS)
def test_arbitrary_input_is_refused_in_words(frame: bytes | str, protocol: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(frame, protocol)
    assert refused.value.text.fr
    assert refused.value.text.en


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60)
    | st.builds(json.dumps, st.lists(VALUES, max_size=6))
    | st.just('["set_size",1e999,80]')
    | st.builds(lambda typed: json.dumps(["stdin", typed]), st.text())
    | st.builds(lambda sizes: json.dumps(["set_size", *sizes]), st.lists(st.floats() | st.integers(), max_size=5))
)
def test_a_terminals_frame_is_refused_or_a_fixed_point(frame: str) -> None:
    try:
        out = terminal_frame(frame)
    except Invalid:
        return
    assert terminal_frame(out) == out
    assert json.loads(out)[0] in {"stdin", "set_size"}
