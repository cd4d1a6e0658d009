"""The public register's pages, API and files: read by everybody, written by administrators, naming nobody."""

import csv
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from playwright.async_api import Browser

from hub_extensions.portal.testing import NAMES, NOW, PAUL, PROJECT, SETUP, World
from hub_extensions.portal.verbs import register
from hub_extensions.register_export import export
from project_spaces.register import Result, set_entry
from tests.portal.accessibility import violations
from tests.portal.cards import describe
from tests.portal.test_access import sign_in
from tests.portal.test_public_catalogue import read

ADDRESSES = ("register", f"register/{PROJECT}", "register.csv", "api/v1/register", f"api/v1/register/{PROJECT}")
EVIL = '<script>alert(1)</script>=1+1"'


@pytest.fixture
def listed(world: World) -> World:
    """One project in the register, one data set in the catalogue."""
    describe(world, "snds-synth")
    result = Result(title="Article", link="https://doi.org/10.5555/1")
    facts = {"organisation": f"=CHU {EVIL}", "results": [result], "listed": True}
    set_entry(world.portal.store, PROJECT, **facts, actor=SETUP, now=NOW)
    return world


async def test_everybody_reads_it_and_learns_no_name(listed: World) -> None:
    for path in ADDRESSES:
        text, headers = await read(listed, path)
        assert headers["Cache-Control"] == "public, max-age=60"
        assert PROJECT in text
        assert "<script>alert" not in text or not headers["Content-Type"].startswith("text/html")
        for username, name in NAMES.items():
            assert name not in text
            assert f'"{username}"' not in text
    document = json.loads((await read(listed, f"api/v1/register/{PROJECT}"))[0])
    assert (document["people"], document["state"]) == (2, "running")
    assert [each["slug"] for each in document["datasets"]] == ["snds-synth"]
    assert document["other_datasets"] == 2, "pmsi-mco and omop-1001 are in no public catalogue"


async def test_what_is_not_listed_is_answered_like_what_does_not_exist(listed: World) -> None:
    hidden, _ = await read(listed, "register/greffes-rein", 404)
    unknown, _ = await read(listed, "register/autre-projet", 404)
    assert hidden.replace("greffes-rein", "X") == unknown.replace("autre-projet", "X")
    assert "greffes" not in "".join([(await read(listed, path))[0] for path in ADDRESSES])


async def test_however_many_ask_the_register_is_read_once_for_each_state(
    listed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: make the portal read every project again and again, without signing in."""
    asked: list[str] = []
    monkeypatch.setattr(register, "_projects", lambda _call: asked.append("read") or {"projects": []})
    for _ in range(5):
        await read(listed, "api/v1/register")
        await read(listed, "register.csv")
    assert asked == ["read"]
    set_entry(listed.portal.store, PROJECT, organisation="CHU", actor=SETUP, now=NOW)
    await read(listed, "api/v1/register")
    assert asked == ["read", "read"]


async def test_a_cell_of_the_table_never_becomes_a_formula(listed: World) -> None:
    rows = list(csv.DictReader(io.StringIO((await read(listed, "register.csv"))[0])))
    assert [row["slug"] for row in rows] == [PROJECT]
    assert rows[0]["organisation"].startswith("'=CHU")


async def test_an_administrator_states_results_and_puts_off_without_script(
    world: World, client: aiohttp.ClientSession
) -> None:
    token = await sign_in(world, client, PAUL)
    address = f"{world.address}admin/projects/{PROJECT}/register"
    fields = {"_xsrf": token, "act": "describe", "organisation": "CHU", "listed": "true"}
    async with client.post(address, data={**fields, "results": "Un titre | javascript:alert(1)"}) as answer:
        assert answer.status == 422
    async with client.post(address, data={**fields, "results": "A | B | https://doi.org/10.5555/1"}) as answer:
        assert answer.status == 200
    assert "A | B" in (await read(world, f"register/{PROJECT}"))[0]
    defer = {"_xsrf": token, "act": "defer", "until": "2027-01-31", "reason": "Brevet de Paul"}
    async with client.post(address, data=defer) as answer:
        assert answer.status == 200
    await read(world, f"register/{PROJECT}", 404)
    page, _ = await read(world, "register?lang=fr")
    assert "reportées" in page
    assert "Brevet" not in page
    async with client.post(address, data={**defer, "act": "publish", "until": "", "reason": "Déposé"}) as answer:
        assert answer.status == 200
    await read(world, f"register/{PROJECT}")


async def test_pages_and_files_are_accessible_and_open_from_a_disk(
    listed: World, chromium: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    told = {"operator": "Hub", "rights_contact": "dpo@example.org"}
    assert export(listed.portal.store, folder, **told, now=NOW, zone=ZoneInfo("Europe/Paris")) == 1
    assert {each.name for each in folder.iterdir()} == {
        "index.html",
        "index.en.html",
        "register.json",
        "register.csv",
        "bureau.css",
    }
    assert json.loads((folder / "register.json").read_text())["projects"][0]["slug"] == PROJECT
    page = await (await chromium.new_context(locale="fr-FR", bypass_csp=True)).new_page()
    addresses = [f"{listed.address}{path}" for path in ("register?lang=fr", f"register/{PROJECT}?lang=en")]
    for address in [*addresses, (folder / "index.html").as_uri()]:
        await page.goto(address)
        assert await violations(page) == [], address
        assert "alert(1)" in await page.inner_text("main")
    await page.get_by_role("link", name="English").click()
    assert await page.get_attribute("html", "lang") == "en"
    assert "dpo@example.org" in await page.inner_text("main")
    for username, name in NAMES.items():
        assert name not in (folder / "index.html").read_text(), username
