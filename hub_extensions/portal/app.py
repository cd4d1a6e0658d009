"""The portal as a Tornado application: addresses to handlers, and nothing else."""

import asyncio
import re
from functools import partial
from typing import Any

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler
from tornado.httpserver import HTTPServer
from tornado.web import RequestHandler, StaticFileHandler, url

from audit.events import Event
from hub_extensions.portal.api.handlers import ApiHandler, DocumentHandler, DownloadApi, UnknownCall
from hub_extensions.portal.api.operations import OPERATIONS, Operation
from hub_extensions.portal.api.public import PublicApi
from hub_extensions.portal.base import CONTENT_POLICY, NOTED, as_error
from hub_extensions.portal.context import Portal
from hub_extensions.portal.handlers import (
    admin,
    audit,
    audit_data,
    catalogue,
    controls,
    desk_admin,
    endings,
    exports,
    home,
    imports,
    instruction,
    my_sessions,
    notifications,
    onboarding,
    openings,
    outside,
    people,
    questions,
    recovery,
    register,
    requests,
    review,
    reviews,
    trace,
    why,
)
from hub_extensions.portal.pages import NotFoundPage
from hub_extensions.portal.plain import Plain
from hub_extensions.portal.refusals import note_refusal, refused_outright
from hub_extensions.portal.templating import STATIC
from hub_extensions.portal.too_large import HEARD, PortalApplication
from hub_extensions.strangers.counted import SOMEBODY, Strangers
from hub_extensions.strangers.unread import Doorstep
from project_spaces.errors import BureauError
from project_spaces.store import Store

_SLUG = r"[a-z0-9-]{1,30}"
_ID = r"[0-9a-f]{32}"
_SECTION = "project|purpose|data|linkage|people|means|check"
_TABLE = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_PERIOD = r"\d{4}-\d{2}|end"
_DOOR = r"[A-Za-z0-9_-]{43}"
_NUMBER = r"(?:0|[1-9][0-9]{0,14})"

