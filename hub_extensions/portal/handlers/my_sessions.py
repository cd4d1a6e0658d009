"""Where I am signed in."""

from typing import ClassVar

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.verbs import my_sessions
from project_spaces.text import Text


class SessionsPage(PageHandler):
    """My sessions, and a way to end the others."""

    template = "sessions.html"
    acts: ClassVar = {
        "end_others": Form(
            my_sessions.end_others, Text("Les autres sessions sont closes.", "The other sessions are ended.")
        )
    }

    async def page(self) -> Page:
        """The list."""
        return await self.run(my_sessions.mine, Nothing())
