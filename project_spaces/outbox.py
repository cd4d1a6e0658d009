"""Events that are committed with the act they tell of, on their way to the ledger.

The row is written in the same transaction as the change; the ledger may be reached a moment later, or by another
process after a crash. An event has one id for its whole life, so sending it again records nothing twice. What it
carried is dropped from the row as soon as the ledger has it; bulk (a message, a file) never comes this way.
"""

import base64
import json
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from audit import leaf
from audit.events import Event, Kind
from audit.sealing import Sealed, bucket
from project_spaces.columns import Base

_WAITING = text("ledger_index IS NULL")


#: Most bytes of content that may wait here: words of a person, not data.
LARGEST_CONTENT = 1 << 20


class OutboxRow(Base):
    """One event; ``payload`` is dropped and ``ledger_index`` set once the ledger has it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(32), unique=True)
    payload: Mapped[str | None] = mapped_column(Text)
    ledger_index: Mapped[int | None] = mapped_column(BigInteger)


class RevisionRow(Base):
    """The one row whose number moves with every act; locking it is what makes writers queue up."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class _Measures:
    """Pseudonyms and seals of the real length without keys, to see whether the ledger would take a leaf."""

    def pseudonym(self, _name: str, /) -> str:
        return "p" + "0" * 32

    def seal(self, message: bytes, *_facts: object) -> Sealed:
        return Sealed(b"", bytes(32), bytes(8), bucket(len(message)))


def encode(event: Event) -> str:
    """Return *event* as text for the outbox.

    Raises
    ------
    ValueError
        its content is bulk (that goes to the ledger directly, before the act), or the ledger would refuse it: an event
        that can never be sent would keep every later one waiting.
    """
    if event.content is not None and len(event.content) > LARGEST_CONTENT:
        msg = f"an event of more than {LARGEST_CONTENT} bytes goes to the ledger directly, not through the outbox"
        raise ValueError(msg)
    leaf.prepare(event, _Measures())
    return json.dumps(
        {
            "kind": event.kind.value,
            "actor": event.actor,
            "project": event.project,
            "at": event.at.isoformat(),
            "subject": dict(event.subject),
            "content": None if event.content is None else base64.b64encode(event.content).decode("ascii"),
            "private": None if event.private is None else dict(event.private),
            "persons": dict(event.persons),
            "id": event.id,
            "rules": event.rules,
        }
    )


def decode(payload: str) -> Event:
    """Return the event that :func:`encode` wrote."""
    fields = json.loads(payload)
    return Event(
        kind=Kind(fields["kind"]),
        actor=fields["actor"],
        project=fields["project"],
        at=datetime.fromisoformat(fields["at"]).astimezone(UTC),
        subject=fields["subject"],
        content=None if fields["content"] is None else base64.b64decode(fields["content"]),
        private=fields["private"],
        persons=fields["persons"],
        id=fields["id"],
        rules=tuple(fields.get("rules", ())),
    )
