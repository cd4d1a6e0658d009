"""A small platform around the portal, for the tests of this room: real store, desk and checks of access, one stub.

Stubbed, and only there: the Hub. :class:`StubHub` answers its OAuth endpoints, says who a token belongs to, and keeps a
list of named servers. Everything behind the portal's handlers is the product's own.
"""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from cryptography.fernet import Fernet
from jupyterhub.services.auth import HubOAuth
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.exports.checking import Checker
from hub_extensions.exports.desk import Rules, open_desk
from hub_extensions.exports.storage import Vault
from hub_extensions.exports.testing import SettableChecker
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.desk import Rules as ImportRules
from hub_extensions.imports.testing import SettableScanner
from hub_extensions.portal.app import make_app, make_server
from hub_extensions.portal.context import Portal
from hub_extensions.portal.hub import HubApi
from hub_extensions.portal.ledger_view import PublishedLedger
from hub_extensions.portal.testing_ledger import MemoryView
from hub_extensions.portal.workspaces import Workspaces
from project_spaces.datasets import register_dataset, register_version
from project_spaces.egress import EgressCounts
from project_spaces.facts import Classification, MemberRole, PlatformRole
from project_spaces.habilitations import grant_habilitation, revoke_habilitation
from project_spaces.layout import Layout
from project_spaces.memberships import grant_membership
from project_spaces.people import Person, create_person, grant_role
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.secret_box import SecretBox
from project_spaces.store import LedgerLike, Store, migrate
from project_spaces.text import Text

PREFIX = "/services/bureau/"
SETUP = "system:test"
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday

#: Who is who.
ANA, BEN, ADA, BEA, PAUL, AUD, SOL, OUT = "ana", "ben", "ada", "bea", "paul", "aude", "sol", "zoe"
NAMES = {
    ANA: "Ana Lopes",
    BEN: "Ben Aubry",
    ADA: "Ada Martin",
    BEA: "Béa Roche",
    PAUL: "Paul Girard",
    AUD: "Aude Petit",
    SOL: "Sol Ferrer",
    OUT: "Zoé Masson",
}
ROLES = {
    ADA: PlatformRole.REVIEWER,
    BEA: PlatformRole.REVIEWER,
    PAUL: PlatformRole.ADMINISTRATOR,
    AUD: PlatformRole.AUDITOR,
    SOL: PlatformRole.STEWARD,
}
PROJECT, OTHER = "readmission-30j", "greffes-rein"


@dataclass
class StubHub:
    """Stands in for the Hub: OAuth, who a token is, named servers. No rule of ours is in it."""

    url: str = ""
    #: Person → project → model of the server, as the Hub's API gives it.
    servers: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    #: What the next start answers: status and message.
    start_answer: tuple[int, str] = (201, "")
    calls: list[str] = field(default_factory=list)
    down: bool = False
    codes: dict[str, str] = field(default_factory=dict)

    def serve(self) -> HTTPServer:
        """Listen on a free port."""
        listening, port = bind_unused_port()
        self.url = f"http://127.0.0.1:{port}"
        app = Application(
            [
                ("/become/(.*)", _Become),
                ("/hub/api/oauth2/authorize", _Authorize),
                ("/hub/api/oauth2/token", _Token),
                ("/hub/api/user", _User),
                (r"/hub/api/users/([^/]+)", _Person),
                (r"/hub/api/users/([^/]+)/servers/([^/]+)", _Server),
            ],
            hub=self,
        )
        server = HTTPServer(app)
        server.add_sockets([listening])
        return server


class _Stub(RequestHandler):
    @property
    def hub(self) -> StubHub:
        return self.application.settings["hub"]  # type: ignore[no-any-return]

    def prepare(self) -> None:
        if self.hub.down:
            self.set_status(503)
            self.finish()


class _Become(_Stub):
    def get(self, name: str) -> None:
        self.set_cookie("stub-who", name)
        self.finish("ok")


class _Authorize(_Stub):
    def get(self) -> None:
        code = secrets.token_hex(8)
        self.hub.codes[code] = self.get_cookie("stub-who") or ""
        query = urlencode({"code": code, "state": self.get_query_argument("state")})
        self.redirect(f"{self.get_query_argument('redirect_uri')}?{query}")


class _Token(_Stub):
    def post(self) -> None:
        name = self.hub.codes.pop(self.get_body_argument("code"))
        self.finish({"access_token": f"token-{name}"})


