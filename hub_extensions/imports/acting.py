"""The one way to change an import: who may, is it the moment, and the record, in one transaction (as for exports)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.events import Event, Kind, Scalar
from hub_extensions.exports.acting import Said
from hub_extensions.imports.desk import SYSTEM, ImportDesk
from hub_extensions.imports.permissions import UNKNOWN, check_owner
from hub_extensions.imports.records import ImportFile, ImportRequest, ImportStep
from hub_extensions.imports.states import Act, check_act
from hub_extensions.outside.access import OUTSIDE
from project_spaces.errors import NotFound, Refused
from project_spaces.notifications import Topic, notify
from project_spaces.store import ReadSession, WriteSession
from project_spaces.text import Text

UNKNOWN_FILE = Text("Ce fichier n'est pas dans l'import.", "This file is not in the import.")


@dataclass(frozen=True)
class By:
    """Who acts, and when: a person, the system, or an outside *provider* whom a door of its own let in."""

    actor: str
    now: datetime
    provider: str | None = None

    @classmethod
    def outside(cls, access: str, now: datetime) -> "By":
        """The provider behind an access from outside."""
        return cls(OUTSIDE, now, access)

    @property
    def persons(self) -> Mapping[str, str]:
        """For the event: the outside person under a pseudonym of its own."""
        return {} if self.provider is None else {"provider": f"outside:{self.provider}"}


@dataclass(frozen=True)
class Turn:
    """One act in progress."""

    session: WriteSession
    request: ImportRequest
    by: By

    def file(self, file_id: str) -> ImportFile:
        """Return a file that is in the import now, or raise ``NotFound``."""
        found = next((file for file in self.request.files if file.id == file_id), None)
        if found is None:
            raise NotFound(UNKNOWN_FILE)
        return found

    def tell(self, to: str, topic: Topic, text: Text, *, page: str = "imports") -> None:
        """Tell one person, in the transaction of the act; ``{}`` in *text* is where the import goes."""
        where = self.request.project or self.request.dataset or ""
        sentence = Text(*(each.format(where) for each in text))
        notify(self.session, to=to, kind=topic, text=sentence, link=f"{page}/{self.request.id}", now=self.by.now)


@contextmanager
def acting(
    desk: ImportDesk,
    request_id: str,
    act: Act,
    by: By,
    *,
    kind: Kind,
    subject: Mapping[str, Scalar] | None = None,
    content: Mapping[str, Any] | None = None,
) -> Iterator[Turn]:
    """Open the transaction of one act; *content* is kept with the step, the leaf holds its salted commitment.

    Raises
    ------
    NotFound, Refused, Conflict, Unavailable
        as ``exports.acting.acting``.
    """
    said = None if content is None else Said(dict(content))
    with desk.store.read() as session:
        project = load(session, request_id).project
    facts = {"request": request_id, "act": act.value, **(subject or {}), **(said.committed if said else {})}
    event = Event(kind, by.actor, project, by.now, facts, persons=by.persons)
    try:
        with desk.store.write(event) as session:
            request = load(session, request_id)
            if by.actor != SYSTEM:
                check_owner(session, by.actor, request, act, by.now, provider=by.provider)
            request.state = check_act(request.state, act)
            request.edition += 1
            request.changed_at = by.now
            request.hold = None
            add_step(request, event, said)
            yield Turn(session, request, by)
    except Refused as refusal:
        _record_refusal(desk, event, refusal)
        raise


def load(session: ReadSession | WriteSession, request_id: str) -> ImportRequest:
    """Return the import, or raise ``NotFound``."""
    request = session.get(ImportRequest, request_id)
    if request is None:
        raise NotFound(UNKNOWN)
    return request


def add_step(request: ImportRequest, event: Event, said: Said | None = None) -> None:
    """Keep the event's identity with the import."""
    request.steps.append(
        ImportStep(
            event_id=event.id,
            position=len(request.steps),
            kind=event.kind.value,
            actor=event.actor,
            at=event.at,
            content=said.content if said else None,
            salt=said.salt if said else None,
        )
    )


def _record_refusal(desk: ImportDesk, event: Event, refusal: Refused) -> None:
    facts = {**event.subject, "refused": event.kind.value}
    reason = {"reason": refusal.text.en}
    desk.store.record(
        Event(Kind.REFUSAL, event.actor, event.project, event.at, facts, private=reason, persons=event.persons)
    )
    refusal.recorded = True
