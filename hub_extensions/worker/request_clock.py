"""What happens to requests for access because time passes: silence means what the rules say, people are told.

Threads of the worker, so that no cut of a workspace ever waits for a mail server. Each act is one transaction; a worker
that is killed between any two of them goes on where it was.
"""

import threading
from datetime import UTC, datetime

import structlog

from hub_extensions.installation.opening import open_store
from hub_extensions.mail.postman import Postman
from hub_extensions.mail.server import Carrier, MailServer
from hub_extensions.mail.webhook import Webhook
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat
from project_spaces.embargoes.reviewing import remind_keepers
from project_spaces.requests.answers import apply_silence
from project_spaces.requests.notices import remind
from project_spaces.store import Store

#: Seconds between two looks: at the requests, and at the mails.
LOOK_EVERY_S, MAIL_EVERY_S = 20.0, 5.0

log = structlog.get_logger()


def look(store: Store, now: datetime) -> None:
    """Do once what is due: silence first, since nobody is reminded of what it has ended."""
    if ended := apply_silence(store, now=now):
        log.info("silence_applied", steps=ended)
    if reminded := remind(store, now=now):
        log.info("people_reminded", steps=reminded)
    if kept := remind_keepers(store, now=now):
        log.info("keepers_reminded", embargoes=kept)


def start_request_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, and mailing where a server is set, in threads that end when *told* is set."""
    store = open_store(settings)

    def requests() -> None:
        look(store, datetime.now(UTC))

    threads = [repeat(requests, LOOK_EVERY_S, told)]
    carrier = carrier_of(settings)
    if carrier is not None:
        postman = Postman(store, carrier, settings.mail_from or "bureau@localhost", settings.public_url)

        def mails() -> None:
            postman.deliver(datetime.now(UTC))

        threads.append(repeat(mails, MAIL_EVERY_S, told))
    for thread in threads:
        thread.start()
    return threads


def carrier_of(settings: Settings) -> Carrier | None:
    """Return what takes this installation's messages, None where people are told in the portal only."""
    if settings.mail_webhook:
        return Webhook(settings.mail_webhook, settings.mail_webhook_secret_file)
    return mail_server(settings) if settings.mail_host else None


def mail_server(settings: Settings) -> MailServer:
    """Return the mail server of this installation."""
    return MailServer(
        settings.mail_host,
        settings.mail_port,
        settings.mail_security,
        settings.mail_user,
        settings.mail_password_file,
        settings.mail_authorities,
    )
