"""The import desk's pages: my imports, one import with its files, the steward's queue; and the reception of files."""

import asyncio
from typing import Any, ClassVar

from tornado.web import stream_request_body

from hub_extensions.exports.acting import new_id
from hub_extensions.exports.previews.showing import view_confined
from hub_extensions.imports import composing
from hub_extensions.imports.acting import By
from hub_extensions.portal import language
from hub_extensions.portal.api.problems import MEDIA_TYPE, problem
from hub_extensions.portal.base import NOT_SO, to_json
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.handlers.review import DrawnPage
from hub_extensions.portal.inputs import Nothing, Person
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.uploads import FRAME, NO_FILE, FormReader, RawReader, Received, Receiver
from hub_extensions.portal.verbs import imports, outside
from project_spaces.errors import BureauError, Invalid, WrongMethod
from project_spaces.text import Text


class ImportsPage(PageHandler):
    """My imports, and a new one."""

    template = "imports.html"
    acts: ClassVar = {
        "create": Form(
            imports.create,
            Text("L'import est ouvert : ajoutez vos fichiers.", "The import is open: add your files."),
            imports.NewImport,
            next=lambda result: f"imports/{result['id']}",
        )
    }

    async def page(self) -> Page:
        """The list, and where something may go."""
        return {**await self.run(imports.mine, Nothing()), "choices": await self.run(imports.choices, Nothing())}


class ImportPage(PageHandler):
    """One import, for its sender and its project."""

    template = "import.html"
    acts: ClassVar = {
        "declare": Form(imports.declare, Text("Déclaration enregistrée.", "Declaration saved."), imports.Declared),
        "remove_file": Form(imports.remove_file, Text("Fichier retiré.", "File taken out."), imports.ReceivedFile),
        "submit": Form(
            imports.submit,
            Text(
                "Import déposé : il est analysé en quarantaine, puis un gestionnaire de données l'examine.",
                "Import submitted: it is analysed in quarantine, then a data steward looks at it.",
            ),
        ),
        "invite": Form(outside.invite_provider, None, Person),
        "uninvite": Form(
            outside.uninvite_provider, Text("Accès du fournisseur fermé.", "The provider's access is closed.")
        ),
        "withdraw": Form(imports.withdraw, Text("Import abandonné.", "Import withdrawn.")),
    }

    async def page(self) -> Page:
        """The import."""
        return {
            "import": await self.run(imports.detail, Nothing()),
            "contents": imports.contents(),
            "largest": self.portal.imports.rules.max_file_bytes,
            "invitation": None,
        }

    async def after(self, form: Form, result: Any) -> None:
        """Link and code of an invitation are shown on this answer and nowhere else."""
        if form.verb is outside.invite_provider:
            await self.show(invitation=result)
            return
        await super().after(form, result)


class ImportQueuePage(PageHandler):
    """What waits for stewards."""

    template = "import_queue.html"

    async def page(self) -> Page:
        """The queue."""
        return await self.run(imports.queue, Nothing())


class ImportReviewPage(ImportPage):
    """One import, for whoever judges it."""

    template = "import_review.html"
    acts: ClassVar = {
        "approve": Form(
            imports.approve,
            Text("Import accepté : il est mis en place.", "Import accepted: it is being put in its place."),
        ),
        "return": Form(imports.send_back, Text("Import renvoyé.", "Import sent back."), imports.Reason),
        "reject": Form(imports.reject, Text("Import refusé.", "Import rejected."), imports.Reason),
        "remove": Form(imports.remove, Text("Import retiré du projet.", "Import taken out."), imports.Reason),
    }


class ImportPreviewPage(DrawnPage):
    """One quarantined file, read in the confined process."""

    async def show(self, error: Any = None, **_extra: Any) -> None:  # noqa: ARG002 - the base's signature
        """Draw it."""
        waiting = await self.run(imports.file_to_look_at, Nothing())
        seen = (waiting.path, waiting.name, waiting.wheres, self.lang)
        await self.draw(await asyncio.to_thread(view_confined, *seen), waiting.name)


