"""The import desk in a real browser: axe in both languages and schemes, and a whole import without script."""

from pathlib import Path

from hub_extensions.imports import composing
from hub_extensions.imports.acting import By
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.composing import Target
from hub_extensions.imports.testing import DECLARATION
from hub_extensions.portal.testing import ANA, PROJECT, SOL, World
from tests.portal.accessibility import in_both_languages
from tests.portal.conftest import Opener


def waiting(world: World, name: str = "patients.csv", data: bytes = b"patient_id,age\np1,40\np2,51\n") -> str:
    """An import that a steward has to judge, with something to look at."""
    desk, by = world.portal.imports, By(ANA, world.clock())
    request_id = composing.create(desk, Target(PROJECT), "Cohorte locale", by)
    with composing.receiving(desk, request_id, name, by) as part:
        part.write_bytes(data)
    composing.declare(desk, request_id, DECLARATION, by)
    composing.submit(desk, request_id, by)
    advance(desk, request_id, now=world.clock())
    return request_id


async def test_every_page_is_accessible_in_both_languages(world: World, open_as: Opener) -> None:
    judged, blocked = waiting(world), waiting(world, data=b"nom,age\nDupont,40\nMartin,51\n")
    seen = {
        ANA: ("imports", f"imports/{judged}", f"imports/{blocked}"),
        SOL: ("import-review", f"import-review/{judged}"),
    }
    for who, paths in seen.items():
        assert await in_both_languages(await open_as(who), world.address, *paths, unfolded=True) == {}


async def test_a_file_comes_in_without_script(world: World, open_as: Opener, tmp_path: Path) -> None:
    file = tmp_path / "ccam.csv"
    file.write_text("code,libelle\nA,x\n")
    page = await open_as(ANA, java_script_enabled=False)
    await page.goto(f"{world.address}imports")
    await page.fill("#i-title", "Référentiel CCAM")
    await page.get_by_role("button", name="Ouvrir l'import").click()
    await page.set_input_files("#up", file)
    async with page.expect_navigation():
        await page.get_by_role("button", name="Envoyer en quarantaine").click()
    await page.fill("#s-origin", "ATIH")
    await page.fill("#s-basis", "Données ouvertes")
    await page.fill("#s-licence", "Licence Ouverte 2.0")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Enregistrer").click()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Déposer").click()
    request_id = page.url.rpartition("/")[2]
    advance(world.portal.imports, request_id, now=world.clock())
    steward = await open_as(SOL, java_script_enabled=False)
    await steward.goto(f"{world.address}import-review")
    await steward.get_by_role("link", name="Référentiel CCAM").click()
    async with steward.expect_navigation():
        await steward.get_by_role("button", name="Accepter").click()
    advance(world.portal.imports, request_id, now=world.clock())
    await page.get_by_text("en lecture seule, sous").wait_for()  # the page looks again by itself
