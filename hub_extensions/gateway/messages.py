"""Kernel messages as the browser sends them, parsed strictly and written anew.

Two parsers may read one text differently (``{"code":"A","code":"B"}``, TRAPS C2), so nothing is forwarded as it came:
a frame is parsed by one strict parser, checked against the list of messages that exist, given the identity of the
sign-in, and serialised again. The bytes that result are the bytes recorded and the bytes forwarded.

Both sub-protocols of Jupyter Server are spoken: ``v1.kernel.websocket.jupyter.org`` (binary, offsets then parts) and
the older one without a name (JSON text, or binary when buffers are attached).
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from audit.canonical import loads_strict, reserialise
from audit.errors import Malformed
from project_spaces.errors import Invalid
from project_spaces.text import Text

V1 = "v1.kernel.websocket.jupyter.org"

#: Every message that a front end may send, by channel (Jupyter messaging 5.5, JEP 91, ipykernel's usage request).
#: All of them can run code in a kernel (TRAPS C1), so all are recorded; any other is refused.
ALLOWED: Mapping[str, frozenset[str]] = {
    "shell": frozenset(
        {
            "execute_request",
            "inspect_request",
            "complete_request",
            "history_request",
            "is_complete_request",
            "connect_request",
            "comm_info_request",
            "kernel_info_request",
            "comm_open",
            "comm_msg",
            "comm_close",
        }
    ),
    "control": frozenset(
        {
            "interrupt_request",
            "shutdown_request",
            "debug_request",
            "kernel_info_request",
            "usage_request",
            "create_subshell_request",
            "delete_subshell_request",
            "list_subshell_request",
        }
    ),
    "stdin": frozenset({"input_reply"}),
}
HEADER_FIELDS = frozenset({"msg_id", "msg_type", "session", "username", "date", "version", "subshell_id"})
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
MOST_PARTS = 4096


@dataclass(frozen=True)
class Message:
    """One message of a front end, parsed; ``buffers`` are opaque bytes."""

    channel: str
    header: Mapping[str, Any]
    parent_header: Mapping[str, Any]
    metadata: Mapping[str, Any]
    content: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()

    @property
    def kind(self) -> str:
        """The message's type, e.g. ``execute_request``."""
        return str(self.header["msg_type"])

    @property
    def id(self) -> str:
        """The id its sender gave it."""
        return str(self.header["msg_id"])

    def signed_in_as(self, username: str) -> "Message":
        """Return the message with the identity of the sign-in: the sender's claim counts for nothing (TRAPS C5)."""
        return replace(self, header={**self.header, "username": username})


def _malformed(what_fr: str, what_en: str) -> Invalid:
    return Invalid(Text(f"Message de noyau refusé : {what_fr}.", f"Kernel message refused: {what_en}."))


def parse(frame: str | bytes, subprotocol: str) -> Message:
    """Parse one WebSocket frame of a front end.

    Parameters
    ----------
    frame
        text or bytes as received.
    subprotocol
        ``V1`` or the empty string.

    Raises
    ------
    Invalid
        the frame is not exactly one well-formed, known message (duplicate keys, NaN, bad UTF-8, unknown type…).
    """
    if subprotocol == V1:
        if isinstance(frame, str):
            raise _malformed("trame texte dans un protocole binaire", "text frame in a binary protocol")
        return _checked(_split_v1(frame))
    if isinstance(frame, str):
        return _checked(_from_json(frame.encode("utf-8", "surrogatepass"), ()))
    return _checked(_split_legacy(frame))


def serialise(message: Message, subprotocol: str) -> str | bytes:
    """Write *message* as the frame that is recorded and forwarded."""
    parts = [reserialise(part) for part in (message.header, message.parent_header, message.metadata, message.content)]
    if subprotocol == V1:
        return _join_v1(message.channel.encode(), [*parts, *message.buffers])
    keys = (b'"header":', b'"parent_header":', b'"metadata":', b'"content":')
    fields = b",".join(key + part for key, part in zip(keys, parts, strict=True))
    text = b'{"channel":' + reserialise(message.channel) + b"," + fields + b',"buffers":[]}'
    return _join_legacy([text, *message.buffers]) if message.buffers else text.decode()


