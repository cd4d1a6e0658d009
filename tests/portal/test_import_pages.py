"""The import desk over HTTP: a form without script, a program with raw bytes, a steward; and what must not pass."""

import json
import re
from pathlib import Path

import aiohttp
import pytest

from hub_extensions.imports.acting import By
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.composing import Target, create, declare, receiving, submit
from hub_extensions.imports.testing import DECLARATION
from hub_extensions.portal.testing import ANA, BEN, OUT, PROJECT, SOL, World
from tests.portal.test_pages import Browser


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


def opened(world: World) -> str:
    """An import that Ana opened."""
    return create(world.portal.imports, Target(PROJECT), "Registre", By(ANA, world.clock()))


async def upload(browser: Browser, request_id: str, *files: tuple[str, bytes], status: int = 200) -> str:
    """Send files as the page's form does."""
    xsrf = next(cookie.value for cookie in browser.client.cookie_jar if cookie.key == "_xsrf")
    form = aiohttp.FormData()
    for name, data in files:
        form.add_field("files", data, filename=name, content_type="application/octet-stream")
    address = f"{browser.world.address}imports/{request_id}/files"
    async with browser.client.post(address, params={"_xsrf": xsrf}, data=form) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


def left_behind(world: World) -> list[Path]:
    """What lies in the quarantine's scratch folder."""
    return list(world.portal.imports.quarantine.scratch.iterdir())


async def test_a_member_brings_files_in_and_a_steward_accepts_them(browser: Browser) -> None:
    world = browser.world
    await browser.sign_in(ANA)
    page = await browser.send("imports", act="create", title="Référentiel CCAM", project=PROJECT)
    request_id = re.search(r"/imports/([0-9a-f]{32})", page)[1]
    big = b"code;libelle\n" + b"A;x\n" * 700_000
    page = await upload(browser, request_id, ("ccam.csv", big), ("lisez-moi.md", b"# CCAM\n"))
    assert "ccam.csv" in page
    assert "2,7" in page, "the size of what came in several pieces"
    declared = {"content": "data", "origin": "ATIH", "legal_basis": "Données ouvertes", "licence": "LO 2.0"}
    await browser.send(f"imports/{request_id}", act="declare", **declared)
    page = await browser.send(f"imports/{request_id}", act="submit")
    assert "En quarantaine" in page
    assert advance(world.portal.imports, request_id, now=world.clock())
    await browser.send(f"imports/{request_id}", act="submit", status=409)

    await browser.sign_in(SOL)
    assert "Référentiel CCAM" in await browser.get("import-review")
    assert "ATIH" in await browser.get(f"import-review/{request_id}")
    await browser.send(f"import-review/{request_id}", act="approve")
    assert advance(world.portal.imports, request_id, now=world.clock())
    (folder,) = world.portal.layout.imports_dir(PROJECT).iterdir()
    assert (folder / "ccam.csv").read_bytes() == big
    await browser.sign_in(BEN)
    assert f"/imports/{folder.name}" in await browser.get(f"imports/{request_id}")
    assert left_behind(world) == []


async def test_a_program_sends_raw_bytes_and_reads_what_is_wrong(world: World, client: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"token token-{ANA}"}
    request_id = opened(world)
    address = f"{world.api}/imports/{request_id}/files"
    async with client.put(address, params={"name": "t.csv"}, data=b"n\n1\n", headers=headers) as answer:
        assert answer.status == 201
        assert [file["name"] for file in (await answer.json())["content"]] == ["t.csv"]
    for params, data, status in (
        ({"name": "../t.csv"}, b"x", 422),
        ({"name": "e.csv"}, b"", 422),
        ({}, b"no form", 422),
    ):
        async with client.put(address, params=params, data=data, headers=headers) as answer:
            assert answer.status == status, params
            assert (await answer.json())["title"]
    assert left_behind(world) == []


async def test_who_may_not_send_is_refused_before_a_byte_is_kept(browser: Browser) -> None:
    request_id = opened(browser.world)
    for who, status in ((OUT, 404), (BEN, 403), (SOL, 403)):
        await browser.sign_in(who)
        await upload(browser, request_id, ("a.csv", b"n\n1\n"), status=status)
    await browser.sign_in(ANA)
    address = f"{browser.world.address}imports/{request_id}/files"
    async with browser.client.post(address, data={"files": "x"}) as answer:
        assert answer.status == 403, "a form without the page's token"
    assert left_behind(browser.world) == []
    assert list(browser.world.portal.imports.quarantine.root.glob("objects/*/*")) == []


async def test_a_file_that_is_too_large_leaves_nothing(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = opened(browser.world)
    monkeypatch.setattr(type(browser.world.portal.imports.rules), "max_file_bytes", 1000, raising=False)
    object.__setattr__(browser.world.portal.imports.rules, "max_file_bytes", 1000)
    await browser.sign_in(ANA)
    assert "Un fichier dépasse" in await upload(browser, request_id, ("a.csv", b"x" * 5000), status=413)
    assert left_behind(browser.world) == []


async def test_the_api_walks_the_same_way(world: World, client: aiohttp.ClientSession) -> None:
    async def call(who: str, method: str, path: str, body: object = None, status: int = 200) -> dict[str, object]:
        headers = {"Authorization": f"token token-{who}"}
        async with client.request(method, world.api + path, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return json.loads(text)

    request_id = (await call(ANA, "POST", "/imports", {"title": "Paquet", "project": PROJECT}, 201))["id"]
    headers = {"Authorization": f"token token-{ANA}"}
    files = f"{world.api}/imports/{request_id}/files"
    async with client.put(files, params={"name": "t.csv"}, data=b"n\n1\n", headers=headers) as answer:
        assert answer.status == 201
    declared = {"origin": "CHU", "legal_basis": "Convention", "licence": "Interne"}
    await call(ANA, "PUT", f"/imports/{request_id}/declaration", declared)
    assert (await call(ANA, "POST", f"/imports/{request_id}/submit"))["state"] == "submitted"
    advance(world.portal.imports, str(request_id), now=world.clock())
    assert [each["id"] for each in (await call(SOL, "GET", "/import-review"))["imports"]] == [request_id]
    assert (await call(ANA, "POST", f"/imports/{request_id}/approve", status=403))["status"] == 403
    back = await call(SOL, "POST", f"/imports/{request_id}/return", {"message": "Précisez l'année."})
    assert back["state"] == "returned"
    page = await call(ANA, "GET", f"/imports/{request_id}")
    assert "Précisez l'année." in [each["message"] for each in page["timeline"]]
    await call(OUT, "GET", f"/imports/{request_id}", status=404)


async def test_a_steward_looks_at_a_file_and_nobody_else_does(browser: Browser) -> None:
    world = browser.world
    request_id = opened(world)
    by = By(ANA, world.clock())
    with receiving(world.portal.imports, request_id, "registre.csv", by) as part:
        part.write_text("age;n\n40;<script>top.hacked=1</script>\n")
    declare(world.portal.imports, request_id, DECLARATION, by)
    submit(world.portal.imports, request_id, by)
    await browser.sign_in(SOL)
    advance(world.portal.imports, request_id, now=world.clock())
    page = await browser.get(f"import-review/{request_id}")
    (frame,) = re.findall(r'<iframe class="preview" sandbox[^>]* src="/services/bureau/([^"]+)"', page)
    async with browser.client.get(world.address + frame) as answer:
        drawn = await answer.text()
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "&lt;script&gt;" in drawn
    assert "<script" not in drawn
    for who, status in ((ANA, 403), (BEN, 403), (OUT, 404)):
        await browser.sign_in(who)
        await browser.get(frame, status)
