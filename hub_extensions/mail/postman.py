"""Mails what people were told: the sentence in both languages and the page to read on, nothing of the data.

A mail is given to the server first and marked after: a worker that is killed in between gives it again, with the same
message identifier, by which mail programs know it. When the server is away the mails wait; the portal shows what they
say all the same. A mail that the server does not want, now or ever, keeps no other back: its words are somebody's, and
whoever finds words that a filter turns away must not silence everybody's mail.
"""

from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from hub_extensions.installation.processes import PORTAL_PREFIX
from hub_extensions.mail.server import Carrier, Later, Refused, Unreachable
from project_spaces.notifications import PAGE, TOPIC_LABELS, Mail, MailState, mails_due, mark_mailed
from project_spaces.store import Store

#: How long a server that is away is left alone; doubled each time, up to the second.
PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)

log = structlog.get_logger()


class Postman:
    """Gives away what is due.

    Parameters
    ----------
    sender
        address that mails come from.
    public_url
        origin of the portal, for links.
    """

    def __init__(self, store: Store, server: Carrier, sender: str, public_url: str) -> None:
        self._store, self._server = store, server
        self._sender, self._portal = sender, f"{public_url}{PORTAL_PREFIX}"
        self._domain = sender.rpartition("@")[2]
        self._pause = PAUSE
        self._next: datetime | None = None
        #: Mails that the server does not want yet, and when it is asked again.
        self._later: dict[str, datetime] = {}

    def deliver(self, now: datetime) -> int:
        """Give away every mail that is due and return how many the server took."""
        if self._next is not None and now < self._next:
            return 0
        due = self._due(now)
        if not due:
            return 0
        try:
            taken = self._give(due, now)
        except Unreachable as error:
            self._next = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            log.warning("mail_server_away", error=str(error), again=self._next.isoformat())
            return 0
        self._pause, self._next = PAUSE, None
        return taken

    def _due(self, now: datetime) -> list[Mail]:
        with self._store.read() as session:
            waiting = mails_due(session, now=now, limit=PAGE + len(self._later))
        self._later = {each.id: self._later[each.id] for each in waiting if each.id in self._later}
        return [each for each in waiting if self._later.get(each.id, now) <= now]

    def _give(self, due: list[Mail], now: datetime) -> int:
        taken = 0
        with self._server.open() as door:
            for mail in due:
                try:
                    door.give(self.written(mail, now))
                except Refused as error:
                    log.warning("mail_refused", notification=mail.id, error=str(error))
                    mark_mailed(self._store, mail.id, MailState.REFUSED, now=now)
                except Later as error:
                    log.warning("mail_put_off", notification=mail.id, error=str(error))
                    self._later[mail.id] = now + LONGEST_PAUSE
                else:
                    mark_mailed(self._store, mail.id, MailState.SENT, now=now)
                    taken += 1
        return taken

    def written(self, mail: Mail, now: datetime) -> EmailMessage:
        """Write one mail; raises ``Refused`` where the address is none."""
        topic = TOPIC_LABELS[mail.topic]
        message = EmailMessage()
        try:
            message["From"] = Address("Bureau virtuel", addr_spec=self._sender)
            message["To"] = Address(mail.name, addr_spec=mail.address)
        except (ValueError, IndexError, MessageError) as error:
            raise Refused(repr(error)) from error
        message["Subject"] = f"Bureau virtuel : {topic.fr} / {topic.en}"
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{mail.id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"{mail.text.fr}\n{self._portal}{mail.link}\n\n--\n{mail.text.en}\n{self._portal}{mail.link}\n"
        )
        return message
