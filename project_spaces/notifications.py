"""What people are told: a sentence, a page to go to, read or not; shown by the portal, and mailed where that is set up.

A notification is a row of the transaction whose act it tells of: it is there exactly when the act is. Mail is an effect
that comes later and is repeated until it was taken; one notification always has the same message identifier, so that a
repetition after a crash is recognised. Mails hold no data: the sentence, and where to read on.

A letter goes to an address that the account has no more, and to no page: whoever took the account over reads pages.
"""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UnicodeText, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Chosen
from project_spaces.records.people import Person
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

WORKER = "system:worker"
#: A mail that could not be given away for so long is old news: the portal still shows it.
MAILED_WITHIN = timedelta(days=2)
#: Shown at a time.
PAGE = 50
_LINK = re.compile(r"[a-zA-Z0-9_./?=&-]{0,300}")
_WAITING = text("mail = 'waiting'")


class Topic(StrEnum):
    """What a notification is about."""

    TASK = "task"
    REQUEST = "request"
    RIGHTS = "rights"
    ACCOUNT = "account"
    EXPORT = "export"
    DATA = "data"


TOPIC_LABELS: dict[Topic, Text] = {
    Topic.TASK: Text("À faire", "To do"),
    Topic.REQUEST: Text("Demande d'accès", "Request for access"),
    Topic.RIGHTS: Text("Droits", "Rights"),
    Topic.ACCOUNT: Text("Compte", "Account"),
    Topic.EXPORT: Text("Sas d'export", "Export desk"),
    Topic.DATA: Text("Jeux de données", "Data sets"),
}


class MailState(StrEnum):
    """Where the mail of a notification stands."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"


class Notification(Base):
    """One thing that one person is told."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_person_created_at", "person", "created_at"),
        Index("ix_notification_waiting", "created_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey(Person.username))
    kind: Mapped[Topic] = mapped_column(Chosen(Topic))
    text_fr: Mapped[str] = mapped_column(UnicodeText)
    text_en: Mapped[str] = mapped_column(UnicodeText)
    link: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail: Mapped[MailState] = mapped_column(Chosen(MailState))
    mail_at: Mapped[datetime | None]
    #: A letter: the one address that it goes to, emptied once it was given away; None is told on pages, and mailed to
    #: the address that the person has then.
    only_to: Mapped[str | None] = mapped_column(String(254))

    @property
    def text(self) -> Text:
        """The sentence."""
        return Text(self.text_fr, self.text_en)


@dataclass(frozen=True, slots=True)
class Mail:
    """What is mailed of a notification: to whom, the sentence, and the page of the portal to read on."""

    id: str
    address: str
    name: str
    topic: Topic
    text: Text
    link: str


def notify(session: WriteSession, *, to: str, kind: Topic, text: Text, link: str = "", now: datetime) -> None:
    """Tell *to* something, in the transaction of the act that it is about; nobody is told at a closed account.

    Parameters
    ----------
    text
        one sentence: titles and names in it that somebody typed over several lines are brought to one, so that nobody
        writes paragraphs of a mail in our name.
    link
        page of the portal, relative to its home: ``requests/<id>``.

    Raises
    ------
    ValueError
        *link* leads out of the portal.
    """
    person = session.get(Person, to)
    if person is not None and person.disabled_at is None:
        session.add(_notification(to, kind, text, link, now))


def write_to(
    session: WriteSession, address: str, *, about: str, kind: Topic, text: Text, link: str = "", now: datetime
) -> None:
    """Mail *address* alone, in the transaction of an act on the account of *about*, which may be closed since."""
    letter = _notification(about, kind, text, link, now)
    letter.only_to = address
    session.add(letter)


def _notification(person: str, kind: Topic, text: Text, link: str, now: datetime) -> Notification:
    if not _LINK.fullmatch(link) or link.startswith("/") or ".." in link:
        msg = f"a notification's link is a page of the portal, relative to its home: {link!r}"
        raise ValueError(msg)
    return Notification(
        id=uuid.uuid4().hex,
        person=person,
        kind=kind,
        text_fr=_on_one_line(text.fr),
        text_en=_on_one_line(text.en),
        link=link,
        created_at=now,
        mail=MailState.WAITING,
    )


def _on_one_line(sentence: str) -> str:
    return " ".join(line for line in sentence.splitlines() if line)


def notifications(session: Session, person: str, *, limit: int = PAGE) -> Sequence[Notification]:
    """Return what *person* was told, what is not read yet first, then the latest first."""
    query = select(Notification).where(Notification.person == person, Notification.only_to.is_(None))
    unread_first = Notification.read_at.is_(None).desc()
    return session.scalars(
        query.order_by(unread_first, Notification.created_at.desc(), Notification.id).limit(limit)
    ).all()


def unread(session: Session, person: str) -> int:
    """Return how many notifications *person* has not read."""
    return session.scalars(select(func.count()).where(*_unread(person))).one()


def _unread(person: str) -> tuple[ColumnElement[bool], ...]:
    return Notification.person == person, Notification.read_at.is_(None), Notification.only_to.is_(None)


def mark_read(store: Store, ids: Iterable[str] | None, *, actor: str, now: datetime) -> int:
    """Record that *actor* has read these notifications, or all (None); return how many were not read before.

    Those of other people are left alone. Where there is nothing to mark, nothing is recorded.
    """
    query = select(Notification).where(*_unread(actor))
    query = query if ids is None else query.where(Notification.id.in_(list(ids)))
    with store.read() as session:
        if session.scalars(query).first() is None:
            return 0
    with store.write(Event(Kind.NOTIFICATION, actor, None, now, {"change": "read"})) as session:
        rows = session.scalars(query).all()
        for row in rows:
            row.read_at = now
    return len(rows)


def mails_due(session: Session, *, now: datetime, limit: int = PAGE) -> list[Mail]:
    """Return the mails that wait to be given away, the oldest first."""
    query = select(Notification, Person).join(Person, Person.username == Notification.person)
    waiting = query.where(Notification.mail == MailState.WAITING, Notification.created_at > now - MAILED_WITHIN)
    told = waiting.where(or_(Person.disabled_at.is_(None), Notification.only_to.is_not(None)))
    active = told.order_by(Notification.created_at, Notification.id)
    return [
        Mail(each.id, each.only_to or person.email, person.display_name, each.kind, each.text, each.link)
        for each, person in session.execute(active.limit(limit))
    ]


def mark_mailed(store: Store, notification_id: str, state: MailState, *, now: datetime) -> None:
    """Record what became of a mail; doing it again changes nothing."""
    with store.read() as session:
        found = session.get(Notification, notification_id)
        if found is None or found.mail is not MailState.WAITING:
            return
    subject = {"notification": notification_id, "change": f"mail {state.value}"}
    event = Event(Kind.NOTIFICATION, WORKER, None, now, subject, persons={"recipient": found.person})
    with store.write(event) as session:
        row = session.get_one(Notification, notification_id)
        row.mail, row.mail_at = state, now
        row.only_to = None if row.only_to is None else ""
