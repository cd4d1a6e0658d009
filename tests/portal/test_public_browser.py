"""The pages without sign-in in a real browser: axe in both languages and colours, the keyboard alone, no script."""

import pytest
from playwright.async_api import Browser, Page

from hub_extensions.portal.testing import World
from tests.portal.accessibility import in_both_languages
from tests.portal.cards import describe

PAGES = (
    "catalogue",
    "catalogue?q=montant",
    "catalogue?q=rien",
    "catalogue/pmsi-mco",
    "catalogue/pmsi-mco/tables/SEJ_T",
    "questions",
)


@pytest.fixture
def catalogued(world: World) -> World:
    """Two public data sets, one of them with a sample."""
    sample = {"file": "x.csv", "marked": "synthetic", "title": {"fr": "X", "en": "X"}, "sha256": "a" * 64, "bytes": 4}
    describe(world, "pmsi-mco", sample=sample)
    describe(world, "omop-1001", themes=["cohort"], tables=())
    return world


async def stranger(browser: Browser, **options: bool) -> Page:
    page = await (await browser.new_context(locale="fr-FR", **options)).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(15_000)
    return page


async def test_public_pages_are_accessible_in_both_languages(catalogued: World, chromium: Browser) -> None:
    page = await stranger(chromium)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    assert await in_both_languages(page, catalogued.address, *PAGES) == {}
    assert said == []


async def test_from_the_search_to_the_request_without_mouse_or_script(catalogued: World, chromium: Browser) -> None:
    page = await stranger(chromium, java_script_enabled=False)
    await page.goto(f"{catalogued.address}catalogue?lang=fr")
    await page.focus("#q")
    await page.keyboard.type("sejour hopital montant")
    await page.keyboard.press("Enter")
    await page.get_by_text("1 jeu de données").wait_for()
    link = page.get_by_role("link", name="PMSI MCO, échantillon")
    await link.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/catalogue/pmsi-mco")
    ask = page.get_by_role("link", name="Demander l'accès")
    assert await ask.get_attribute("href") == "/services/bureau/requests/new?dataset=pmsi-mco"
    await page.get_by_role("link", name="SEJ_T").first.click()
    await page.get_by_text("Valeurs").click()
    assert await page.get_by_text("homme").is_visible()


async def test_a_facet_is_chosen_and_taken_back(catalogued: World, chromium: Browser) -> None:
    page = await stranger(chromium, java_script_enabled=False)
    await page.goto(f"{catalogued.address}catalogue?lang=fr")
    await page.get_by_role("link", name="Cohortes et enquêtes").click()
    await page.get_by_text("1 jeu de données").wait_for()
    await page.locator(".facet a[aria-current]").click()
    await page.get_by_text("2 jeux de données").wait_for()
