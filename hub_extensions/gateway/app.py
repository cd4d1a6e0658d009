"""The gateway's Tornado application: which handler serves which address, and what runs beside them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
import tornado.web
from jupyterhub import __version__ as hub_version
from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest

from hub_extensions.gateway.base import WorkspaceHandler
from hub_extensions.gateway.channels import ChannelsHandler
from hub_extensions.gateway.http import ForwardHandler
from hub_extensions.gateway.local_answers import FIXED, EventsHandler, FixedHandler
from hub_extensions.gateway.recording import Recording
from hub_extensions.gateway.refusals import SaysWhy, write_refusal
from hub_extensions.gateway.routes import UUID
from hub_extensions.gateway.seat import Seat
from hub_extensions.gateway.seats import Seats
from hub_extensions.gateway.terminals import TerminalHandler
from hub_extensions.strangers.counted import SOMEBODY
from hub_extensions.strangers.unread import Doorstep, Reader, WholeBodies
from project_spaces.errors import BureauError, TooLarge
from project_spaces.text import Text

#: The names of people and projects (JupyterHub 6 slugs); nothing else is routed.
PLACE = r"/user/([a-z][a-z0-9-]{0,29})/([a-z][a-z0-9-]{0,29})"
MIB = 2**20
#: Bytes of a body that are kept for a handler that does not take it piece by piece.
MOST_KEPT = 64 * 1024
TOO_MUCH = Text("Cette adresse ne prend pas de corps de cette taille.", "This address takes no body of this size.")
#: The Hub stops servers that report nothing; it expects a report at least every five minutes.
ACTIVITY_EVERY_S = 120.0

log = structlog.get_logger()


class CallbackHandler(WorkspaceHandler, HubOAuthCallbackHandler):
    """The last step of the Hub's sign-in for one workspace."""

    async def prepare(self) -> None:
        """Find the workspace whose client this is; the person is not known yet."""
        self.person, self.project = self.path_args
        self.prefix = f"/user/{self.person}/{self.project}/"
        try:
            self.seat = await self.seats.find(self.person, self.project)
        except BureauError as error:
            await self.refuse(error)
            raise tornado.web.Finish from None

    async def get(self, _person: str, _project: str) -> None:
        """Exchange the code; state, PKCE and scopes are checked by JupyterHub's own handler."""
        await HubOAuthCallbackHandler.get(self)


class ReadyHandler(SaysWhy):
    """``/api``, which the Hub asks without a sign-in right after a start; the same for every address there may be.

    The spawner has waited for the workspace itself by then. An answer of its own would tell anybody who works when.
    """

    def get(self, _person: str, _project: str) -> None:
        """Answer the version."""
        self.set_header("X-JupyterHub-Version", hub_version)
        self.finish({"version": "gateway"})


class HealthHandler(SaysWhy):
    """Whether this process decides and records; for the supervisor."""

    async def get(self) -> None:
        """200 when both the domain and the ledger answer."""
        healthy = self.settings["seats"].fresh() and await self.settings["recording"].alive()
        self.set_status(200 if healthy else 503)
        self.finish({"healthy": healthy})


class HomeHandler(SaysWhy):
    """``/user/<person>/<project>`` and its root lead to JupyterLab."""

    def get(self, person: str, project: str) -> None:
        """Redirect."""
        self.redirect(f"/user/{person}/{project}/lab")


class NothingHere(SaysWhy):
    """Anything that is not a workspace's address."""

    def prepare(self) -> None:
        """Refuse."""
        raise tornado.web.HTTPError(404)


@tornado.web.stream_request_body
class TooMuchHandler(SaysWhy):
    """Stands in for a handler that reads no body, when a large one is announced: it is not read at all."""

    def prepare(self) -> None:
        """Refuse."""
        self.set_header("Connection", "close")
        error = TooLarge(TOO_MUCH)
        self.recording.note(self.visitor, self.place(), self.request_line(), error, self.origin())
        write_refusal(self, error)

    def data_received(self, chunk: bytes) -> None:
        """Keep nothing."""