class _User(_Stub):
    def get(self) -> None:
        # A token of a browser session is named ``token-<person>~<session>``.
        name = self.request.headers.get("Authorization", "").rpartition("token-")[2]
        if not name:
            self.set_status(403)
            self.finish({})
            return
        if name == "worker":
            self.finish({"kind": "service", "name": "worker", "scopes": ["access:services"]})
            return
        scopes = [] if name == "unscoped" else ["access:services!service=bureau"]
        name, _, session = name.partition("~")
        model = {"kind": "user", "name": name, "scopes": scopes, "groups": [], "admin": False}
        self.finish({**model, "session_id": session or None})


class _Person(_Stub):
    def get(self, name: str) -> None:
        self.finish(json.dumps({"name": name, "servers": self.hub.servers.get(name, {})}))


class _Server(_Stub):
    def post(self, name: str, project: str) -> None:
        self.hub.calls.append(f"start {name}/{project}")
        status, message = self.hub.start_answer
        if status == 201:
            self.hub.servers.setdefault(name, {})[project] = {"ready": True, "pending": None}
        elif status == 202:
            self.hub.servers.setdefault(name, {})[project] = {"ready": False, "pending": "spawn"}
        self.set_status(status)
        self.finish({} if not message else {"status": status, "message": message})

    def delete(self, name: str, project: str) -> None:
        self.hub.calls.append(f"stop {name}/{project}")
        self.hub.servers.get(name, {}).pop(project, None)
        self.set_status(204)
        self.finish()


@dataclass
class Clock:
    """The time of a world."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """Tell it."""
        return self.now


@dataclass
class World:
    """A portal that answers, and what is around it."""

    url: str
    hub: StubHub
    portal: Portal
    ledger: LedgerLike
    home: Path
    clock: Clock
    app: Application

    @property
    def address(self) -> str:
        """The portal's home page."""
        return self.url + PREFIX

    @property
    def api(self) -> str:
        """The API."""
        return self.address + "api/v1"

    def write(self, name: str, data: bytes, project: str = PROJECT) -> None:
        """Put a file into a project's folder."""
        file = self.portal.project_dir(project) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


@asynccontextmanager
async def open_world(
    home: Path,
    ledger: LedgerLike,
    *,
    view: PublishedLedger | None = None,
    trial: Text | None = None,
    checker: Checker | None = None,
    database: str | None = None,
) -> AsyncIterator[World]:
    """Serve a portal over a fresh installation in *home* (inside a running event loop)."""
    listening, port = bind_unused_port()
    url = f"http://127.0.0.1:{port}"
    hub = StubHub()
    stub = hub.serve()
    store = Store(database or f"sqlite:///{home}/bureau.sqlite", ledger)
    api = HubApi(f"{hub.url}/hub/api", "service-token")
    clock = Clock()
    counts = EgressCounts(database or f"sqlite:///{home}/bureau.sqlite")
    portal = _portal(home, store, api, url, clock=clock, counts=counts, view=view, trial=trial, checker=checker)
    app = make_app(portal, _auth(hub, url), prefix=PREFIX, cookie_secret=b"c" * 32)
    world = World(url, hub, portal, ledger, home, clock, app)
    server = make_server(app)
    server.add_sockets([listening])
    try:
        yield world
    finally:
        server.stop()
        await app.settings["strangers"].close()
        stub.stop()
        await api.close()
        counts.close()
        store.close()


def _portal(
    home: Path,
    store: Store,
    api: HubApi,
    url: str,
    *,
    clock: Clock,
    counts: EgressCounts,
    view: PublishedLedger | None,
    trial: Text | None,
    checker: Checker | None,
) -> Portal:
    layout = Layout(home / "storage")
    desk = open_desk(
        store,
        exports_dir=home / "exports",
        key_file=home / "release.pem",
        project_dir=layout.project_dir,
        dataset_dir=layout.dataset_dir,
        rules=Rules(),
        checker=checker or SettableChecker(),
    )
    return Portal(
        store=store,
        desk=desk,
        imports=ImportDesk(store, Vault(home / "quarantine"), layout, ImportRules(), SettableScanner()),
        layout=layout,
        box=SecretBox(Fernet.generate_key()),
        workspaces=Workspaces(api, store),
        ledger=view or _view(store, home),
        public_url=url,
        workspace_origin=lambda name: f"http://{name}.bureau.localhost:8000",
        clock=clock,
        counts=counts,
        trial=trial,
    )


