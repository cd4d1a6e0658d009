"""The pages of people without an account in a real browser: axe in both languages and schemes, and a whole visit."""

import pyotp

from hub_extensions.imports import composing
from hub_extensions.imports.acting import By
from hub_extensions.imports.composing import Target
from hub_extensions.portal.testing import ANA, PROJECT, World
from tests.portal.accessibility import LOOKS, violations
from tests.portal.conftest import Opener
from tests.portal.test_outside import LEA, TOM, invited, released


async def test_a_visit_on_accessible_pages(world: World, open_as: Opener) -> None:
    made = invited(world, released(world, LEA))
    desk, by = world.portal.imports, By(ANA, world.clock())
    delivery = composing.invite(desk, world.portal.box, composing.create(desk, Target(PROJECT), "T", by), TOM, by)
    found: dict[str, list[str]] = {}
    for name, invitation in (("package", made), ("delivery", delivery)):
        page = await open_as("nobody")

        async def look(what: str, page=page, name=name) -> None:
            for language, scheme, rules in LOOKS:
                await page.emulate_media(color_scheme=scheme)
                await page.goto(f"{page.url.split('?')[0]}?lang={language}")
                found[f"{name} {what} {language}"] = await violations(page, rules)
            await page.goto(f"{page.url.split('?')[0]}?lang=fr")

        await page.goto(f"{world.address}outside/{invitation.token}")
        await look("activate")
        await page.fill("#code", invitation.code)
        await page.get_by_role("button", name="Continuer").click()
        await look("confirm")
        secret = await page.locator("#factor-secret").inner_text()
        await page.fill("#code", pyotp.TOTP(secret).at(world.clock()))
        await page.get_by_role("button", name="Activer l'accès").click()
        await look("inside")
        if invitation is made:
            async with page.expect_download() as started:
                await page.get_by_role("button", name="Télécharger").click()
            assert (await (await started.value).path()).stat().st_size > 0
    assert {where: what for where, what in found.items() if what} == {}
