"""A gateway in front of a workspace that remembers what reached it, and what the ledger held at that moment.

Faked at the edges, and only there: the Hub's answer about who signed in (:class:`SignedIn`), the domain's answers
(:class:`FakeDomain`) and the Jupyter server behind the socket (:class:`FakeWorkspace`). The real ones are driven in
tests/end_to_end.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import uvloop
from aiohttp import web
from sqlalchemy.exc import OperationalError
from tornado.testing import bind_unused_port
from tornado.web import Application

from audit.testing import MemoryLedger, PlainKeys
from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch
from hub_extensions.gateway.app import make_app, make_server
from hub_extensions.gateway.domain import SIGNED_OUT, over
from hub_extensions.gateway.egress import Egress
from hub_extensions.gateway.recording import Recording
from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.gateway.seats import Asked, Seats, Standing
from hub_extensions.gateway.upstream import SOCKET_NAME
from project_spaces.decisions import Decision, Reason
from project_spaces.egress import Budget, Use
from project_spaces.expiry_warnings import ExpiryWarning
from project_spaces.text import Text

PREFIX = "/user/ana/etude"
ORIGIN = "http://ana.bureau.test"
POLICY = "0123456789abcdef"
AMPLE = Budget(2**40, 2**40)
REVOKED = Decision(
    allowed=False,
    reasons=(Reason("habilitation_revoked", Text("L'habilitation a été retirée.", "Withdrawn.")),),
    until=None,
)


@dataclass
class Effect:
    """Something that reached the workspace, and how many entries the ledger had by then."""

    what: str
    data: str | bytes
    entries: int


@dataclass
class FakeWorkspace:
    """A server on a unix socket that answers everything and forgets nothing."""

    ledger: MemoryLedger
    effects: list[Effect] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    openings: list[Effect] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    async def hang_up(self) -> None:
        """End every connection, as a container that is killed does."""
        for socket in self.sockets:
            await socket.close()

    def saw(self, what: str, data: str | bytes = b"") -> None:
        self.effects.append(Effect(what, data, len(self.ledger.events)))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.channels(request)
        self.headers.append(dict(request.headers))
        self.saw(f"{request.method} {request.raw_path}", await request.read())
        if request.path.endswith("/endless"):
            return await self.drip(request)
        answer = {"Set-Cookie": "stolen=1; Path=/", "Content-Disposition": "attachment", "X-Evil": "1"}
        return web.json_response({"ok": True}, headers=answer)

    async def drip(self, request: web.Request) -> web.StreamResponse:
        """Answer without end, as a server that its user has rewritten can."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x")
            await asyncio.sleep(0.01)

    async def channels(self, request: web.Request) -> web.WebSocketResponse:
        self.openings.append(Effect(request.raw_path, "", len(self.ledger.events)))
        socket = web.WebSocketResponse(protocols=("v1.kernel.websocket.jupyter.org",), max_msg_size=0)
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            self.saw("message", message.data)
            if message.type is aiohttp.WSMsgType.TEXT:
                await socket.send_str(message.data)
            else:
                await socket.send_bytes(message.data)
        return socket


@dataclass
class FakeDomain:
    """Answers as the domain would; tests change its mind."""

    folder: Path
    decision: Decision = field(default_factory=lambda: Decision(allowed=True, reasons=(), until=None))
    number: int = 1
    announced: ExpiryWarning | None = None
    broken: bool = False
    #: Sessions that were signed out of.
    ended: set[str | None] = field(default_factory=set)
    over: Decision = field(default_factory=lambda: over(SIGNED_OUT))
    #: When sessions end unless somebody does something, and where somebody was said to be.
    idle: dict[str | None, datetime] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def revision(self) -> int:
        if self.broken:
            msg = "database gone"
            raise OSError(msg)
        return self.number

    def workspace(self, person: str, project: str) -> OpenWorkspace | None:
        if (person, project) not in {("ana", "etude"), ("ben", "etude")}:
            return None
        return OpenWorkspace(
            id="w1",
            person=person,
            project=project,
            folder=str(self.folder),
            owner_uid=os.geteuid(),
            inner_token="inside",
            hub_token="hub",
            oauth_client_id="client",
            image_digest="sha256:abc",
            mounted=("claims",),
            data_sha256="d" * 64,
        )

    def decide(self, workspace: OpenWorkspace, now: datetime) -> Decision:
        return self.decision

    def decide_in(self, workspace: OpenWorkspace, session: str | None, now: datetime) -> Decision:
        return self.over if session in self.ended else self.decision

    def standings(self, asked: Sequence[Asked], now: datetime) -> list[Standing]:
        return [
            Standing(
                self.workspace(each.workspace.person, each.workspace.project) is not None,
                self.decide(each.workspace, now),
                {session: self.decide_in(each.workspace, session, now) for session in each.sessions},
                {session: self.idle[session] for session in each.sessions if session in self.idle},
            )
            for each in asked
        ]

    def warning(self, workspace: OpenWorkspace, now: datetime) -> ExpiryWarning | None:
        return self.announced

    def here(self, person: str, session: str, now: datetime) -> None:
        self.told.append((person, session))

    def change(self, decision: Decision) -> None:
        self.decision = decision
        self.number += 1