#: Address below the portal's prefix, and its page.
PAGES: tuple[tuple[str, type[RequestHandler]], ...] = (
    ("", home.HomePage),
    (f"workspaces/(?P<project>{_SLUG})", home.WorkspacePage),
    (f"projects/(?P<project>{_SLUG})/end", endings.EndPage),
    (f"projects/(?P<project>{_SLUG})/end/certificate", endings.CertificateFile),
    ("habilitations", home.HabilitationsPage),
    ("onboarding", onboarding.OnboardingPage),
    (f"onboarding/charters/(?P<charter>{_SLUG})", onboarding.CharterPage),
    (f"onboarding/certificates/(?P<claim>{_ID})", onboarding.CertificateHandler),
    ("why", why.WhyPage),
    ("notifications", notifications.NotificationsPage),
    ("sessions", my_sessions.SessionsPage),
    ("sessions/recovery", recovery.RecoveryCodesPage),
    ("requests", requests.RequestsPage),
    ("requests/new", requests.NewRequestPage),
    (f"requests/(?P<request>{_ID})", requests.RequestPage),
    (f"requests/(?P<request>{_ID})/form/(?P<section>{_SECTION})", requests.SectionPage),
    (f"requests/(?P<request>{_ID})/form/data/(?P<dataset>{_SLUG})", requests.SectionPage),
    (f"requests/(?P<request>{_ID})/summary", requests.SummaryPage),
    (f"requests/(?P<request>{_ID})/agreements/(?P<step>{_ID})", requests.AgreementPage),
    (f"requests/(?P<request>{_ID})/agreements/(?P<step>{_ID})/text", requests.AgreementFile),
    ("instruction", instruction.InstructionPage),
    ("instruction/stuck", instruction.StuckPage),
    (f"instruction/stuck/(?P<request>{_ID})", instruction.ReassignHandler),
    ("instruction/owners", instruction.OwnersPage),
    ("instruction/embargoes", instruction.EmbargoesPage),
    ("exports", exports.ExportsPage),
    ("exports/new", exports.NewExportPage),
    (f"exports/(?P<request>{_ID})", exports.ExportPage),
    (f"downloads/(?P<link>{_ID})", exports.DownloadHandler),
    ("imports", imports.ImportsPage),
    (f"imports/(?P<request>{_ID})", imports.ImportPage),
    (f"imports/(?P<request>{_ID})/files", imports.ReceiveHandler),
    ("import-review", imports.ImportQueuePage),
    (f"import-review/(?P<request>{_ID})", imports.ImportReviewPage),
    (f"import-review/(?P<request>{_ID})/files/(?P<file>{_ID})", imports.ImportPreviewPage),
    ("review", review.QueuePage),
    (f"review/(?P<request>{_ID})", review.ReviewPage),
    (f"review/(?P<request>{_ID})/files/(?P<file>{_ID})", review.PreviewHandler),
    (f"review/(?P<request>{_ID})/files/(?P<file>{_ID})/program", review.ProgramHandler),
    ("admin", admin.PeoplePage),
    ("admin/projects", admin.ProjectsPage),
    (f"admin/projects/(?P<project>{_SLUG})", admin.ProjectPage),
    ("admin/datasets", admin.DatasetsPage),
    (f"admin/projects/(?P<project>{_SLUG})/register", register.EntryPage),
    (f"admin/datasets/(?P<dataset>{_SLUG})", people.DatasetPage),
    (f"admin/people/(?P<person>{_SLUG})", people.PersonPage),
    ("admin/charters", people.ChartersPage),
    (f"admin/charters/(?P<charter>{_SLUG})", people.CharterVersionsPage),
    ("admin/trainings", people.TrainingsPage),
    ("admin/stops", people.StopsPage),
    ("admin/hubs", people.HubsPage),
    ("admin/orphans", people.OrphansPage),
    ("admin/reviews", reviews.ReviewsPage),
    (f"admin/reviews/(?P<campaign>{_ID})", reviews.ReviewCampaignPage),
    (f"admin/reviews/(?P<campaign>{_ID})/evidence\\.json", reviews.EvidenceDocument),
    (f"admin/reviews/(?P<campaign>{_ID})/evidence\\.csv", reviews.EvidenceTable),
    ("admin/recalls", desk_admin.RecallsPage),
    ("admin/exports", desk_admin.CalibrationPage),
    (f"admin/exports/(?P<request>{_ID})", desk_admin.CalibrationPage),
    ("audit", audit.AuditPage),
    (f"audit/entries/(?P<index>{_NUMBER})", audit.EntryPage),
    (f"audit/entries/(?P<index>{_NUMBER})/proof", audit.ProofHandler),
    ("audit/sessions", audit.SessionsPage),
    (f"audit/sessions/(?P<workspace>{_ID})", audit.SessionPage),
    ("audit/verification", audit.VerificationPage),
    ("audit/datasets", audit_data.AuditDatasetsPage),
    (f"audit/datasets/(?P<dataset>{_SLUG})", audit_data.ReadersPage),
    (f"audit/datasets/(?P<dataset>{_SLUG})/readers.csv", audit_data.ReadersTable),
    ("audit/controls", controls.ControlsPage),
    (f"audit/controls/(?P<scope>{_SLUG})/(?P<period>{_PERIOD})", controls.ControlPage),
    ("audit/egress", controls.EgressPage),
    ("audit/export", audit_data.ExportHandler),
    ("openings", openings.OwnDatasetsPage),
    (f"openings/(?P<dataset>{_SLUG})", openings.OpeningsPage),
    (f"openings/(?P<dataset>{_SLUG})/openings\\.csv", openings.OpeningsTable),
    ("trace", trace.TracePage),
    ("trace/key", trace.TraceKeyPage),
    (f"trace/entries/(?P<index>{_NUMBER})", trace.TraceEntryPage),
    (f"trace/entries/(?P<index>{_NUMBER})/proof", trace.OwnProofHandler),
)

#: What people without an account reach, each by a link of their own.
OUTSIDE_PAGES: tuple[tuple[str, type[RequestHandler]], ...] = (
    (f"outside/(?P<token>{_DOOR})", outside.OutsidePage),
    (f"outside/(?P<token>{_DOOR})/package", outside.OutsidePackage),
    (f"outside/(?P<token>{_DOOR})/files", outside.OutsideReceive),
)

#: The same for what everybody may read without signing in.
PUBLIC_PAGES: tuple[tuple[str, type[RequestHandler]], ...] = (
    ("catalogue", catalogue.ListPage),
    (r"catalogue\.jsonld", catalogue.LinkedCatalogueHandler),
    (f"catalogue/(?P<dataset>{_SLUG})", catalogue.CardPage),
    (rf"catalogue/(?P<dataset>{_SLUG})\.jsonld", catalogue.LinkedHandler),
    (f"catalogue/(?P<dataset>{_SLUG})/sample", catalogue.SampleHandler),
    (f"catalogue/(?P<dataset>{_SLUG})/tables/(?P<table>{_TABLE})", catalogue.TablePage),
    (rf"catalogue/(?P<dataset>{_SLUG})/tables/(?P<table>{_TABLE})\.schema\.json", catalogue.SchemaHandler),
    ("catalogue/.*", catalogue.UnknownEntry),
    ("questions", questions.QuestionsPage),
    ("requests/delays", register.DelaysPage),
    ("register", register.RegisterPage),
    (r"register\.csv", register.RegisterTable),
    (f"register/(?P<project>{_SLUG})", register.RegisterProjectPage),
)


