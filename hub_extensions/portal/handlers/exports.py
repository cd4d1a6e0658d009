"""The author's side of exports: my requests, a new one, a request's page, and the download of a released package."""

from base64 import b64encode
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import quote

from tornado.iostream import StreamClosedError

from hub_extensions.exports import downloads
from hub_extensions.exports.states import State
from hub_extensions.portal.base import PortalHandler
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.streaming import break_off, send
from hub_extensions.portal.verbs import exports, mends, outside
from project_spaces.egress import OverBudget
from project_spaces.errors import BureauError
from project_spaces.text import Text

BLOCKED = Text(
    "Rien n'est parti : un fichier au moins est bloqué. Corrigez-le ici ou dans votre bureau, puis déposez à nouveau.",
    "Nothing left: at least one file is blocked. Mend it here or in your workspace, then submit again.",
)


class ExportsPage(PageHandler):
    """My requests, and the packages that wait for me."""

    template = "exports.html"

    async def page(self) -> Page:
        """Both lists."""
        return await self.run(exports.mine, Nothing())


class NewExportPage(PageHandler):
    """A new request: first the project, then its files."""

    template = "export_new.html"
    acts: ClassVar = {
        "create": Form(
            exports.create,
            Text("Le brouillon est prêt : relisez, puis déposez.", "The draft is ready: read it again, then submit."),
            exports.NewRequest,
            frozenset({"files"}),
            next=lambda result: f"exports/{result['id']}",
        )
    }

    async def page(self) -> Page:
        """What may be chosen, and what was already chosen; *checks* when the files were looked at."""
        choices = await self.run(lambda call, _: exports.choosable(call), Nothing())
        asked = self.get_argument("project", choices[0]["slug"] if len(choices) == 1 else "")
        listing = rules = None
        if asked in {each["slug"] for each in choices}:
            self.path_kwargs["project"] = asked
            listing = await self.run(exports.files, Nothing())
            rules = await self.run(exports.rules, Nothing())
        return {
            "rules": rules,
            "choices": choices,
            "asked": asked,
            "listing": listing,
            "kinds": exports.kinds(),
            "chosen": set(self.get_body_arguments("files")) | set(self.get_query_arguments("file")),
            "checks": None,
        }

    async def post(self, **path: str) -> None:
        """Create, or only look at what the checks would say."""
        if self.get_body_argument("act", "") != "check":
            await super().post(**path)
            return
        try:
            context = await self.page()
            body = exports.Paths(paths=tuple(self.get_body_arguments("files")))
            checks = await self.run(exports.check, body)
        except ValueError:
            await self.show()
        except BureauError as error:
            self.set_status(error.status)
            await self.show(error=error)
        else:
            await self.finish(self.render_page(self.template, **{**context, "checks": checks["files"]}))


class ExportPage(PageHandler):
    """One request: what it holds, what was found, who said what, and what may be done now."""

    template = "export.html"
    acts: ClassVar = {
        "describe": Form(
            exports.describe, Text("Enregistré.", "Saved."), exports.Description, emptied=frozenset({"outside"})
        ),
        "add_file": Form(exports.add_file, Text("Fichier ajouté.", "File added."), exports.NewFile),
        "change_file": Form(exports.change_file, Text("Déclaration modifiée.", "Declared anew."), exports.ChangedFile),
        "remove_file": Form(exports.remove_file, Text("Fichier retiré.", "File taken out."), exports.FileRef),
        "mend": Form(
            mends.mend,
            Text(
                "Le fichier corrigé a pris la place de l'ancien : relisez ce qui a été fait, puis déposez.",
                "The mended file took the place of the old one: read what was done, then submit.",
            ),
            mends.MendFile,
        ),
        "submit": Form(
            exports.submit,
            Text(
                "Demande déposée : les fichiers sont figés et deux vérificateurs vont les lire.",
                "Request submitted: the files are frozen and two reviewers will read them.",
            ),
        ),
        "withdraw": Form(exports.withdraw, Text("Demande abandonnée.", "Request withdrawn."), exports.OptionalMessage),
        "answer": Form(exports.answer, Text("Réponse envoyée.", "Answer sent."), exports.Answer),
        "publish": Form(
            exports.publish,
            Text("Le dépôt va être fait ; cette page dira où.", "The deposit will be made; this page will say where."),
            exports.Deposit,
        ),
        "invite": Form(outside.invite_recipient, None, outside.MailOf),
        "link": Form(exports.issue_link, Text("Nouveau lien émis.", "New link issued."), exports.LinkFor),
        "revoke": Form(exports.revoke, Text("Sortie révoquée.", "Export revoked."), exports.Message),
        "attest": Form(exports.attest, Text("Attestation enregistrée.", "Attestation recorded."), exports.Message),
    }

    async def page(self) -> Page:
        """The request, with the folder's files where one may be added."""
        request = await self.run(exports.detail, Nothing())
        listing = None
        if request["acts"]["edit"]["allowed"]:
            self.path_kwargs["project"] = request["project"]
            with suppress(OverBudget):  # the request itself is shown all the same
                listing = await self.run(exports.files, Nothing())
        return {
            "request": request,
            "listing": listing,
            "kinds": exports.kinds(),
            "mends": mends.choices,
            "way": exports.way_of(request["state"]),
            "is_author": exports.is_author(request),
            "invitation": None,
            "basename": lambda path: PurePosixPath(path).name,
        }

    async def after(self, form: Form, result: Any) -> None:
        """A submission that was blocked is no success; link and code of an invitation are on this answer alone."""
        if form.verb is outside.invite_recipient:
            await self.show(invitation=result)
            return
        if form.verb is exports.submit and result["state"] in {State.DRAFT.value, State.RETURNED.value}:
            self.set_status(422)
            await self.show(blocked=BLOCKED)
            return
        await super().after(form, result)


class DownloadHandler(PageHandler):
    """The bytes of a released package: counted and recorded before the first one, so never by GET."""

    template = "exports.html"

    async def get(self, **_path: str) -> None:
        """Nothing is fetched by looking."""
        self.go(self.prefix + "exports")

    async def post(self, **_path: str) -> None:
        """Send the package to its recipient."""
        try:
            await download(self)
        except BureauError as error:
            self.answer_error(error)


async def download(handler: PortalHandler) -> None:
    """Send what the link of the address stands for; a revocation in mid-stream breaks the answer off."""

    def opened(call: Call, _body: Nothing) -> downloads.Download:
        return downloads.open_download(call.portal.desk, call["link"], actor=call.actor, clock=call.portal.clock)

    await send_package(handler, await handler.run(opened, Nothing()))


async def send_package(handler: PortalHandler, found: downloads.Download) -> None:
    """Send a download that was counted; a revocation in mid-stream breaks the answer off."""
    handler.set_header("Content-Type", found.media_type)
    handler.set_header("Content-Length", str(found.size))
    handler.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(found.name)}")
    handler.set_header("ETag", f'"{found.sha256}"')  # with it, browsers call a short answer broken
    handler.set_header("Repr-Digest", f"sha-256=:{b64encode(bytes.fromhex(found.sha256)).decode()}:")
    try:
        await send(handler, found.chunks)
    except (BureauError, StreamClosedError):
        break_off(handler)
    else:
        await handler.finish()
