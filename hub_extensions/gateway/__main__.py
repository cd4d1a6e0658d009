"""``python -m hub_extensions.gateway NUMBER``: one of the gateways as a process."""

import asyncio
import contextlib
import gc
import os
import signal
import sys

import structlog
import uvloop
from jupyterhub.services.auth import HubOAuth
from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets

from audit.client import AsyncLedger
from hub_extensions.detection.opening import open_watch
from hub_extensions.gateway.app import ACTIVITY_EVERY_S, MIB, make_app, make_server, report_activity
from hub_extensions.gateway.domain import StoreDomain
from hub_extensions.gateway.egress import Egress
from hub_extensions.gateway.policy import rules_in_force
from hub_extensions.gateway.recording import Recording
from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.gateway.seats import Seats
from hub_extensions.installation.opening import ledger_keys, open_activity
from hub_extensions.installation.processes import PORTAL_PREFIX, gateway_name, hub_api_url
from hub_extensions.installation.secret_files import secret
from hub_extensions.installation.settings_entry import settle_settings
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.workspaces.book import WorkspaceBook
from project_spaces.egress import EgressCounts

log = structlog.get_logger()
#: Seconds for which the Hub's answer about a token counts (TRAPS B13: the default is 300).
TOKEN_CACHE_S = 15


def make_auth(settings: Settings, workspace: OpenWorkspace) -> HubOAuth:
    """Return the Hub's OAuth client of one workspace: the gateway stands in for the single-user server."""
    prefix = f"/user/{workspace.person}/{workspace.project}/"
    return HubOAuth(
        api_url=hub_api_url(settings),
        api_token=workspace.hub_token,
        base_url=prefix,
        hub_host=settings.public_url,
        hub_prefix="/hub/",
        oauth_client_id=workspace.oauth_client_id,
        oauth_redirect_uri=f"{settings.workspace_origin(workspace.person)}{prefix}oauth_callback",
        cache_max_age=TOKEN_CACHE_S,
        access_scopes={f"access:servers!server={workspace.person}/{workspace.project}"},
        allow_token_in_url=False,
        cookie_host_prefix_enabled=settings.host_cookies,
        cookie_options={"secure": True} if settings.host_cookies else {},
    )


async def serve(settings: Settings, number: int) -> None:
    """Serve, as the gateway of this *number* (from 1), the people who are its own, until told to stop."""
    policy = rules_in_force(await asyncio.to_thread(settle_settings, settings, gateway_name(number)))
    keys = ledger_keys(settings)
    ledger = AsyncLedger(settings.ledger_socket, keys)
    recording = Recording(ledger, open_watch(settings), policy, keys.pseudonym, settings.gateways)
    counts = EgressCounts(settings.store_url)
    egress = Egress(counts, settings.egress_budget, settings.zone, recording.event)
    domain = StoreDomain(WorkspaceBook.of(settings), open_activity(settings))
    poll_s, idle, limits = settings.revocation_poll_ms / 1000, settings.idle_limit, settings.seat_limits

    def served(person: str) -> bool:
        return settings.gateway_of(person) == number

    seats = Seats(
        domain, lambda workspace: make_auth(settings, workspace), poll_s, egress, idle, serves=served, limits=limits
    )
    app = make_app(
        seats=seats,
        recording=recording,
        origin_of=settings.workspace_origin,
        home_url=settings.public_url + PORTAL_PREFIX,
        cookie_secret=bytes.fromhex(secret(settings.secrets_dir, "gateway_cookie")),
        message_max_bytes=settings.message_max_mb * MIB,
    )
    server = make_server(app, settings.message_max_mb * MIB)
    server.add_sockets(bind_sockets(port := settings.gateway_ports[number - 1], "127.0.0.1"))
    watch = asyncio.create_task(seats.watch())
    metering = asyncio.create_task(egress.run())
    activity = PeriodicCallback(lambda: report_activity(seats, hub_api_url(settings)), ACTIVITY_EVERY_S * 1000)
    activity.start()
    prefer_this_process()
    log.info("gateway_ready", port=port)
    await stopped()
    server.stop()
    activity.stop()
    watch.cancel()
    metering.cancel()
    await seats.close()
    await egress.flush()
    await recording.close()
    counts.close()


def prefer_this_process() -> None:
    """Let messages pass before other work of this machine, as the recorder does; without the right, go on.

    What was loaded at the start lives until the end: looking through it for garbage would stop every person's messages
    for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)


async def stopped() -> None:
    """Return when SIGTERM or SIGINT arrives."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()


if __name__ == "__main__":
    uvloop.run(serve(bureau_settings.load(), int(sys.argv[1])))
