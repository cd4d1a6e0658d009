"""Base of what everybody may read without signing in: no session is asked, nothing is recorded, nothing is changed.

These pages are the same for everybody, so they may be cached, also by what lies between. They never look who asks: a
cookie of the Hub changes nothing but the language. What they show comes from verbs that only know what is public.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar

from tornado.web import HTTPError

from hub_extensions.portal import language
from hub_extensions.portal.base import SAFE_METHODS, Answer, Body, PortalHandler
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.pages import PageHandler
from project_spaces.text import Text

#: Seconds for which a copy counts as fresh; what changed is seen by everybody after that.
FRESH_S = 60
#: Pages kept ready; whoever asks strange questions pushes out only pages, never a limit of memory (pages × bytes).
MOST_PAGES, LARGEST_PAGE = 300, 300_000
#: Who asks, where nobody signed in.
NOBODY = ""


class Unsigned(PortalHandler):
    """A request that nobody has to sign in for."""

    noting = False

    async def prepare(self) -> None:
        """Let everybody through, to read."""
        self.lang = language.chosen(self)
        if self.request.method not in SAFE_METHODS:
            raise HTTPError(405)

    async def run(self, verb: Callable[[Call, Body], Answer], body: Body) -> Answer:  # type: ignore[override]  # no public verb is a coroutine
        """Call *verb*, which knows what is public and records nothing."""
        call = Call(self.portal, NOBODY, self.portal.clock(), self.path_kwargs)
        return await asyncio.to_thread(verb, call, body)

    def keep(self) -> None:
        """Let copies be kept for a minute; what sets a cookie is for one reader."""
        if not getattr(self, "_new_cookie", None):
            self.set_header("Cache-Control", f"public, max-age={FRESH_S}")
        self.set_header("Vary", "Accept, Accept-Language, Cookie")


class ReadyPages:
    """Pages as they were written last, for as long as what they show is the same."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], str] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> str | None:
        """Return the page, if it is ready."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: tuple[Any, ...], html: str) -> None:
        """Keep a page; the one asked for longest ago goes."""
        if len(html) <= LARGEST_PAGE:
            self._kept[key] = html
        while len(self._kept) > MOST_PAGES:
            self._kept.popitem(last=False)


class PublicPage(Unsigned, PageHandler):
    """Base of every public page."""

    #: Which entry of the public menu it belongs to.
    section: ClassVar[str] = ""

    async def head(self, **path: str) -> None:
        """Answer as to GET, without the body: for those who only look whether a link leads somewhere."""
        await self.get(**path)

    def frame(self) -> Page:
        """The frame without anything about the reader."""
        return {**super().frame(), "public": self.section}

    async def show(self, error: Any = None, **extra: Any) -> None:
        """Write the page; copies may be kept."""
        context = await self.page()
        html = self.render_page(self.template, error=error, **{**context, **extra})
        self.keep()
        await self.finish(html)

    def _take_said(self) -> Text | None:
        """Nothing is said to one reader on a page for all."""
        return None