class GatewayApplication(WholeBodies):
    """The application, which records requests that did not arrive whole, and keeps no large body for nobody."""

    def get_handler_delegate(
        self,
        request: HTTPServerRequest,
        target_class: type[tornado.web.RequestHandler],
        *arguments: Any,
        **named: Any,
    ) -> Any:
        """What does not take a body piece by piece would keep it whole, from anybody: there it has to be small."""
        if not getattr(target_class, "_stream_request_body", False):
            request.connection.set_max_body_size(MOST_KEPT)  # type: ignore[union-attr]
            announced = request.headers.get("Content-Length", "")
            if announced.isdigit() and int(announced) > MOST_KEPT:
                target_class = TooMuchHandler
        return super().get_handler_delegate(request, target_class, *arguments, **named)

    def cut_off(self, handler: Reader | None, what: str, error: BureauError) -> None:
        """Record one."""
        who, where = (handler.visitor, handler.place()) if handler is not None else (SOMEBODY, None)
        self.settings["recording"].note(who, where, what, error)


def make_server(app: tornado.web.Application, message_max_bytes: int) -> HTTPServer:
    """Return the server for *app*, which records what it can't read; the proxy alone speaks to it."""
    note = partial(app.settings["recording"].note, SOMEBODY, None)
    return Doorstep(app, unread=note, xheaders=True, max_body_size=2 * message_max_bytes)


def make_app(
    *,
    seats: Seats,
    recording: Recording,
    origin_of: Callable[[str], str],
    home_url: str,
    cookie_secret: bytes,
    message_max_bytes: int,
) -> tornado.web.Application:
    """Return the application; nothing here reads settings or the environment."""
    return GatewayApplication(
        [
            (PLACE + r"/?", HomeHandler),
            (PLACE + r"/oauth_callback", CallbackHandler),
            (PLACE + r"/api", ReadyHandler),
            (PLACE + rf"/api/kernels/({UUID})/channels", ChannelsHandler),
            (PLACE + r"/terminals/websocket/([A-Za-z0-9_-]{1,64})", TerminalHandler),
            (PLACE + r"/api/events/subscribe", EventsHandler),
            (PLACE + rf"/({'|'.join(FIXED)})", FixedHandler),
            (PLACE + r"/(.+)", ForwardHandler),
            (r"/health", HealthHandler),
        ],
        default_handler_class=NothingHere,
        seats=seats,
        recording=recording,
        origin_of=origin_of,
        home_url=home_url,
        cookie_secret=cookie_secret,
        message_max_bytes=message_max_bytes,
        websocket_max_message_size=message_max_bytes,
        websocket_ping_interval=30,
        websocket_ping_timeout=20,
    )


async def report_activity(seats: Seats, hub_api_url: str) -> None:
    """Tell the Hub which workspaces were used, with each server's own token (scope ``users:activity``)."""
    client = AsyncHTTPClient()
    for seat in seats.in_use(ACTIVITY_EVERY_S):
        try:
            await client.fetch(_activity_request(seat, hub_api_url))
        except (OSError, HTTPClientError) as error:  # the next report says the same; people work without the Hub
            log.info("activity_not_reported", workspace=seat.workspace.id, error=repr(error))


def _activity_request(seat: Seat, hub_api_url: str) -> HTTPRequest:
    now = datetime.now(UTC).isoformat()
    workspace = seat.workspace
    return HTTPRequest(
        f"{hub_api_url}/users/{workspace.person}/activity",
        method="POST",
        headers={"Authorization": f"token {workspace.hub_token}", "Content-Type": "application/json"},
        body=json.dumps({"last_activity": now, "servers": {workspace.project: {"last_activity": now}}}),
        request_timeout=10,
    )
