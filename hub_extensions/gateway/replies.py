"""Answers the gateway gives in a kernel's place when a message could not be recorded.

A front end that gets no answer shows ``[*]`` for ever. It gets the error a kernel would send instead, with our
sentence, marked as ours.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from hub_extensions.gateway.messages import Message, serialise
from project_spaces.text import Text

NAME = "BureauVirtuel"


def notice_frame(parent: Mapping[str, Any], subprotocol: str, text: Text) -> str | bytes:
    """Return the frame that shows a sentence of ours on standard error, under the cell whose header *parent* is."""
    return _frame("iopub", "stream", notice(text), parent, subprotocol)


def notice(text: Text) -> dict[str, Any]:
    """Return a sentence of ours as a line on standard error."""
    return {"name": "stderr", "text": f"\n{text.fr}\n{text.en}\n"}


def refusal_frames(message: Message, subprotocol: str, text: Text) -> Iterator[str | bytes]:
    """Yield the frames that end *message*'s wait: busy, the error on iopub, the reply, idle."""
    error = {"ename": NAME, "evalue": text.fr, "traceback": [f"\x1b[31m{text.fr}\x1b[0m", text.en]}
    reply = message.kind.replace("_request", "_reply")
    answers: list[tuple[str, str, dict[str, Any]]] = [("iopub", "status", {"execution_state": "busy"})]
    if message.kind == "execute_request":
        answers.append(("iopub", "error", error))
    if message.kind.endswith("_request"):
        answers.append((message.channel, reply, {"status": "error", "execution_count": None, **error}))
    else:  # a widget's message, an input: no reply that could carry the sentence
        answers.append(("iopub", "stream", notice(text)))
    answers.append(("iopub", "status", {"execution_state": "idle"}))
    for channel, kind, content in answers:
        yield _frame(channel, kind, content, message.header, subprotocol)


def _frame(
    channel: str, kind: str, content: dict[str, Any], parent: Mapping[str, Any], subprotocol: str
) -> str | bytes:
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "session": str(parent.get("session", NAME)),
        "username": NAME,
        "date": datetime.now(UTC).isoformat(),
        "version": "5.4",
    }
    return serialise(Message(channel, header, parent, {}, content), subprotocol)
