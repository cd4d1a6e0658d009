"""Mending a file of a draft at one click, and which mends a page offers."""

from typing import Annotated, Any

from pydantic import Field

from hub_extensions.exports.correcting import mend_file_of
from hub_extensions.exports.mends import LABELS, Mend, offered
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs import exports
from hub_extensions.portal.words import both


class MendFile(Input):
    """One file of a request, and what is done to it."""

    file_id: Annotated[str, Field(max_length=32)]
    mend: Mend


def mend(call: Call, body: MendFile) -> Page:
    """Put a mended copy of one file in its place in the draft; the old file stays in the project folder."""
    exports.detail(call, Nothing())  # who may not see the request is told that there is none
    made = mend_file_of(call.portal.desk, call["request"], body.file_id, body.mend, actor=call.actor, now=call.now)
    return {"id": made}


def choices(file: Page) -> list[dict[str, Any]]:
    """Mends worth trying on a file as a detail page shows it."""
    rules = [each["rule"] for each in file["findings"]]
    return [{"value": each.value, "label": both(LABELS[each])} for each in offered(file["type"] or "", rules)]
