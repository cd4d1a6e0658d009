"""Where I am signed in."""

from typing import ClassVar

from tornado.web import HTTPError

from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.pages import Form, PageHandler
from hub_extensions.portal.plain import Plain
from hub_extensions.portal.verbs import my_sessions
from project_spaces.text import Text

#: Browsers may keep it for a day: its address says what it holds.
KEPT_S = 24 * 3600


class IdleStyle(Plain):
    """When the notice of a coming end of the session shows itself: by style alone, so that it needs no script.

    It says something, it does not move: readers who asked for no animation see it all the same.
    """

    def get(self) -> None:
        """Answer the one rule."""
        after = self.get_query_argument("after", "")
        if not (after.isascii() and after.isdigit() and len(after) <= 6):
            raise HTTPError(404)
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", f"max-age={KEPT_S}")
        self.finish(f".idle-notice {{ animation: idle-shown 0s linear {after}s forwards !important; }}\n")


class SessionsPage(PageHandler):
    """My sessions, and a way to end the others."""

    template = "sessions.html"
    acts: ClassVar = {
        "here": Form(my_sessions.here, Text("Vous restez connecté.", "You stay signed in.")),
        "end_others": Form(
            my_sessions.end_others,
            Text("Les autres sessions sont closes.", "The other sessions are ended."),
            my_sessions.Others,
        ),
        "end_programs": Form(
            my_sessions.end_my_programs,
            Text("Les jetons de programmes sont révoqués.", "The tokens of programs are revoked."),
        ),
    }

    async def page(self) -> Page:
        """The list."""
        hub_tokens = f"{self.portal.public_url}/hub/token"
        return {**await self.run(my_sessions.mine, Nothing()), "hub_tokens": hub_tokens}