def _json_object(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        value = loads_strict(data)
    except Malformed as error:
        raise _malformed(
            f"{where} n'est pas du JSON strict ({error})", f"{where} is not strict JSON ({error})"
        ) from None
    if not isinstance(value, dict):
        raise _malformed(f"{where} n'est pas un objet", f"{where} is not an object")
    return value


def _split_v1(frame: bytes) -> Message:
    bad = _malformed("découpage binaire incohérent", "inconsistent binary offsets")
    if len(frame) < 8:
        raise bad
    (count,) = struct.unpack_from("<Q", frame)
    if not 6 <= count <= MOST_PARTS or len(frame) < 8 * (count + 1):
        raise bad
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    if offsets[0] != 8 * (count + 1) or offsets[-1] != len(frame) or list(offsets) != sorted(offsets):
        raise bad
    channel, *parts = (frame[start:end] for start, end in pairwise(offsets))
    return Message(
        channel.decode("ascii", "replace"),
        _json_object(parts[0], "header"),
        _json_object(parts[1], "parent_header"),
        _json_object(parts[2], "metadata"),
        _json_object(parts[3], "content"),
        tuple(parts[4:]),
    )


def _join_v1(channel: bytes, parts: list[bytes]) -> bytes:
    pieces = [channel, *parts]
    place = 8 * (len(pieces) + 2)
    offsets = [place]
    for piece in pieces:
        place += len(piece)
        offsets.append(place)
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(pieces)


def _split_legacy(frame: bytes) -> Message:
    bad = _malformed("découpage binaire incohérent", "inconsistent binary offsets")
    if len(frame) < 4:
        raise bad
    (count,) = struct.unpack_from("!I", frame)
    if not 1 <= count <= MOST_PARTS or len(frame) < 4 * (count + 1):
        raise bad
    offsets = [*struct.unpack_from(f"!{count}I", frame, 4), len(frame)]
    if offsets[0] != 4 * (count + 1) or offsets != sorted(offsets):
        raise bad
    text, *buffers = (frame[start:end] for start, end in pairwise(offsets))
    return _from_json(text, tuple(buffers))


def _join_legacy(parts: list[bytes]) -> bytes:
    place = 4 * (len(parts) + 1)
    offsets = []
    for part in parts:
        offsets.append(place)
        place += len(part)
    return struct.pack(f"!{len(offsets) + 1}I", len(offsets), *offsets) + b"".join(parts)


def _from_json(data: bytes, buffers: tuple[bytes, ...]) -> Message:
    whole = dict(_json_object(data, "message"))
    inline = whole.pop("buffers", [])
    if inline not in ([], None):
        raise _malformed("« buffers » doit être vide dans le JSON", "'buffers' must be empty inside the JSON")
    channel = whole.pop("channel", "")
    names = ("header", "parent_header", "metadata", "content")
    # Old front ends repeat the header's id and type beside it; a message must not be able to say two things.
    header = whole.get("header")
    for name in ("msg_id", "msg_type"):
        if name in whole and isinstance(header, dict) and whole.pop(name) != header.get(name):
            raise _malformed(f"« {name} » dit deux choses", f"'{name}' says two things")
    if set(whole) - set(names):
        unknown = ", ".join(sorted(set(whole) - set(names)))[:80]
        raise _malformed(f"champ inconnu : {unknown}", f"unknown field: {unknown}")
    parts = [whole.get(name) or {} for name in names]
    if not isinstance(channel, str) or not all(isinstance(part, dict) for part in parts):
        raise _malformed("un champ n'est pas un objet", "a field is not an object")
    return Message(channel, parts[0], parts[1], parts[2], parts[3], buffers)


def _checked(message: Message) -> Message:
    header = message.header
    if set(header) - HEADER_FIELDS:
        unknown = ", ".join(sorted(set(header) - HEADER_FIELDS))[:80]
        raise _malformed(f"champ d'en-tête inconnu : {unknown}", f"unknown header field: {unknown}")
    for field in ("msg_id", "msg_type", "session"):
        if not isinstance(header.get(field), str) or not IDENTIFIER.fullmatch(header[field]):
            raise _malformed(f"« {field} » absent ou mal formé", f"'{field}' missing or malformed")
    if message.channel not in ALLOWED:
        raise _malformed(f"canal inconnu « {message.channel[:40]} »", f"unknown channel '{message.channel[:40]}'")
    if message.kind not in ALLOWED[message.channel]:
        raise _malformed(
            f"type inconnu « {message.kind} » sur le canal {message.channel}",
            f"unknown type '{message.kind}' on channel {message.channel}",
        )
    return message
