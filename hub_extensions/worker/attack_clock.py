"""Models under review are attacked one after another, in a thread of their own: an attack takes minutes."""

import threading
from datetime import UTC, datetime

import structlog

from hub_extensions.engine import daemon
from hub_extensions.exports.attacks.space import AttackSpace
from hub_extensions.exports.attacks.waiting import attack_waiting
from hub_extensions.installation.desks import open_installed_desk
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat
from hub_extensions.workspaces import image_digests

LOOK_EVERY_S = 5.0

log = structlog.get_logger()


def start_attack_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, where an image for attacks is installed, in a thread that ends when *told* is set."""
    image = image_digests.digest(settings, settings.attacks_image) if settings.attacks_image else None
    if image is None:
        return []
    desk = open_installed_desk(settings)
    spaces: list[AttackSpace] = []

    def models() -> None:
        if not spaces:  # an engine that is down when the worker starts is asked again
            engine = daemon.find(settings.engine).client.api
            spaces.append(AttackSpace(engine, image, settings.workspace_uid, str(settings.home)))
        for request in attack_waiting(desk, spaces[0], now=datetime.now(UTC)):
            log.info("model_attacked", request=request)

    thread = repeat(models, LOOK_EVERY_S, told)
    thread.start()
    return [thread]
