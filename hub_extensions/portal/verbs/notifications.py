"""What I was told: the list, and marking it as read."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.words import both, iso
from project_spaces.notifications import TOPIC_LABELS, Notification, mark_read, notifications, unread


class Which(Input):
    """Notifications that were read, by id; without any, all of mine."""

    ids: Annotated[tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=200)] | None = None


def mine(call: Call, _body: Nothing) -> Page:
    """What I was told, unread first."""
    with call.portal.store.read() as session:
        return {
            "unread": unread(session, call.actor),
            "notifications": [_row(each) for each in notifications(session, call.actor)],
        }


def read(call: Call, body: Which) -> Page:
    """Mark notifications as read."""
    return {"read": mark_read(call.portal.store, body.ids, actor=call.actor, now=call.now)}


def _row(each: Notification) -> Page:
    return {
        "id": each.id,
        "kind": each.kind.value,
        "kind_label": both(TOPIC_LABELS[each.kind]),
        "text": both(each.text),
        "link": each.link,
        "created_at": iso(each.created_at),
        "read_at": iso(each.read_at),
    }
