"""People in a real browser: each with a profile of their own, in French, and with all that went wrong on the way.

A page may look right and still have failed half of its requests. So a visitor keeps every console error, every
exception of a page's script and every request that failed or was refused, and a test ends by asking for
:meth:`Visitor.troubles`.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
)

from hub_extensions.clients.person import PORTAL
from tests.end_to_end.world import World

SIZE = {"width": 1400, "height": 900}
#: Generous: the tests wait for what a page shows, and a loaded machine is slow.
TIMEOUT_MS = 45_000
#: What a browser says of requests that it gave up because the person went elsewhere.
LEFT = "net::ERR_ABORTED"


@dataclass
class Visitor:
    """One person in front of a browser."""

    world: World
    username: str
    context: BrowserContext
    page: Page
    noted: list[str] = field(default_factory=list)

    @property
    def portal(self) -> str:
        """Where the portal is, with a slash at the end."""
        return f"{self.world.settings.public_url}{PORTAL}/"

    @property
    def origin(self) -> str:
        """The origin of this person's workspaces."""
        return self.world.settings.public_url.replace("://", f"://{self.username}.")

    def lab(self, project: str) -> str:
        """Where JupyterLab of a project is."""
        return f"{self.origin}/user/{self.username}/{project}/lab"

    async def go(self, path: str = "") -> None:
        """Open a page of the portal."""
        await self.page.goto(self.portal + path)

    async def press(self, name: str) -> None:
        """Press the button of this name."""
        await self.page.get_by_role("button", name=name).first.click()

    async def unfold(self, name: str) -> None:
        """Open the part of the page that is folded under this heading."""
        await self.page.locator("summary", has_text=name).first.click()

    async def sign_in(self) -> None:
        """Fill in the sign-in page that the browser shows now."""
        player = self.world.players.get(self.username)
        code = await asyncio.to_thread(self.world.players.code, self.username)
        await self.page.fill("#username", self.username)
        await self.page.fill("#password", player.password)
        await self.page.fill("#code", code)
        await self.press("Se connecter")

    async def arrive(self) -> None:
        """Come by the front door, sign in, and see the home page."""
        await self.page.goto(self.world.settings.public_url)
        await self.sign_in()
        await self.page.wait_for_url(self.portal)

    async def picture(self, folder: Path | None, name: str) -> None:
        """Keep a picture of what the person sees, if pictures were asked for."""
        if folder is not None:
            await self.page.screenshot(path=folder / name)

    def watch(self, page: Page) -> None:
        """Note what goes wrong on *page*."""
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", self._said)
        page.on("pageerror", self._raised)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.noted.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _raised(self, error: Error) -> None:
        self.noted.append(f"exception: {error}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self.noted.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.noted.append(f"{response.status}: {response.request.method} {response.url}")

    def troubles(self, expected: Iterable[str] = ()) -> list[str]:
        """Everything that went wrong, but what is expected (regular expressions)."""
        named = [re.compile(each) for each in expected]
        return [each for each in self.noted if not any(known.search(each) for known in named)]


@asynccontextmanager
async def visitor(world: World, browser: Browser, username: str, **options: Any) -> AsyncIterator[Visitor]:
    """Somebody with a fresh browser profile, not signed in."""
    context = await browser.new_context(locale="fr-FR", color_scheme="light", viewport=SIZE, **options)
    page = await context.new_page()
    someone = Visitor(world, username, context, page)
    someone.watch(page)
    context.on("page", someone.watch)
    yield someone
    await context.close()
