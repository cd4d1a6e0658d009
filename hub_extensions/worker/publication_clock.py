"""Public results are deposited, and withdrawn after a recall: a thread of the worker, repositories may be slow."""

import threading
from datetime import UTC, datetime

import structlog

from hub_extensions.exports.publishing.publications import push_waiting
from hub_extensions.installation.desks import open_installed_desk
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat

LOOK_EVERY_S = 5.0

log = structlog.get_logger()


def start_publication_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, where there is a repository at all, in a thread that ends when *told* is set."""
    if not settings.publication_repositories:
        return []
    desk = open_installed_desk(settings)

    def publications() -> None:
        for moved in push_waiting(desk, now=datetime.now(UTC)):
            log.info("deposit_moved", request=moved)

    thread = repeat(publications, LOOK_EVERY_S, told)
    thread.start()
    return [thread]
