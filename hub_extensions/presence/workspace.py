"""Whether a person is behind what reaches a workspace, or a page by itself.

JupyterLab asks for the state of kernels and files every few seconds, saves what outputs have changed, answers widgets,
and a terminal answers what a program asks of it. None of that is a hand. Cells, completions, inputs, keys, files that
are made or moved are, and so is a save after something was written. What a page *pretends* to be can't be told apart;
the hours of a session bound that.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from hub_extensions.gateway.messages import Message
from hub_extensions.gateway.routes import Effect

#: Messages that front ends send because a person did something.
_HANDS = frozenset(
    {
        "execute_request",
        "complete_request",
        "inspect_request",
        "is_complete_request",
        "interrupt_request",
        "shutdown_request",
        "input_reply",
    }
)
#: What a terminal says by itself when a program asks (ECMA-48, xterm): where the cursor is, what it is, which colours.
#: No report holds the end of another one: a text that could be cut in two ways would be cut in all of them.
_REPORTS = re.compile(r"(?:\x1b\[[?>=]?[\d;]*\$?[Rcntuy]|\x1b\[[IO]|\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\))+")
_EFFECTS = frozenset({Effect.CHANGE, Effect.KERNEL, Effect.TERMINAL})
#: Files whose last text is remembered for one workspace.
REMEMBERED = 64


def sent_by_hand(message: Message) -> bool:
    """Tell whether a person caused a kernel message; what runs without a trace in the notebook, a page asked for."""
    return message.kind in _HANDS and message.content.get("silent") is not True


def typed_by_hand(frame: str) -> bool:
    """Tell whether a frame of a terminal holds keys."""
    what, *rest = json.loads(frame)
    return bool(what == "stdin" and rest[0] and not _REPORTS.fullmatch(rest[0]))


class Written:
    """What was written in the files of one workspace, so that a save of outputs alone is told from one of text."""

    def __init__(self) -> None:
        self._texts: dict[str, bytes] = {}

    def by_hand(self, path: str, body: Any) -> bool:
        """Tell whether a save holds other text than the one before it; of the first nobody knows."""
        text = hashlib.sha256(json.dumps(_text_of(body)).encode()).digest()
        before = self._texts.pop(path, None)
        if len(self._texts) >= REMEMBERED:
            del self._texts[next(iter(self._texts))]
        self._texts[path] = text
        return before is not None and before != text


def requested_by_hand(effect: Effect, path: str) -> bool:
    """Tell whether a person caused a plain request; the layout that JupyterLab keeps for itself is none."""
    return effect in _EFFECTS and not path.startswith("/lab/api/")


def _text_of(body: Any) -> Any:
    """Return what people write of a file: all of a plain one, the sources of a notebook."""
    content = body.get("content") if isinstance(body, Mapping) else None
    cells = content.get("cells") if isinstance(content, Mapping) else None
    if not isinstance(cells, list):
        return content
    return [(each.get("cell_type"), each.get("source")) for each in cells if isinstance(each, Mapping)]
