"""Gives a mail to the site's own SMTP server: encrypted unless that server is on this machine, and always checked."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol

#: Seconds that the server may take to answer.
TIMEOUT_S = 20.0
#: The server closes the connection (RFC 5321, 3.8).
LEAVING = 421


class Refused(Exception):
    """The server will never take this mail: nobody of that address, or an address that is none."""


class Later(Exception):
    """The server does not take this mail now: a full mailbox, a filter that looks again. Others it may take."""


class Unreachable(Exception):
    """The server does not take mails now; later it may."""


class Carrier(Protocol):
    """What takes messages: a mail server, or what stands in its place."""

    def open(self) -> AbstractContextManager["Door"]:
        """Connect; raises ``Unreachable``."""


class Door(Protocol):
    """An open connection."""

    def give(self, message: EmailMessage) -> None:
        """Give one mail; raises ``Refused``, ``Later`` or ``Unreachable``."""


@dataclass(frozen=True)
class MailServer:
    """Where it is, and how to speak to it.

    Parameters
    ----------
    authorities
        PEM file of the authority that signed its certificate; the system's own when None.
    password_file
        file whose first line is the password of *user*.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: Path | None = None
    authorities: Path | None = None

    @contextmanager
    def open(self) -> Iterator[Door]:
        """Connect, and hang up at the end.

        Raises
        ------
        Unreachable
            it does not answer, its certificate is not right, or it does not know us.
        """
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(repr(error)) from error
        try:
            yield _Connected(connection)
        finally:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            return self._greeted(smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=self._context()))
        return self._greeted(smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S))

    def _greeted(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        try:
            if self.security == "starttls":
                connection.starttls(context=self._context())
            if self.user and self.password_file is not None:
                connection.login(self.user, self.password_file.read_text().splitlines()[0])
        except BaseException:
            connection.close()
            raise
        return connection

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=None if self.authorities is None else str(self.authorities))


class _Connected:
    """The connection of ``MailServer.open``."""

    def __init__(self, connection: smtplib.SMTP) -> None:
        self._connection = connection

    def give(self, message: EmailMessage) -> None:
        """Give one mail."""
        try:
            self._connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _about_one(next(iter(error.recipients.values()))[0])(repr(error)) from error
        except smtplib.SMTPDataError as error:  # what is written in it is not liked: no word may stop all mail
            raise _about_one(error.smtp_code)(repr(error)) from error
        except smtplib.SMTPNotSupportedError as error:  # an address that this server can't write
            raise Refused(repr(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(repr(error)) from error


def _about_one(code: int) -> type[Refused | Later | Unreachable]:
    """Say what an answer to one mail means; 421 is the server leaving."""
    if code == LEAVING:
        return Unreachable
    return Refused if code >= 500 else Later