@stream_request_body
class ReceiveHandler(PageHandler):
    """Takes files while they come, into quarantine: a form of several, or one as raw bytes with ``?name=``."""

    template = "import.html"
    receiver: Receiver | None = None
    reader: FormReader | RawReader
    turned_away: BureauError | None = None
    broken: BureauError | None = None

    async def prepare(self) -> None:
        """Judge who asks and how much room there is, before anything is kept.

        Whoever is turned away is told so once all was sent, and read over: a sender that is cut off reads no answer.
        """
        rules = self.portal.imports.rules
        self.lang = language.chosen(self)
        self.request.connection.set_max_body_size(rules.max_total_bytes + FRAME)  # type: ignore[attr-defined]
        try:
            await self.admit()
            await self.run(self.check, Nothing())
            self.receiver = Receiver(self._scratch, rules.max_file_bytes)
            name = self.get_query_argument("name", "")
            kind = self.request.headers.get("Content-Type", "")
            self.reader = RawReader(name, self.receiver) if name else FormReader(kind, self.receiver)
        except BureauError as error:
            self.turned_away = error

    async def get(self, **_path: str) -> None:
        """Files are sent here, not looked at."""
        self.answer_error(self.turned_away or WrongMethod(NOT_SO))

    def check(self, call: Call, _body: Nothing) -> None:
        """Raise what receiving would."""
        composing.check_receive(
            call.portal.imports, self.request_id(call), self.get_query_argument("name", "x"), self.by(call)
        )

    def request_id(self, call: Call) -> str:
        """The import that receives."""
        return call["request"]

    def by(self, call: Call) -> By:
        """Who sends."""
        return imports.by(call)

    def data_received(self, chunk: bytes) -> None:
        """Take a piece; what is wrong is said at the end, when the sender listens."""
        if self.turned_away is None and self.broken is None:
            try:
                self.reader.write(chunk)
            except BureauError as error:
                self.broken = error

    async def post(self, **_path: str) -> None:
        """Everything came: into quarantine with it."""
        if self.turned_away is not None:
            await self.refuse(self.turned_away)
            return
        assert self.receiver is not None  # noqa: S101 - prepare() let nobody else through
        self.receiver.end()
        try:
            if self.broken is not None:
                raise self.broken
            if not self.receiver.files:
                raise Invalid(NO_FILE)
            for each in self.receiver.files:
                await self.run(self.keep, each)
        except BureauError as error:
            await self.refuse(error)
        else:
            await self.received()

    put = post

    def keep(self, call: Call, file: Received) -> None:
        """Take one file over."""
        with composing.receiving(call.portal.imports, self.request_id(call), file.name, self.by(call)) as part:
            file.path.rename(part)

    async def received(self) -> None:
        """Send the person back to the import, or tell the program what is there now."""
        if self._program():
            self.set_status(201)
            self.set_header("Content-Type", "application/json")
            await self.finish(to_json(await self.run(imports.detail, Nothing())))
            return
        self.say(Text("Fichiers reçus en quarantaine.", "Files received into quarantine."))
        self.go(f"{self.prefix}imports/{self.path_kwargs['request']}")

    def answer_error(self, error: BureauError) -> None:
        """Programs get a problem document."""
        if self.receiver is None and self.turned_away is None:
            self.set_header("Connection", "close")  # nothing of the body was read
        if not self._program():
            super().answer_error(error)
            return
        self.said_no = error
        self.set_status(error.status)
        self.set_header("Content-Type", MEDIA_TYPE)
        self.finish(to_json({**problem(error, self.lang), "status": error.status}))

    def on_finish(self) -> None:
        """Whatever happened, nothing half-received stays."""
        super().on_finish()
        self._drop()

    def on_connection_close(self) -> None:
        """The sender went away in the middle."""
        self._drop()

    def _drop(self) -> None:
        if self.receiver is not None:
            self.receiver.discard()

    def _program(self) -> bool:
        return "/api/v1/" in self.request.path

    def _scratch(self) -> Any:
        return self.portal.imports.quarantine.scratch / f"{new_id()}.upload"
