"""The public register's pages, the delays of access, and the administrator's form behind them."""

from typing import ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.public import PublicPage
from hub_extensions.portal.verbs import register, request_delays
from project_spaces.text import Text


class RegisterPage(PublicPage):
    """Every project."""

    template = "register.html"
    section = "register"

    async def page(self) -> Page:
        """The list, and how long requests take."""
        return await self.run(register.projects, Nothing())


class RegisterProjectPage(PublicPage):
    """One project."""

    template = "register_project.html"
    section = "register"

    async def page(self) -> Page:
        """The project, and where people ask about their rights."""
        contact = {"operator": self.portal.operator, "rights_contact": self.portal.rights_contact}
        return {"project": await self.run(register.project, Nothing()), **contact}


class RegisterTable(PublicPage):
    """The list for a spreadsheet."""

    async def get(self, **_path: str) -> None:
        """Send it."""
        found = await self.run(register.projects, Nothing())
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="registre.csv"')
        self.keep()
        await self.finish(register.as_csv(found["projects"]))


class DelaysPage(PublicPage):
    """How long requests for access take."""

    template = "request_delays.html"
    section = "register"

    async def page(self) -> Page:
        """Figures, by step and by owner."""
        return await self.run(request_delays.delays, Nothing())


class EntryPage(PageHandler):
    """What an administrator adds to a project for the register."""

    template = "register_entry.html"
    acts: ClassVar = {
        "describe": Form(register.set_entry, Text("Registre mis à jour.", "Register updated."), register.Entry),
        "defer": Form(register.defer, Text("Publication reportée.", "Publication put off."), register.Deferral),
        "publish": Form(register.defer, Text("Report levé.", "No longer put off."), register.Deferral),
    }

    async def page(self) -> Page:
        """The entry as it is."""
        return {"entry": await self.run(register.entry, Nothing())}
