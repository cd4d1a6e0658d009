"""Pages over plain HTTP: what they say, whom they let in, and what a form gives back when it is refused."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ADA, ANA, AUD, BEN, OUT, PAUL, PROJECT, World, open_world
from project_spaces.text import Text
from tests.portal.conftest import in_the_room


class Browser:
    """A person who reads pages and sends forms, without script."""

    def __init__(self, world: World, client: aiohttp.ClientSession) -> None:
        self.world, self.client = world, client

    async def sign_in(self, name: str) -> None:
        self.client.cookie_jar.clear()
        async with self.client.get(f"{self.world.hub.url}/become/{name}"):
            pass
        await self.get("")

    async def get(self, path: str, status: int = 200) -> str:
        async with self.client.get(self.world.address + path) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    async def send(self, path: str, status: int = 200, **fields: str) -> str:
        xsrf = next(cookie.value for cookie in self.client.cookie_jar if cookie.key == "_xsrf")
        async with self.client.post(self.world.address + path, data={"_xsrf": xsrf, **fields}) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


async def test_what_each_person_is_offered_and_let_into(browser: Browser) -> None:
    menu = {"review": {ADA}, "admin": {PAUL}, "audit": {AUD}}
    for who in (ANA, ADA, PAUL, AUD, OUT):
        await browser.sign_in(who)
        home = await browser.get("")
        for path, allowed in menu.items():
            assert (f'href="/services/bureau/{path}"' in home) == (who in allowed), (who, path)
        await browser.get("admin", 200 if who == PAUL else 403)
        await browser.get("audit", 200 if who == AUD else 403)


async def test_a_refused_page_says_why_in_the_language_asked_for(browser: Browser) -> None:
    await browser.sign_in(ANA)
    assert "Vous n&#39;avez pas le rôle d" in await browser.get("admin", 403)
    assert "You do not hold the role of" in await browser.get("admin?lang=en", 403)
    assert "My projects" in await browser.get(""), "the choice is remembered"
    assert "Mes projets" in await browser.get("?lang=fr")


async def test_the_home_page_of_somebody_without_projects(browser: Browser) -> None:
    await browser.sign_in(OUT)
    assert "membre d&#39;aucun projet" in await browser.get("") or "membre d'aucun projet" in await browser.get("")


async def test_an_activation_code_is_on_one_page_once_and_nowhere_else(browser: Browser) -> None:
    await browser.sign_in(PAUL)
    page = await browser.send("admin", act="create", username="lea", display_name="Léa", email="lea@chu.fr")
    code = page.split('id="activation-code">')[1].split("<")[0]
    assert len(code.replace("-", "")) == 24
    kept = " ".join(cookie.value for cookie in browser.client.cookie_jar)
    assert code not in kept
    assert code not in await browser.get("admin")
    database = browser.world.home / "bureau.sqlite"
    assert code.encode() not in database.read_bytes()
    assert code.replace("-", "").encode() not in database.read_bytes()


async def test_a_refused_form_comes_back_filled(browser: Browser) -> None:
    await browser.sign_in(PAUL)
    page = await browser.send("admin", 422, act="create", username="Léa!", display_name="Léa Caron", email="lea@chu.fr")
    assert 'value="Léa Caron"' in page
    assert "« Léa! » refusé" in page
    page = await browser.send("admin", 409, act="create", username=ANA, display_name="X", email="x@chu.fr")
    assert "est pris" in page


async def test_what_people_write_is_never_markup(browser: Browser) -> None:
    await browser.sign_in(PAUL)
    evil = "<script>alert(1)</script>"
    page = await browser.send("admin", act="create", username="eve", display_name=evil, email="e@chu.fr")
    assert evil not in page
    assert "&lt;script&gt;" in page


async def test_after_an_act_reloading_does_not_do_it_again(browser: Browser, ledger: MemoryLedger) -> None:
    await browser.sign_in(PAUL)
    page = await browser.send("admin", act="grant_role", username=OUT, role="reviewer")
    assert "Rôle donné." in page
    count = len(ledger.events)
    assert "Rôle donné." not in await browser.get("admin")
    assert len(ledger.events) == count


async def test_an_unknown_act_is_no_act(browser: Browser) -> None:
    await browser.sign_in(PAUL)
    await browser.send("admin", 404, act="erase_everything")
    await browser.send(f"admin/projects/{PROJECT}", 404, act="")


async def test_an_author_sees_findings_and_a_stranger_sees_nothing(browser: Browser) -> None:
    browser.world.write("small.csv", b"BLOCK")
    await browser.sign_in(ANA)
    page = await browser.send("exports/new", act="check", project=PROJECT, files="small.csv")
    assert "Bloqué" in page
    assert "B3" in page
    fields = {"project": PROJECT, "title": "Taux", "purpose": "Article", "files": "small.csv"}
    page = await browser.send("exports/new", act="create", **fields)
    address = page.split('action="/services/bureau/exports/')[1].split('"')[0]
    page = await browser.send(f"exports/{address}", 422, act="submit")
    assert "Rien n&#39;est parti" in page
    await browser.get(f"review/{address}", 404)
    await browser.sign_in(BEN)
    assert "Déposer la demande" not in await browser.get(f"exports/{address}")
    for stranger in (OUT, PAUL, ADA):
        await browser.sign_in(stranger)
        await browser.get(f"exports/{address}", 404)
        await browser.get(f"review/{address}", 404)


async def test_members_and_authors_get_no_preview(browser: Browser) -> None:
    """Bytes are shown to reviewers only: a preview on the portal would be a way out that nobody counts."""
    browser.world.write("rate.csv", b"age,n\r\n40,120\r\n")
    await browser.sign_in(ANA)
    fields = {"project": PROJECT, "title": "Taux", "purpose": "Article", "files": "rate.csv"}
    page = await browser.send("exports/new", act="create", **fields)
    request = page.split('action="/services/bureau/exports/')[1].split('"')[0]
    await browser.send(f"exports/{request}", act="submit")
    await browser.sign_in(ADA)
    page = await browser.get(f"review/{request}")
    preview = page.split('src="/services/bureau/')[-1].split('"')[0]
    assert "<td>120</td>" in await browser.get(preview)
    for who in (ANA, BEN, OUT, PAUL):
        await browser.sign_in(who)
        assert "120" not in await browser.get(preview, 403 if who in {ANA, BEN} else 404)


async def test_a_preview_can_do_nothing_and_nobody_else_may_frame_it(
    browser: Browser, client: aiohttp.ClientSession
) -> None:
    browser.world.write("rate.csv", b"age,n\r\n40,120\r\n")
    await browser.sign_in(ANA)
    fields = {"project": PROJECT, "title": "Taux", "purpose": "Article", "files": "rate.csv"}
    page = await browser.send("exports/new", act="create", **fields)
    request = page.split('action="/services/bureau/exports/')[1].split('"')[0]
    await browser.send(f"exports/{request}", act="submit")
    await browser.sign_in(ADA)
    preview = (await browser.get(f"review/{request}")).split('src="/services/bureau/')[-1].split('"')[0]
    async with client.get(browser.world.address + preview) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "allow-" not in policy


@in_the_room
async def trial(populated: Path, tmp_path: Path, ledger: MemoryLedger) -> AsyncIterator[World]:
    """A portal of a trial without a container engine."""
    shutil.copyfile(populated, tmp_path / "bureau.sqlite")
    async with open_world(tmp_path, ledger, trial=Text("Rien n'est isolé.", "Nothing is isolated.")) as made:
        yield made


async def test_where_nothing_is_sealed_every_page_says_so(trial: World, client: aiohttp.ClientSession) -> None:
    browser = Browser(trial, client)
    await browser.sign_in(PAUL)
    pages = {
        "": 200,
        "habilitations": 200,
        "exports": 200,
        "exports/new": 200,
        "admin": 200,
        "nowhere": 404,
        "audit": 403,
    }
    for path, status in pages.items():
        assert 'class="trial"' in await browser.get(path, status), path
    assert "Nothing is isolated." in await browser.get("?lang=en")
