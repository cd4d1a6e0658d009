"""``python -m hub_extensions.portal``: the portal as a process, an external service of the Hub."""

import asyncio
import os
from contextlib import suppress
from functools import partial

import structlog
from jupyterhub.services.auth import HubOAuth
from tornado.netutil import bind_sockets

from hub_extensions.clocks import LapseClock
from hub_extensions.gateway.__main__ import stopped
from hub_extensions.installation.desks import open_installed_desk, open_installed_import_desk
from hub_extensions.installation.opening import (
    ledger_keys,
    open_activity,
    open_box,
    open_layout,
    open_own_trace,
    open_store,
)
from hub_extensions.installation.processes import PORTAL_PREFIX
from hub_extensions.installation.secret_files import secret
from hub_extensions.installation.settings_entry import settle_settings
from hub_extensions.oversight.alarms import open_alarms
from hub_extensions.oversight.key_standing import seal_standing
from hub_extensions.oversight.signed_log import remembered_checkpoint
from hub_extensions.portal.app import make_app, make_server
from hub_extensions.portal.context import Portal
from hub_extensions.portal.hub import HubApi
from hub_extensions.portal.ledger_view import PublishedLedger
from hub_extensions.portal.workspaces import Workspaces
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.workspaces.book import UNSEALED
from hub_extensions.workspaces.trial import NOT_PROTECTED
from project_spaces.egress import EgressCounts
from project_spaces.errors import Unavailable
from project_spaces.quotas import Quota

log = structlog.get_logger()
#: Seconds for which the Hub's answer about a token counts (TRAPS B13: the default is 300).
TOKEN_CACHE_S = 15


def open_portal(settings: Settings, hub: HubApi) -> Portal:
    """Open every part of this installation that pages work with."""
    store, trial = open_store(settings), settings.spawner == "local"
    return Portal(
        store=store,
        desk=open_installed_desk(settings),
        imports=open_installed_import_desk(settings),
        layout=open_layout(settings),
        box=open_box(settings),
        workspaces=Workspaces(hub, store),
        ledger=PublishedLedger(settings.ledger_dir, remembered_checkpoint(settings), ledger_keys(settings).pseudonym),
        public_url=settings.public_url,
        workspace_origin=settings.workspace_origin,
        clock=LapseClock().now,
        counts=EgressCounts(settings.store_url),
        trial=NOT_PROTECTED if trial else None,
        default_quota=Quota(settings.default_cpu, settings.default_memory_mb, settings.default_pids),
        classifications=UNSEALED if trial else None,
        retention_months=settings.retention_months,
        control_terms=settings.control_terms,
        egress_budget=settings.egress_budget,
        longest_silence=settings.longest_silence,
        alarms=partial(open_alarms, settings),
        own=open_own_trace(settings),
        seal=partial(seal_standing, settings),
        operator=settings.operator,
        rights_contact=settings.rights_contact,
        activity=open_activity(settings),
        lock_policy=settings.lock_policy,
    )


def warm(portal: Portal) -> None:
    """Read the catalogue; a database that does not answer yet is asked again by the first reader."""
    with suppress(Unavailable):
        portal.catalogue.current(portal.clock())


async def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    await asyncio.to_thread(settle_settings, settings, "portal")
    hub = HubApi(os.environ["JUPYTERHUB_API_URL"], os.environ["JUPYTERHUB_API_TOKEN"])
    portal = open_portal(settings, hub)
    # Read before the first reader comes: thousands of tables take seconds.
    warming = asyncio.get_running_loop().run_in_executor(None, warm, portal)
    app = make_app(
        portal,
        HubOAuth(
            cache_max_age=TOKEN_CACHE_S,
            allow_token_in_url=False,
            cookie_host_prefix_enabled=settings.host_cookies,
            cookie_options={"secure": True} if settings.host_cookies else {},
        ),
        prefix=PORTAL_PREFIX,
        cookie_secret=bytes.fromhex(secret(settings.secrets_dir, "portal_cookie")),
    )
    server = make_server(app)
    server.add_sockets(bind_sockets(settings.portal_port, "127.0.0.1"))
    log.info("portal_ready", port=settings.portal_port)
    await stopped()
    server.stop()
    await app.settings["strangers"].close()
    await warming
    await hub.close()
    portal.counts.close()


if __name__ == "__main__":
    asyncio.run(serve(bureau_settings.load()))
