"""The home page, the card of one workspace (polled while it starts), and my habilitations."""

from typing import ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import closures, habilitations, home, my_sessions
from project_spaces.text import Text


class HomePage(PageHandler):
    """My projects."""

    template = "home.html"

    async def page(self) -> Page:
        """Cards of my projects, and what a stranger's sign-in would be told by."""
        signed_in = await self.run(my_sessions.mine, Nothing())
        return {**await self.run(home.projects, Nothing()), "signed_in": signed_in}


class WorkspacePage(PageHandler):
    """One project's card: start, stop, and where the start has come. With htmx only the card is answered."""

    template = "project.html"
    acts: ClassVar = {
        "start": Form(home.start, None, next=lambda _: ""),  # the card itself says what happens
        "stop": Form(home.stop, None, next=lambda _: ""),
        "ask_closure": Form(
            closures.ask,
            Text("Fermeture demandée : la réponse vous sera dite ici.", "Closure asked for: you are told here."),
            closures.NewClosure,
        ),
        "withdraw_closure": Form(closures.withdraw, Text("Demande retirée.", "Request withdrawn."), closures.Which),
    }

    async def page(self) -> Page:
        """The card, and what its lead asks of the owners of the data."""
        found = await self.run(home.project, Nothing())
        return {"project": found, "closures": await self.run(closures.for_page, Nothing())}

    async def get(self, **_path: str) -> None:
        """Show the page, or the card alone where a card is being refreshed."""
        if self.request.headers.get("HX-Request") == "true":
            await self.finish(self.render_page("card.html", project=await self.run(home.project, Nothing())))
            return
        await self.show()


class HabilitationsPage(PageHandler):
    """My habilitations."""

    template = "habilitations.html"

    async def page(self) -> Page:
        """Rows by project and data set."""
        return await self.run(habilitations.mine, Nothing())
