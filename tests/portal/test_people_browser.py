"""Pages of people in a real browser: axe in both languages and schemes, signing by keyboard, a stop without script."""

from datetime import timedelta

from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ANA, AUD, NOW, PAUL, PROJECT, SETUP, World
from project_spaces.charters.versions import publish_charter
from project_spaces.text import Text
from project_spaces.trainings.claims import claim_training
from project_spaces.trainings.kinds import define_training
from tests.portal.accessibility import in_both_languages
from tests.portal.conftest import Opener
from tests.portal.test_people_pages import hub

DAY = timedelta(days=1)


def furnish(world: World) -> None:
    """Something of everything that these pages show."""
    hub(world)
    store, by_setup = world.portal.store, {"actor": SETUP, "now": NOW}
    for text in ("Je garde le secret.", "Je garde le secret.\nJe ne cherche à identifier personne."):
        words = {"title": Text("Charte de l'utilisateur", "User charter"), "text": Text(text, "I keep the secret.")}
        publish_charter(store, "cgu", sign_by=NOW + 30 * DAY, **words, **by_setup)
    define_training(store, "snds", title=Text("Formation SNDS", "SNDS training"), months=12, **by_setup)
    claim_training(store, ANA, "snds", taken_at=NOW - DAY, certificate="CNAM 118", file=b"%PDF-1.7", now=NOW)


async def test_every_page_is_accessible_in_both_languages(world: World, open_as: Opener) -> None:
    furnish(world)
    admin = await open_as(PAUL)
    await admin.goto(f"{world.address}admin/reviews")
    await admin.click("summary")
    await admin.select_option("#v-project", PROJECT)
    await admin.get_by_role("button", name="Ouvrir").click()
    await admin.wait_for_url("**/admin/reviews/*")
    review = admin.url.removeprefix(world.address)
    seen = {
        ANA: (
            "sessions",
            "onboarding",
            "onboarding/charters/cgu",
            f"why?project={PROJECT}&dataset=pmsi-mco&action=mount_dataset",
        ),
        PAUL: (
            "admin",
            f"admin/people/{ANA}",
            "admin/charters",
            "admin/charters/cgu",
            "admin/trainings",
            "admin/stops",
            "admin/hubs",
            "admin/orphans",
            "admin/reviews",
            review,
            "admin/datasets/omop-1001",
            f"admin/projects/{PROJECT}",
        ),
        AUD: (f"why?person={ANA}&project={PROJECT}", "admin/stops", review),
    }
    for who, paths in seen.items():
        page = admin if who == PAUL else await open_as(who)
        assert await in_both_languages(page, world.address, *paths, unfolded=True) == {}


async def test_a_charter_is_signed_by_keyboard(world: World, open_as: Opener) -> None:
    furnish(world)
    page = await open_as(ANA)
    await page.goto(f"{world.address}onboarding")
    await page.get_by_role("link", name="Lire et signer").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/onboarding/charters/cgu")
    await page.get_by_role("button", name="Signer").focus()
    await page.keyboard.press("Enter")
    assert await page.get_by_role("button", name="Signer").count() == 1, "nothing is signed without the tick"
    await page.get_by_role("checkbox").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_text("Charte signée").wait_for()


async def test_a_stop_in_two_steps_without_script(world: World, open_as: Opener, ledger: MemoryLedger) -> None:
    page = await open_as(PAUL, java_script_enabled=False)
    await page.goto(f"{world.address}admin/stops")
    await page.click("summary")
    await page.select_option("#s-scope", "project")
    await page.fill("#s-name", PROJECT)
    await page.fill("#s-why", "fuite possible")
    await page.get_by_role("button", name="Continuer").click()
    await page.get_by_role("heading", name="Confirmer l'arrêt").wait_for()
    await page.fill("#s-confirm", PROJECT)
    await page.get_by_role("button", name="Arrêter maintenant").click()
    await page.get_by_text("Vous avez posé cet arrêt").wait_for()
    reader = await open_as(ANA, java_script_enabled=False)
    await reader.get_by_role("link", name="Pourquoi ? Réadmissions").first.click()
    await reader.get_by_text("est arrêté depuis").wait_for()
