"""The domain's database, opened so that a change without its record can't be expressed.

``write`` takes the audit event first and gives the session second: the event is stored in the same transaction as the
change (DESIGN section 3, rule 3) and leaves for the ledger right after the commit. Before anything happens the ledger
must answer and everything recorded earlier must have reached it; otherwise the act is refused (rule 1, fail closed).
When the ledger fails between the commit and the sending, the act stands, ``flush_outbox`` sends its event later, and
whatever has an effect outside the database calls ``require_settled`` first.

``read`` gives a session that can't write: the database itself refuses.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from sqlalchemy import event as hooks
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from audit.errors import LedgerError
from audit.events import Event, Head, Receipt
from project_spaces import outbox
from project_spaces.columns import Base, UtcDateTime
from project_spaces.engines import open_engine
from project_spaces.errors import Unavailable
from project_spaces.migrations import migrate
from project_spaces.outbox import OutboxRow, RevisionRow
from project_spaces.rules import NO_RULES, Rules
from project_spaces.text import Text

__all__ = ["Base", "LedgerLike", "ReadSession", "Store", "UtcDateTime", "WriteSession", "migrate"]

#: Events sent to the ledger at a time.
BATCH = 256


class LedgerLike(Protocol):
    """What the store asks of a ledger: ``audit.client.Ledger`` or ``audit.testing.MemoryLedger``."""

    def append(self, *events: Event) -> list[Receipt]:
        """Record durably, in order; the same id twice is recorded once."""

    def ping(self) -> Head:
        """Answer, or raise a ``LedgerError``."""

    def settle(self) -> None:
        """Return when everything recorded so far can be searched, or raise a ``LedgerError``."""


def _as_it_is(event: Event) -> Event:
    return event


class ReadSession(Session):
    """A session to look with; any attempt to change raises."""


class WriteSession(Session):
    """A session whose transaction already holds its event."""

    def also(self, *events: Event) -> None:
        """Record further events in the same transaction."""
        events = tuple(map(self.info["watched"], events))
        self.add_all(OutboxRow(event_id=event.id, payload=outbox.encode(event)) for event in events)
        self.flush()


@hooks.listens_for(ReadSession, "before_flush")
def _refuse_changes(session: Session, _context: Any = None, _instances: Any = None) -> None:
    if session.new or session.deleted or any(session.is_modified(row) for row in session.dirty):
        msg = "a session of read() can't change anything: use write(event)"
        raise RuntimeError(msg)


class Store:
    """The database at *url* and the ledger its acts are recorded in. Safe to share between threads.

    *watched* adds to an event the detection rules that it hits, before it is kept anywhere. *rules* are what decisions
    ask for; every session carries them.
    """

    def __init__(
        self,
        url: str,
        ledger: LedgerLike,
        watched: Callable[[Event], Event] = _as_it_is,
        rules: Rules = NO_RULES,
    ) -> None:
        self.ledger = ledger
        self._watched = watched
        self._rules = rules
        self._reader = open_engine(url, read_only=True)
        self._writer = open_engine(url, read_only=False)
        self._inside = threading.local()

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """Give a session to look with.

        Raises
        ------
        Unavailable
            the database does not answer.
        """
        info = {"rules": self._rules}
        with _reachable(), ReadSession(self._reader, autoflush=True, expire_on_commit=False, info=info) as session:
            yield session
            _refuse_changes(session)

    @contextmanager
    def write(self, event: Event, *more: Event) -> Iterator[WriteSession]:
        """Give a session whose changes are committed together with the events that tell of them, or not at all.

        Writers take turns: what is read inside can't change before the commit.

        Raises
        ------
        Unavailable
            the ledger or the database does not answer, or the ledger's disk is full: nothing was done.
        """
        if getattr(self._inside, "write", False):
            msg = "write() inside write(): one act is one transaction"
            raise RuntimeError(msg)
        self._require_ledger()
        self._inside.write = True
        try:
            with _reachable(), self._session() as session, session.begin():
                session.execute(update(RevisionRow).values(number=RevisionRow.number + 1))
                session.also(event, *more)
                yield session
        finally:
            self._inside.write = False
        with suppress(LedgerError, Unavailable):
            self.flush_outbox()

    def record(self, *events: Event) -> list[Receipt]:
        """Record acts that change nothing in the database (a refusal, a run); their content, if any, is sealed.

        Raises
        ------
        Unavailable
            the ledger does not take them.
        """
        self._require_ledger()
        try:
            return self.ledger.append(*map(self._watched, events))
        except LedgerError as error:
            raise Unavailable(Text(error.fr, error.en)) from error

    def settle(self) -> None:
        """Return when everything recorded so far can be searched; raises as ``record``."""
        try:
            self.ledger.settle()
        except LedgerError as error:
            raise Unavailable(Text(error.fr, error.en)) from error

    def revision(self) -> int:
        """Return the number that moves with every act; one row, cheap enough to ask several times a second."""
        with _reachable(), self._reader.connect() as connection:
            return connection.execute(select(RevisionRow.number)).scalar_one()

    def flush_outbox(self) -> int:
        """Send waiting events to the ledger in order and return how many were sent; the worker calls this too.

        Raises
        ------
        LedgerError
            the ledger did not take them; they wait.
        """
        sent = 0
        while batch := self._waiting():
            receipts = self.ledger.append(*(outbox.decode(str(row.payload)) for row in batch))
            self._mark(batch, receipts)
            sent += len(batch)
            if len(batch) < BATCH:
                break
        return sent

    def unsettled(self) -> int:
        """Return how many committed events the ledger does not have yet."""
        with self.read() as session:
            return session.scalars(select(func.count()).where(OutboxRow.ledger_index.is_(None))).one()

    def require_settled(self) -> None:
        """Make sure that every act committed so far is in the ledger; effects (a container, a session) call this first.

        Raises
        ------
        Unavailable
            the ledger does not take them now.
        """
        self._require_ledger()

    def ledger_index(self, event_id: str) -> int | None:
        """Return the place of a recorded event in the log, None while it waits or when there is no such event."""
        with self.read() as session:
            return session.scalars(select(OutboxRow.ledger_index).where(OutboxRow.event_id == event_id)).one_or_none()

    def newest_recorded(self) -> tuple[str, int] | None:
        """Return the id and the place of the act that was recorded last, None when none was."""
        query = select(OutboxRow.event_id, OutboxRow.ledger_index).where(OutboxRow.ledger_index.is_not(None))
        with self.read() as session:
            row = session.execute(query.order_by(OutboxRow.seq.desc()).limit(1)).one_or_none()
        return None if row is None else (row.event_id, int(row.ledger_index or 0))

    def close(self) -> None:
        """Close the connections."""
        self._reader.dispose()
        self._writer.dispose()

    def _session(self) -> WriteSession:
        return WriteSession(self._writer, expire_on_commit=False, info={"watched": self._watched, "rules": self._rules})

    def _require_ledger(self) -> None:
        try:
            self.ledger.ping()
            self.flush_outbox()
        except LedgerError as error:
            raise Unavailable(Text(error.fr, error.en)) from error

    def _waiting(self) -> Sequence[OutboxRow]:
        query = select(OutboxRow).where(OutboxRow.ledger_index.is_(None)).order_by(OutboxRow.seq).limit(BATCH)
        with self.read() as session:
            return session.scalars(query).all()

    def _mark(self, batch: Sequence[OutboxRow], receipts: Sequence[Receipt]) -> None:
        with _reachable(), Session(self._writer) as session, session.begin():
            session.execute(
                update(OutboxRow),
                [
                    {"seq": row.seq, "payload": None, "ledger_index": receipt.index}
                    for row, receipt in zip(batch, receipts, strict=True)
                ],
            )


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            Text(
                "La base de données ne répond pas : l'action n'a pas été effectuée. Réessayez dans un instant.",
                "The database does not answer: the act was not carried out. Try again in a moment.",
            )
        ) from error
