"""The reviewers' pages: the queue, one request with its previews and votes, and the previews themselves."""

import asyncio
from typing import Any, ClassVar

from hub_extensions.exports.previews.showing import view_confined, view_of_release
from hub_extensions.exports.previews.views import PREVIEW_POLICY, View
from hub_extensions.portal import templating
from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import exports, origins, review
from project_spaces.errors import NotFound
from project_spaces.text import Text

UNKNOWN = Text("Cette demande n'est pas à vérifier par vous.", "This request is not for you to review.")


#: Types whose preview is pictures or pages; lines of a table, and bytes of a text, that need much or little room.
DRAWN_LARGE = frozenset({"png", "jpeg", "svg", "pdf", "docx", "pptx", "notebook"})
LONG, SHORT, FEW_BYTES = 14, 6, 500


class QueuePage(PageHandler):
    """What waits for reviewers."""

    template = "review.html"
    acts: ClassVar = {
        "absence": Form(
            review.declare_absence,
            Text("Absence enregistrée : d'autres sont sollicités.", "Absence recorded: others are asked."),
            review.Absence,
        ),
        "back": Form(review.cancel_absence, Text("Absence annulée.", "Absence cancelled."), review.AbsenceRef),
        "conflict": Form(
            review.declare_conflict,
            Text("Conflit enregistré : vos avis n'y comptent plus.", "Conflict recorded: your votes count no more."),
            review.ConflictOf,
        ),
    }

    async def page(self) -> Page:
        """The queue, and what the reviewer said of their own time and conflicts."""
        return {**await self.run(review.queue, Nothing()), **await self.run(review.availability, Nothing())}


class ReviewPage(PageHandler):
    """One request to judge."""

    template = "review_request.html"
    acts: ClassVar = {
        "vote": Form(review.vote, Text("Avis enregistré.", "Vote recorded."), review.Vote),
        "unvote": Form(review.unvote, Text("Avis repris.", "Vote taken back."), exports.FileRef),
        "remark": Form(review.remark, Text("Remarque ajoutée.", "Remark added."), review.Remark),
        "return": Form(
            review.send_back,
            Text("Demande renvoyée à son auteur.", "Request sent back to its author."),
            exports.Message,
        ),
        "reject": Form(review.reject, Text("Demande refusée.", "Request rejected."), exports.Message),
        "revoke": Form(exports.revoke, Text("Sortie révoquée.", "Export revoked."), exports.Message),
    }

    async def page(self) -> Page:
        """The request, as a reviewer sees it."""
        request = await self.run(exports.detail, Nothing())
        if request["viewer_role"] != "reviewer":
            raise NotFound(UNKNOWN)
        following = await self.run(review.following, Nothing())
        history = await self.run(origins.history, Nothing())
        return {
            "request": request,
            "way": exports.way_of(request["state"]),
            "following": following,
            "history": history,
            "heights": {file["id"]: height(file, history["files"][file["id"]]["lines"]) for file in request["files"]},
            "origins": await self.run(origins.origins, Nothing()),
            "onward": onward(request["files"]),
        }


def height(file: Page, lines: int) -> str:
    """The class of a preview's frame: as high as what is in it, as far as one can tell from outside."""
    if file["type"] in DRAWN_LARGE or lines > LONG:
        return " tall"
    return " short" if 0 < lines <= SHORT or (not lines and file["size"] <= FEW_BYTES) else ""


def onward(files: list[Page]) -> dict[str, str]:
    """Where the page opens after a vote on each file: the next one that still waits, else the way to what follows."""
    anchors = {}
    for number, file in enumerate(files):
        rest = [*range(number + 1, len(files)), *range(number)]
        waiting = [each + 1 for each in rest if files[each]["owed"]]
        anchors[file["id"]] = f"fichier-{waiting[0]}" if waiting else "suite"
    return anchors


class DrawnPage(PageHandler):
    """Base of pages that show one file: drawn by us, under a policy of their own, able to do nothing."""

    template = "preview.html"

    async def draw(self, view: View, name: str) -> None:
        """Write the drawing."""
        self.set_header("Content-Security-Policy", PREVIEW_POLICY)
        html = templating.render(self.template, self.lang, self.portal.zone, view=view, name=name)
        await self.finish(html)


class PreviewHandler(DrawnPage):
    """One file of a request."""

    async def show(self, error: Any = None, **_extra: Any) -> None:  # noqa: ARG002 - the base's signature
        """Write the drawing under its own policy."""
        preview = await self.run(review.file_to_preview, Nothing())
        request = await self.run(exports.detail, Nothing())
        wheres = [
            finding["where"]
            for file in request["files"]
            if file["id"] == self.path_kwargs["file"]
            for finding in file["findings"]
            if finding["severity"] != "info"
        ]
        seen = (preview.path, preview.name, wheres, self.lang)
        await self.draw(await asyncio.to_thread(view_of_release, *seen), preview.name)


class ProgramHandler(DrawnPage):
    """The program that made a file, read in the confined process: sources only, no results."""

    async def show(self, error: Any = None, **_extra: Any) -> None:  # noqa: ARG002 - the base's signature
        """Write the drawing."""
        program = await self.run(review.program_to_preview, Nothing())
        name = program.name if program.name.lower().endswith(".ipynb") else f"{program.name}.txt"
        await self.draw(await asyncio.to_thread(view_confined, program.path, name, (), self.lang), program.name)