class SignedIn:
    """What HubOAuth would answer: the person named in a header of the test."""

    base_url = PREFIX + "/"
    access_scopes = frozenset({"access:servers!server=ana/etude"})

    def check_scopes(self, required: Collection[str], user: Mapping[str, Any]) -> set[str]:
        return set(required) & set(user["scopes"])

    def __init__(self) -> None:
        self.signed_out = False

    def get_token(self, _handler: object) -> str:
        return "token"

    def get_session_id(self, _handler: object) -> str:
        return "session"

    async def user_for_token(self, _token: str, *, session_id: str, sync: bool = True):
        return None if self.signed_out else {"name": "ana", "kind": "user", "scopes": list(self.access_scopes)}

    async def get_user(self, handler, *, sync: bool = True):
        name = handler.request.headers.get("X-Signed-In-As")
        handler._token_authenticated = handler.request.headers.get("Authorization") is not None
        scopes = handler.request.headers.get("X-Scopes", " ".join(self.access_scopes)).split()
        session = handler.request.headers.get("X-Session")
        return {"name": name, "kind": "user", "scopes": scopes, "session_id": session} if name else None


@dataclass
class FakeCounts:
    """The table of what was shown, in memory."""

    rows: dict[tuple[str, str, int], int] = field(default_factory=dict)
    budget: Budget | None = None
    lifts: int = 0
    broken: bool = False
    #: How often the whole table was asked for.
    looks: int = 0

    def add(self, shown: Mapping[tuple[str, str], int], hour: int) -> None:
        if self.broken:
            raise OperationalError("", None, Exception("database gone"))
        for (person, project), size in shown.items():
            self.rows[person, project, hour] = self.rows.get((person, project, hour), 0) + size

    def read(self, person: str, project: str, hour: int, default: Budget) -> tuple[Budget, Use]:
        if self.broken:
            raise OperationalError("", None, Exception("database gone"))
        mine = {when: size for (who, where, when), size in self.rows.items() if (who, where) == (person, project)}
        today = sum(size for when, size in mine.items() if hour - hour % 24 <= when <= hour)
        return self.budget or default, Use(mine.get(hour, 0), today, self.lifts, self.lifts)

    def read_all(self, who, hour: int, default: Budget):
        self.looks += 1
        return {key: self.read(*key, hour, default) for key in who}

    def latest_hour(self) -> int:
        if self.broken:
            raise OperationalError("", None, Exception("database gone"))
        return max((when for _, _, when in self.rows), default=0)


@dataclass
class Bench:
    """Everything a test of the gateway touches."""

    url: str
    session: aiohttp.ClientSession
    ledger: MemoryLedger
    workspace: FakeWorkspace
    domain: FakeDomain
    seats: Seats
    egress: Egress
    counts: FakeCounts
    app: Application

    def request(self, method: str, path: str, *, person: str | None = "ana", **options):
        headers = {"Origin": ORIGIN, **options.pop("headers", {})}
        if person:
            headers["X-Signed-In-As"] = person
        return self.session.request(method, self.url + path, headers=headers, allow_redirects=False, **options)

    def channels(
        self, *, person: str = "ana", origin: str = ORIGIN, protocol: str = "", query: str = "", session: str = ""
    ):
        path = f"{PREFIX}/api/kernels/0b9f7a1c-1111-2222-3333-444455556666/channels{query}"
        headers = {"X-Signed-In-As": person, "Origin": origin, "X-Session": session}
        protocols = (protocol,) if protocol else ()
        return self.session.ws_connect(self.url + path, headers=headers, protocols=protocols, max_msg_size=0)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run these tests on the loop that the gateway runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bv", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def gateway(socket_folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    ledger = MemoryLedger()
    workspace = FakeWorkspace(ledger)
    inner = web.Application(client_max_size=2**30)
    inner.router.add_route("*", "/{path:.*}", workspace.handle)
    runner = web.AppRunner(inner)
    await runner.setup()
    await web.UnixSite(runner, str(socket_folder / SOCKET_NAME)).start()
    domain = FakeDomain(socket_folder)
    recording = Recording(ledger.aio, Watch(Terms()), POLICY, PlainKeys().pseudonym)  # type: ignore[arg-type]
    counts = FakeCounts()
    egress = Egress(counts, AMPLE, ZoneInfo("Europe/Paris"), recording.event)
    seats = Seats(domain, lambda _: SignedIn(), 0.05, egress)  # type: ignore[arg-type, return-value]
    await seats.refresh()
    monkeypatch.setattr("hub_extensions.gateway.seat.STALE_AFTER", 60.0)  # nobody follows the fake domain meanwhile
    app = make_app(
        seats=seats,
        recording=recording,
        origin_of=lambda person: f"http://{person}.bureau.test",
        home_url="http://bureau.test/",
        cookie_secret=b"x" * 32,
        message_max_bytes=2**20,
    )
    listener, port = bind_unused_port()
    server = make_server(app, 2**21)
    server.add_sockets([listener])
    async with aiohttp.ClientSession() as session:
        yield Bench(f"http://127.0.0.1:{port}", session, ledger, workspace, domain, seats, egress, counts, app)
    server.stop()
    await seats.close()
    await runner.cleanup()
