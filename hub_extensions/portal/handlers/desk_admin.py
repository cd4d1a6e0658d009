"""Administration of the export desk: how the review goes, and what was recalled."""

from typing import ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import exports, review
from project_spaces.text import Text


class RecallsPage(PageHandler):
    """What was taken back after release."""

    template = "admin_recalls.html"

    async def page(self) -> Page:
        """The register."""
        return await self.run(exports.recall_register, Nothing())


class CalibrationPage(PageHandler):
    """What waits, who is asked, how well reviewers judge."""

    template = "admin_exports.html"
    acts: ClassVar = {
        "plant": Form(
            review.plant,
            Text("Demande marquée : elle ne sortira jamais.", "Marked: it never leaves."),
            review.Plant,
            next=lambda _result: "admin/exports",
        )
    }

    async def page(self) -> Page:
        """The figures."""
        return await self.run(review.figures, Nothing())
