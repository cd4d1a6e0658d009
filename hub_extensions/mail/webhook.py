"""Posts what would be mailed as JSON to an address of the site instead: a chat, a ticket desk, a queue.

The message is the mail's (what is asked of whom, where to read on, nothing of the data) and carries its identifier, by
which a repetition is recognised. With a secret, the body is signed: HMAC-SHA256, in ``X-Bureau-Signature``.
"""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from hub_extensions.mail.server import TIMEOUT_S, Door, Refused, Unreachable


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A message goes to the address that the site wrote, to no other."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


@dataclass(frozen=True)
class Webhook:
    """Where messages are posted; takes the place of a ``MailServer``."""

    url: str
    secret_file: Path | None = None

    @contextmanager
    def open(self) -> Iterator[Door]:
        """Each message is a connection of its own."""
        yield self

    def give(self, message: EmailMessage) -> None:
        """Post one message.

        Raises
        ------
        Refused
            the receiver says that this message is not right (400, 422): it will not become right.
        Unreachable
            it does not answer, or can't take it now.
        """
        body = json.dumps(
            {
                "id": str(message["Message-ID"]),
                "to": str(message["To"]),
                "subject": str(message["Subject"]),
                "at": str(message["Date"]),
                "text": message.get_content(),
            },
            ensure_ascii=False,
        ).encode()
        headers = {"Content-Type": "application/json"}
        if self.secret_file is not None:
            key = self.secret_file.read_text().splitlines()[0].encode()
            headers["X-Bureau-Signature"] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        request = urllib.request.Request(self.url, data=body, headers=headers)  # noqa: S310 - the site's own setting
        try:
            urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S).close()
        except urllib.error.HTTPError as error:
            kind = Refused if error.code in {400, 422} else Unreachable
            raise kind(f"{error.code}") from error
        except (OSError, ValueError) as error:
            raise Unreachable(repr(error)) from error
