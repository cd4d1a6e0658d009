"""The end of a project: one page for all whom it concerns, and the certificate."""

from typing import ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import FileHandler, Form, PageHandler
from hub_extensions.portal.verbs import endings
from project_spaces.text import Text


class EndPage(PageHandler):
    """Where it stands, and what may be decided."""

    template = "project_end.html"
    acts: ClassVar = {
        "finish": Form(
            endings.finish, Text("Projet clos : il est gelé.", "Project ended: it is frozen."), endings.Reason
        ),
        "settle": Form(endings.settle, Text("Décision inscrite.", "Decision recorded."), endings.Decision),
        "confirm": Form(endings.confirm, Text("Décision confirmée.", "Decision confirmed.")),
        "withdraw": Form(endings.withdraw, Text("Décision retirée.", "Decision taken back.")),
    }

    async def page(self) -> Page:
        """The end of this project."""
        return {"project": await self.run(endings.end, Nothing())}


class CertificateFile(FileHandler):
    """The certificate of its deletion."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        package = await self.run(endings.certificate, Nothing())
        self.attach(f"certificate-{self.path_kwargs['project']}.zip", "application/zip", package)
