"""A throw-away hub behind its proxy, with its recorder, and a browser without script to visit it with."""

import asyncio
import html
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from audit.events import Kind
from audit.index import Index
from audit.places import Places
from hub_extensions.clients.person import LoopbackResolver
from hub_extensions.installation.opening import open_box, open_store
from hub_extensions.installation.processes import processes
from hub_extensions.settings import Settings
from project_spaces.accounts import Accounts

CONFIG = Path(__file__).parent / "hub_for_sign_in.py"
START_TIMEOUT_S = 180


@dataclass
class Running:
    """Recorder, proxy and hub of a throw-away installation; each can be stopped and started."""

    settings: Settings
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        (process,) = [each for each in processes(self.settings) if each.name == name]
        command = [sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)] if name == "hub" else list(process.command)
        environment = {**os.environ, **process.environment, "BUREAU_HOME": str(self.settings.home)}
        with (self.settings.log_dir / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, cwd=self.settings.home
            )

    def stop(self, name: str) -> None:
        child = self.children.pop(name)
        child.send_signal(signal.SIGTERM)
        child.wait(30)

    @property
    def accounts(self) -> Accounts:
        return Accounts(open_store(self.settings), open_box(self.settings))

    def log(self) -> str:
        return (self.settings.log_dir / "hub.log").read_text(errors="replace")

    def recorded(self, username: str, kind: Kind) -> int:
        """How many entries of that kind *username* acted in or was named in, once all are in the index."""
        return len(self.index().search(kind=kind.value, person=username))

    def count(self, kind: Kind) -> int:
        """How many entries of that kind there are, whoever they name."""
        return len(self.index().search(kind=kind.value))

    def index(self) -> Index:
        """The index, once everything recorded so far is in it."""
        self.accounts.store.require_settled()
        size = self.accounts.store.ledger.ping().size
        index = Index(Places(self.settings.ledger_dir))
        deadline = time.monotonic() + START_TIMEOUT_S
        while index.size < size and time.monotonic() < deadline:
            time.sleep(0.05)
        return index


async def until_it_answers(running: Running) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    async with Browser(running).session as session:
        while time.monotonic() < deadline:
            try:
                async with session.get(f"{running.settings.public_url}/hub/login") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
    pytest.fail(f"the hub did not start: {running.log()[-3000:]}", pytrace=False)


@dataclass
class Page:
    status: int
    text: str
    url: URL
    headers: "aiohttp.typedefs.LooseHeaders"

    @property
    def alert(self) -> str:
        found = re.search(r'role="alert"[^>]*>(.*?)<', self.text, re.DOTALL)
        return html.unescape(found.group(1).strip()) if found else ""

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        return html.unescape(found.group(1)) if found else ""


class Browser:
    """A cookie jar and forms; nothing privileged."""

    def __init__(self, running: Running, language: str = "fr") -> None:
        self.base = running.settings.public_url
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=LoopbackResolver()),
            cookie_jar=aiohttp.CookieJar(quote_cookie=False, treat_as_secure_origin=[URL(self.base)]),
            headers={"Accept-Language": language, "Sec-Fetch-Mode": "navigate"},
        )

    async def get(self, path: str, **options) -> Page:
        async with self.session.get(self.base + path, **options) as answer:
            return Page(answer.status, await answer.text(), answer.url, answer.headers)

    async def post(self, path: str, form: dict, **options) -> Page:
        async with self.session.post(self.base + path, data=form, **options) as answer:
            return Page(answer.status, await answer.text(), answer.url, answer.headers)

    async def sign_in(self, username: str, password: str, code: str, **extra) -> Page:
        page = await self.get("/hub/login")
        form = {"username": username, "password": password, "code": code, "_xsrf": page.hidden("_xsrf")}
        return await self.post("/hub/login", {**form, **extra})

    async def who(self) -> str:
        """Whose page it is that the Hub shows."""
        found = re.search(r'user: "([^"]+)"', (await self.get("/hub/token")).text)
        return found.group(1) if found else ""

    async def signed_in(self) -> bool:
        return (await self.get("/hub/token", allow_redirects=False)).status == 200


async def until_recorder_answers(running: Running) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            running.accounts.store.require_settled()
        except Exception:  # noqa: BLE001 - not there yet, whatever it says
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail("the recorder did not come back", pytrace=False)
