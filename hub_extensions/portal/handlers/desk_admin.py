"""Administration of the export desk: what was recalled."""

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import PageHandler
from hub_extensions.portal.verbs import exports


class RecallsPage(PageHandler):
    """What was taken back after release."""

    template = "admin_recalls.html"

    async def page(self) -> Page:
        """The register."""
        return await self.run(exports.recall_register, Nothing())  # type: ignore[no-any-return]
