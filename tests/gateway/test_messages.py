"""Kernel messages: one reading only, both sub-protocols, nothing unknown."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_extensions.gateway.messages import ALLOWED, V1, Message, parse, serialise
from project_spaces.errors import Invalid

HEADER = {"msg_id": "m-1", "msg_type": "execute_request", "session": "s-1", "username": "mallory", "version": "5.4"}


def a_message(**changes: object) -> Message:
    facts = {"channel": "shell", "header": HEADER, "parent_header": {}, "metadata": {}, "content": {"code": "1+1"}}
    return Message(**{**facts, **changes})  # type: ignore[arg-type]


def json_frame(**changes: object) -> str:
    whole = {"channel": "shell", "header": HEADER, "parent_header": {}, "metadata": {}, "content": {"code": "1"}}
    return json.dumps({**whole, **changes})


@pytest.mark.parametrize("subprotocol", ["", V1])
@pytest.mark.parametrize("buffers", [(), (b"", b"\x00\xff" * 10)])
def test_what_is_written_is_read_back(subprotocol: str, buffers: tuple[bytes, ...]) -> None:
    message = a_message(buffers=buffers)
    assert parse(serialise(message, subprotocol), subprotocol) == message


def test_the_identity_is_that_of_the_sign_in() -> None:
    assert parse(json_frame(), "").signed_in_as("ana").header["username"] == "ana"


@pytest.mark.parametrize(
    "frame",
    [
        '{"channel":"shell","header":{},"content":{"code":"A","code":"B"}}',
        json_frame().replace('"code": "1"', '"code": "A", "code": "B"'),
        json_frame().replace('"1"', "NaN"),
        json_frame().replace('"1"', "Infinity"),
        json_frame().replace('"1"', '"\\ud800"'),
        json_frame(header={**HEADER, "msg_type": "apply_request"}),
        json_frame(header={**HEADER, "msg_type": "execute_reply"}),
        json_frame(header={**HEADER, "smuggled": "x"}),
        json_frame(header={**HEADER, "msg_id": "x" * 129}),
        json_frame(header={**HEADER, "msg_id": "a b"}),
        json_frame(header=[]),
        json_frame(channel="iopub"),
        json_frame(channel="hb"),
        json_frame(channel="control"),
        json_frame(extra=1),
        json_frame(buffers=["x"]),
        json_frame(msg_type="kernel_info_request"),
        "[]",
        "",
        '{"a":' * 5000,
        b"\x00\x00\x00\x01",
        b"",
    ],
)
def test_anything_else_is_refused_with_one_sentence(frame: str | bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse(frame, "")
    assert refused.value.text.fr.startswith("Message de noyau refusé")
    assert refused.value.text.en.startswith("Kernel message refused")


def test_text_in_the_binary_protocol_is_refused() -> None:
    with pytest.raises(Invalid):
        parse(json_frame(), V1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: frame[:-1],
        lambda frame: frame + b"x",
        lambda frame: struct.pack("<Q", 2**60) + frame[8:],
        lambda frame: frame[:8] + struct.pack("<Q", 0) + frame[16:],
        lambda frame: frame[:16] + struct.pack("<Q", 2**63) + frame[24:],
        lambda frame: frame[:7],
    ],
)
def test_binary_offsets_must_cover_the_frame_exactly(damage) -> None:
    frame = serialise(a_message(), V1)
    assert isinstance(frame, bytes)
    with pytest.raises(Invalid):
        parse(damage(frame), V1)


@given(st.binary(max_size=400))
def test_random_bytes_never_raise_anything_but_a_refusal(frame: bytes) -> None:
    for subprotocol in ("", V1):
        with pytest.raises(Invalid):
            parse(frame, subprotocol)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


@given(
    content=st.dictionaries(st.text(), VALUES, max_size=5),
    buffers=st.lists(st.binary(max_size=50), max_size=3),
    kind=st.sampled_from(sorted((channel, kind) for channel, kinds in ALLOWED.items() for kind in kinds)),
    subprotocol=st.sampled_from(["", V1]),
)
def test_every_known_message_survives_both_protocols(content, buffers, kind, subprotocol) -> None:
    message = a_message(
        channel=kind[0], header={**HEADER, "msg_type": kind[1]}, content=content, buffers=tuple(buffers)
    )
    again = parse(serialise(message, subprotocol), subprotocol)
    assert again == message
    assert serialise(again, subprotocol) == serialise(message, subprotocol)