def _view(store: Store, home: Path) -> PublishedLedger:
    """The pages' view of the ledger that the store records in; empty unless that one is in memory."""
    if isinstance(store.ledger, MemoryLedger):
        return MemoryView(store.ledger, home / "ledger")
    return PublishedLedger(home / "ledger", home / "remembered")


def _auth(hub: StubHub, url: str) -> HubOAuth:
    return HubOAuth(
        api_url=f"{hub.url}/hub/api",
        api_token="service-token",  # noqa: S106 - the stub's
        base_url=PREFIX,
        hub_host=hub.url,
        hub_prefix="/hub/",
        oauth_client_id="service-bureau",
        oauth_redirect_uri=f"{url}{PREFIX}oauth_callback",
        cache_max_age=0,
        access_scopes={"access:services!service=bureau"},
        allow_token_in_url=False,
    )


def populate(url: str, ledger: LedgerLike) -> None:
    """Fill a database: people, roles, two projects, three data sets, memberships and habilitations of every kind."""
    migrate(url)
    store = Store(url, ledger)
    at = {"actor": SETUP, "now": NOW - 40 * DAY}
    for name, display in NAMES.items():
        create_person(store, username=name, display_name=display, email=f"{name}@example.org", **at)
        with store.write(Event(Kind.ACCOUNT_ENROLLED, name, None, NOW - 40 * DAY)) as session:
            found = session.get(Person, name)
            assert found is not None  # noqa: S101 - created above
            found.enrolled_at = NOW - 40 * DAY
    for name, role in ROLES.items():
        grant_role(store, name, role, **at)
    _projects(store)
    _datasets(store)
    _rights(store)
    store.close()


def _projects(store: Store) -> None:
    titles = {PROJECT: "Réadmissions à 30 jours", OTHER: "Rejet de greffe rénale"}
    for slug, title in titles.items():
        create_project(
            store,
            slug=slug,
            title=title,
            purpose="Mesurer le taux de réadmission à trente jours par région et par classe d'âge.",
            starts_at=NOW - 30 * DAY,
            ends_at=NOW + (300 * DAY if slug == PROJECT else -DAY),
            quota=Quota(2.0, 4096, 512, 50, 1 if slug == PROJECT else 0),
            actor=SETUP,
            now=NOW - 40 * DAY,
        )


def _datasets(store: Store) -> None:
    sets = {
        "pmsi-mco": (Text("PMSI MCO, échantillon", "PMSI MCO, sample"), Classification.PSEUDONYMISED),
        "snds-synth": (Text("SNDS de synthèse", "Synthetic SNDS"), Classification.SYNTHETIC),
        "omop-1001": (Text("OMOP, mille et une personnes", "OMOP, a thousand and one persons"), Classification.OPEN),
    }
    for slug, (title, classification) in sets.items():
        register_dataset(
            store,
            slug=slug,
            title=title,
            owner="ATIH",
            classification=classification,
            min_persons=11,
            person_column="num_enq",
            actor=SETUP,
            now=NOW - 40 * DAY,
        )
        register_version(store, slug, "2026.1", manifest_sha256="0" * 64, rows=120_000, actor=SETUP, now=NOW - 40 * DAY)


def _rights(store: Store) -> None:
    at = {"actor": SETUP, "now": NOW - 30 * DAY}
    for name, project, role in (
        (ANA, PROJECT, MemberRole.LEAD),
        (BEN, PROJECT, MemberRole.ANALYST),
        (ANA, OTHER, MemberRole.ANALYST),
    ):
        grant_membership(
            store, person=name, project=project, role=role, starts_at=NOW - 30 * DAY, ends_at=NOW + 200 * DAY, **at
        )
    for slug, ends in (("snds-synth", 20), ("omop-1001", 150), ("pmsi-mco", 150)):
        number = grant_habilitation(
            store, person=ANA, project=PROJECT, dataset=slug, starts_at=NOW - 30 * DAY, ends_at=NOW + ends * DAY, **at
        )
        if slug == "pmsi-mco":
            revoke_habilitation(store, number, actor=SETUP, now=NOW - DAY, reason="Convention échue")