class HealthHandler(Plain):
    """Says that the process answers; asks nothing of anybody."""

    def get(self) -> None:
        """Say so."""
        self.set_header("Content-Type", "text/plain")
        self.finish("ok")


class CallbackHandler(Plain, HubOAuthCallbackHandler):
    """The end of the Hub's sign-in."""

    @property
    def hub_auth(self) -> HubOAuth:
        """The Hub's OAuth client of this service."""
        return self.application.settings["hub_auth"]  # type: ignore[no-any-return]

    def set_default_headers(self) -> None:
        """Set what every answer carries."""
        self.set_header("Content-Security-Policy", CONTENT_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    def on_finish(self) -> None:
        """Record an answer of the Hub that nobody asked for, or that was tampered with."""
        if (status := self.get_status()) in NOTED:
            note_refusal(self, SOMEBODY, self.application.settings["portal"].clock(), as_error(status))


class StaticHandler(Plain, StaticFileHandler):
    """Style, script and logo: the only thing that is shown without signing in."""

    def set_extra_headers(self, path: str) -> None:  # noqa: ARG002 - Tornado's signature
        """Cache for ever when the address carries the file's fingerprint."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        if not self.get_query_argument("v", ""):
            self.set_header("Cache-Control", "no-cache")

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:  # noqa: ARG002 - Tornado's signature
        """A year where the address changes with the bytes."""
        return 365 * 24 * 3600 if self.get_query_argument("v", "") else 0


def make_app(portal: Portal, hub_auth: HubOAuth, *, prefix: str, cookie_secret: bytes) -> PortalApplication:
    """Return the application that serves below *prefix* (which begins and ends with a slash)."""
    routes: list[Any] = [
        url(f"{prefix}health", HealthHandler),
        url(f"{prefix}oauth_callback", CallbackHandler),
        url(f"{prefix}idle\\.css", my_sessions.IdleStyle),
        url(f"{prefix}static/(.*)", StaticHandler, {"path": str(STATIC)}),
        *_api(prefix + "api/v1"),
        *(url(re.escape(prefix) + path, handler) for path, handler in (*PAGES, *OUTSIDE_PAGES, *PUBLIC_PAGES)),
        url(re.escape(prefix.rstrip("/")), _Home, {"target": prefix}),
    ]
    return PortalApplication(
        routes,
        default_handler_class=NotFoundPage,
        portal=portal,
        strangers=Strangers(partial(_write, portal.store)),
        hub_auth=hub_auth,
        prefix=prefix,
        cookie_secret=cookie_secret,
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax", "secure": portal.public_url.startswith("https:")},
    )


def make_server(app: PortalApplication) -> HTTPServer:
    """Return the server for *app*, which records heads that it can't read; the proxy alone speaks to it."""
    portal, strangers = app.settings["portal"], app.settings["strangers"]

    def unread(line: str, error: BureauError) -> None:
        strangers.note(refused_outright(line, SOMEBODY, portal.clock(), error))

    return Doorstep(app, unread=unread, xheaders=True, max_body_size=HEARD)


async def _write(store: Store, event: Event) -> None:
    """Record one event without holding up the others."""
    await asyncio.to_thread(store.record, event)


class _Home(Plain):
    """The portal's address without its last slash."""

    def initialize(self, target: str) -> None:
        self.target = target

    def get(self) -> None:
        """Lead to the home page."""
        self.redirect(self.target, permanent=False)


def _api(prefix: str) -> list[Any]:
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        url(f"{prefix}/openapi.json", DocumentHandler),
        url(f"{prefix}/downloads/(?P<link>{_ID})", DownloadApi),
        url(f"{prefix}/imports/(?P<request>{_ID})/files", imports.ReceiveHandler),
        *(url(prefix + pattern(path), _serving(found), {"operations": found}) for path, found in by_path.items()),
        url(f"{prefix}/.*", UnknownCall),
    ]


def _serving(found: dict[str, Operation]) -> type[RequestHandler]:
    """Whoever is not asked to sign in is served by a handler that knows nobody."""
    return PublicApi if all(operation.public for operation in found.values()) else ApiHandler


def pattern(path: str) -> str:
    """Return the expression of an address of the API: ``{request}`` is an id, ``{index}`` a number, else a slug."""
    kinds = {
        "table": _TABLE,
        "request": _ID,
        "file": _ID,
        "link": _ID,
        "workspace": _ID,
        "step": _ID,
        "claim": _ID,
        "campaign": _ID,
        "index": _NUMBER,
        "period": _PERIOD,
    }
    return re.sub(r"{(\w+)}", lambda found: f"(?P<{found[1]}>{kinds.get(found[1], _SLUG)})", path)
