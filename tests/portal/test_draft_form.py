"""The form of a draft: what was said can be changed and taken back, and a request is opened whole or not at all."""

import aiohttp
import pytest

from hub_extensions.exports import drafting, views
from hub_extensions.exports.details import detail
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.outside.access import Outsider
from hub_extensions.portal.testing import ANA, NOW, PROJECT, World
from tests.portal.conftest import Opener
from tests.portal.test_pages import Browser

LEA = Outsider("Léa Blanc", "Inserm", "lea@inserm.example")


def draft(world: World) -> str:
    """A public draft for somebody from outside."""
    world.write("t.csv", b"age,n\n40,120\n")
    people = [LEA]
    at = {"actor": ANA, "now": NOW}
    request = drafting.create(
        world.portal.desk, project=PROJECT, title="Taux", purpose="Article", outside=people, public=True, **at
    )
    drafting.add_file(world.portal.desk, request, "t.csv", DECLARATION, **at)
    return request


async def test_outside_recipients_and_the_public_mark_are_taken_back_without_script(
    world: World, open_as: Opener
) -> None:
    request = draft(world)
    page = await open_as(ANA, java_script_enabled=False)
    await page.goto(f"{world.address}exports/{request}")
    await page.get_by_text("Modifier", exact=True).click()
    assert await page.is_checked("form:has(#d-title) input[type=checkbox]")
    await page.fill("#d-outside", "")
    await page.uncheck("form:has(#d-title) input[type=checkbox]")
    async with page.expect_navigation():
        await page.locator("form:has(#d-title)").get_by_role("button", name="Enregistrer").click()
    told = detail(world.portal.desk, request, ANA, now=NOW)
    assert (told["outside"], told["public"], told["title"]) == ([], False, "Taux")
    await page.get_by_text("Modifier", exact=True).click()
    await page.check("form:has(#d-title) input[type=checkbox]")
    async with page.expect_navigation():
        await page.locator("form:has(#d-title)").get_by_role("button", name="Enregistrer").click()
    assert detail(world.portal.desk, request, ANA, now=NOW)["public"] is True


async def test_a_form_that_does_not_speak_of_them_changes_nothing_of_them(
    world: World, client: aiohttp.ClientSession
) -> None:
    request = draft(world)
    browser = Browser(world, client)
    await browser.sign_in(ANA)
    await browser.send(f"exports/{request}", act="describe", title="Autre titre")
    told = detail(world.portal.desk, request, ANA, now=NOW)
    assert ([each["mail"] for each in told["outside"]], told["public"]) == ([LEA.mail], True)
    assert told["title"] == "Autre titre"


@pytest.mark.parametrize("wrong", ["../secret.csv", "a.csv", "/etc/passwd"])
async def test_a_request_with_a_wrong_file_is_not_opened_at_all(
    world: World, client: aiohttp.ClientSession, wrong: str
) -> None:
    """The second file is refused (or is the first again): no half request is left behind."""
    body = {"project": PROJECT, "title": "T", "purpose": "A", "files": ["a.csv", wrong]}
    before = len(world.ledger.events)  # type: ignore[attr-defined]
    headers = {"Authorization": f"Bearer token-{ANA}"}
    async with client.post(f"{world.api}/exports", json=body, headers=headers) as answer:
        assert answer.status in {409, 422}
    assert views.mine(world.portal.desk, ANA, now=NOW) == []
    created = [event.kind for event in world.ledger.events[before:]]  # type: ignore[attr-defined]
    assert "export.created" not in created
