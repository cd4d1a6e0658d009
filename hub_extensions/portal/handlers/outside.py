"""The pages of people without an account: one door, below an address of its own, and what is behind it.

Nobody is looked up at the Hub. Which door it is comes from the address, that the person passed it from a signed cookie
which goes to that address alone, lasts a quarter of an hour and is worth nothing once the door is closed: every step
asks the database again. The address is half of a secret: no other site is told it (Referrer-Policy).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import segno
from tornado.web import stream_request_body

from hub_extensions.exports import outsiders
from hub_extensions.exports.downloads import Download
from hub_extensions.imports.acting import By
from hub_extensions.outside import door
from hub_extensions.outside.access import Purpose
from hub_extensions.portal.base import Answer, Body
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.handlers.exports import send_package
from hub_extensions.portal.handlers.imports import ReceiveHandler
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import imports, outside
from project_spaces.errors import BureauError, Refused
from project_spaces.text import Text

COOKIE = "bureau-outside"
LASTS = timedelta(minutes=15)
ENROLLING, INSIDE = "enrolling", "inside"
AGAIN = Text("Donnez de nouveau votre code.", "Give your code again.")


class OutsideBase(PageHandler):
    """Base of what is behind a link for people without an account."""

    template = "outside.html"

    async def admit(self) -> None:
        """Let everybody through whose change comes from this very page."""
        self._require_own_page()

    def set_default_headers(self) -> None:
        """These pages are in no index."""
        super().set_default_headers()
        self.set_header("X-Robots-Tag", "noindex, nofollow")

    def check_xsrf_cookie(self) -> None:
        """The origin was compared, and the cookie goes to this address alone and never from elsewhere (Strict)."""

    async def run(self, verb: Callable[[Call, Body], Answer], body: Body) -> Answer:  # type: ignore[override]  # no verb here is a coroutine
        """Call *verb* with the door that was passed, if any."""
        known = {**self.path_kwargs, "access": self.passed() or ""}
        return await asyncio.to_thread(verb, Call(self.portal, "", self.portal.clock(), known), body)

    def stage(self) -> tuple[str, str]:
        """The door and the stage that the cookie speaks of, empty when there is none or it is too old."""
        kept = self.get_signed_cookie(COOKIE)
        parts = kept.decode("ascii", "replace").split("|") if kept else []
        if len(parts) != 3 or not parts[2].isdigit():
            return "", ""
        age = self.portal.clock().timestamp() - int(parts[2])
        return (parts[0], parts[1]) if 0 <= age < LASTS.total_seconds() else ("", "")

    def passed(self) -> str | None:
        """The door that was passed wholly."""
        access, stage = self.stage()
        return access if stage == INSIDE else None

    def remember(self, access: str, stage: str) -> None:
        """Remember how far the person came."""
        value = f"{access}|{stage}|{int(self.portal.clock().timestamp())}"
        self.set_signed_cookie(
            COOKIE,
            value,
            expires_days=None,
            path=self.here,
            httponly=True,
            samesite="Strict",
            secure=self.portal.public_url.startswith("https:"),
        )

    @property
    def here(self) -> str:
        """Address of the door."""
        return f"{self.prefix}outside/{self.path_kwargs['token']}"

    def require_passed(self, seen: Page) -> None:
        """Raise unless the cookie is of the very door of the address."""
        if self.passed() != seen["access"]:
            raise Refused(AGAIN)


class OutsidePage(OutsideBase):
    """The door, and behind it the package or the import."""

    acts: ClassVar = {
        "activate": Form(outside.activate, None, outside.Code),
        "confirm": Form(outside.confirm, Text("Accès activé.", "Access activated."), outside.Code),
        "enter": Form(outside.enter, None, outside.Code),
        "attest": Form(outside.attest, Text("Attestation enregistrée.", "Attestation recorded."), outside.Statement),
        "declare": Form(outside.declare, Text("Déclaration enregistrée.", "Declaration saved."), imports.Declared),
        "remove_file": Form(outside.remove_file, Text("Fichier retiré.", "File taken out."), imports.ReceivedFile),
        "submit": Form(
            outside.submit,
            Text(
                "Fichiers transmis : ils sont analysés, puis examinés.", "Files sent: they are analysed, then judged."
            ),
        ),
    }
    #: Acts that make a stage instead of asking for one.
    STAGES: ClassVar = {"activate": ENROLLING, "confirm": INSIDE, "enter": INSIDE}

    async def page(self) -> Page:
        """What the stage shows."""
        access, stage = self.stage()
        if stage == INSIDE and (recalled := await self._recalled(access)):
            return {"stage": "export", "package": recalled, "here": self.here}
        seen = await self.run(outside.look, Nothing())
        shown: Page = {"seen": seen, "here": self.here, "contents": imports.contents()}
        if access != seen["access"] or not stage:
            return {**shown, "stage": "enter" if seen["enrolled"] else "activate"}
        if stage == ENROLLING:
            if seen["enrolled"]:
                return {**shown, "stage": "enter"}
            made = await self.run(outside.factor, Nothing())
            code = segno.make(made["address"], error="m")
            return {**shown, "stage": "confirm", "secret": made["secret"], "qr": code.svg_data_uri(scale=5)}
        if seen["purpose"] == Purpose.EXPORT.value:
            return {**shown, "stage": "export", "package": await self.run(outside.package, Nothing())}
        largest = self.portal.imports.rules.max_file_bytes
        return {**shown, "stage": "import", "import": await self.run(outside.delivery, Nothing()), "largest": largest}

    async def _recalled(self, access: str) -> Page | None:
        """A package that was taken back: its door is closed, but its end is still to be said."""
        try:
            found = await self.run(outside.package, Nothing())
        except BureauError:
            return None
        return found if found["recalled"] is not None and access else None

    async def post(self, **path: str) -> None:
        """Try a code, or do something behind the door."""
        act = self.get_body_argument("act", "")
        if act not in self.STAGES and act in self.acts and not await self._inside():
            self.set_status(403)
            await self.show(error=Refused(AGAIN))
            return
        await super().post(**path)

    async def _inside(self) -> bool:
        """Whether this person passed the very door of the address."""
        access = self.passed()
        if access is None:
            return False
        if await self._recalled(access):
            return True
        return bool((await self.run(outside.look, Nothing()))["access"] == access)

    async def after(self, form: Form, result: Any) -> None:
        """A right code makes the next stage."""
        name = next(name for name, each in self.acts.items() if each is form)
        if name in self.STAGES:
            self.remember(result["access"], self.STAGES[name])
        if form.done is not None:
            self.say(form.done)
        self.go(self.here)

    async def show(self, error: BureauError | None = None, **extra: Any) -> None:
        """A door that is not there, closed or ended is one sentence."""
        try:
            await super().show(error, **extra)
        except BureauError as closed:
            self.answer_error(closed)


class OutsidePackage(OutsideBase):
    """The bytes of a package: counted and recorded before the first one, so never by GET."""

    async def get(self, **_path: str) -> None:
        """Nothing is fetched by looking."""
        self.go(self.here)

    async def post(self, **_path: str) -> None:
        """Send the package."""
        try:
            self.require_passed(await self.run(outside.look, Nothing()))
            found = await self.run(self._opened, Nothing())
        except BureauError as error:
            self.answer_error(error)
            return
        await send_package(self, found)

    def _opened(self, call: Call, _body: Nothing) -> Download:
        return outsiders.open_outside_download(call.portal.desk, call["access"], clock=call.portal.clock)


@stream_request_body
class OutsideReceive(OutsideBase, ReceiveHandler):
    """Takes a provider's files, as a member's are taken."""

    template = "outside.html"

    async def admit(self) -> None:
        """Whoever passed the very door of the address."""
        await OutsideBase.admit(self)
        self.require_passed(await self.run(outside.look, Nothing()))
        door.require_open(self.portal.store, str(self.passed()), Purpose.IMPORT, self.portal.clock())

    def by(self, call: Call) -> By:
        """The provider."""
        return outside.by(call)

    def request_id(self, call: Call) -> str:
        """The import behind the door."""
        return outside.request_of(call)

    async def received(self) -> None:
        """Back to the door's page."""
        self.say(Text("Fichiers reçus en quarantaine.", "Files received into quarantine."))
        self.go(self.here)
