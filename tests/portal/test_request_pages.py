"""Pages of requests in a real browser: axe on each of them in both languages, and a request without script."""

import re

import aiohttp
from playwright.async_api import Page

from hub_extensions.portal.testing import ANA, NOW, PAUL, PROJECT, SETUP, World
from project_spaces.owner_perimeters import entrust
from tests.portal.accessibility import in_both_languages
from tests.portal.conftest import Opener
from tests.portal.request_people import CARL, DATASET, FORM, LINKAGE, STELLA, Turn, staff, turns
from tests.portal.test_api import Caller
from tests.portal.test_requests import step_of, take

REQUEST = re.compile(r"/requests/[0-9a-f]{32}$")


async def made(call: Caller, *, submit: bool, **change: object) -> str:
    """A request of Ana."""
    number = str((await call(ANA, "POST", "/requests", {}, 201))["id"])
    await call(ANA, "PUT", f"/requests/{number}", {**FORM, **change})
    if submit:
        await call(ANA, "POST", f"/requests/{number}/submit", {})
    return number


async def test_every_page_is_accessible_in_both_languages(
    world: World, client: aiohttp.ClientSession, open_as: Opener
) -> None:
    staff(world)
    call = Caller(world, client)
    identifiers = {"commune": "", "care_dates": "Délais."}
    asked = [{"dataset": DATASET, "columns": [], "identifiers": identifiers}, {"dataset": "omop-1001"}]
    draft = await made(call, submit=False, title="", datasets=asked)
    signing, waiting = await made(call, submit=True, linkage=LINKAGE), await made(call, submit=True, slug="autre")
    for turn in turns(PAUL):
        await take(call, signing, turn)
    step = (await step_of(call, signing, "signature"))["id"]
    await take(call, waiting, Turn(PAUL, "completeness"))
    await call(STELLA, "POST", "/embargoes", {"dataset": DATASET, "reason": "Publication."}, 201)
    entrust(world.portal.store, "ATIH", STELLA, actor=SETUP, now=NOW)
    closure = {"dataset": "omop-1001", "ends_at": "2027-03-31", "reason": "Article."}
    await call(ANA, "POST", f"/projects/{PROJECT}/closures", closure, 201)
    form = f"requests/{draft}/form/"
    sections = (
        "project",
        "purpose",
        "data",
        f"data/{DATASET}",
        "data/omop-1001",
        "linkage",
        "people",
        "means",
        "check",
    )
    seen = {
        ANA: (
            "requests",
            f"requests/new?dataset={DATASET}",
            *(form + each for each in sections),
            f"requests/{signing}",
            f"requests/{signing}/summary",
            f"requests/{signing}/agreements/{step}",
            "requests/delays",
            "notifications",
            f"workspaces/{PROJECT}",
        ),
        CARL: ("instruction", f"requests/{waiting}"),
        STELLA: ("instruction/embargoes",),
        PAUL: ("instruction", "instruction/stuck", "instruction/owners"),
    }
    for who, paths in seen.items():
        assert await in_both_languages(await open_as(who), world.address, *paths) == {}


async def test_a_whole_request_by_keyboard_and_without_script(
    world: World, client: aiohttp.ClientSession, open_as: Opener
) -> None:
    staff(world)
    page = await open_as(ANA, java_script_enabled=False)
    await page.goto(f"{world.address}requests/new?dataset={DATASET}")
    await press(page, "Commencer une demande")
    for field in ("title", "organisation", "controller", "summary"):
        await page.locator(f"#{field}").focus()
        await page.keyboard.type("Durées de séjour")
    await page.locator("#slug").focus()
    await page.keyboard.type("durees")
    await press(page, "Enregistrer et continuer")
    for name in ('[name="purpose"][value="research"]', '[value="promotion"]', '[value="insurance"]'):
        await page.locator(f"input{name}").focus()
        await page.keyboard.press("Space")
    await page.locator("#public_interest").focus()
    await page.keyboard.type("Mieux soigner.")
    await press(page, "Enregistrer et continuer")
    await press(page, "Enregistrer et continuer")
    await page.locator('input[value="sejour.age"]').focus()
    await page.keyboard.press("Space")
    await press(page, "Enregistrer et continuer")
    await press(page, "Enregistrer et continuer")
    await page.get_by_role("link", name="Continuer", exact=True).focus()
    await page.keyboard.press("Enter")
    await page.locator("#outputs").focus()
    await page.keyboard.type("Tableaux.")
    await press(page, "Enregistrer et continuer")
    await press(page, "Déposer la demande d'accès")
    await page.wait_for_url(REQUEST)
    await page.get_by_text("En instruction").wait_for()


async def press(page: Page, button: str) -> None:
    """Press a button with the keyboard, and wait for the page that follows."""
    await page.get_by_role("button", name=button).focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
