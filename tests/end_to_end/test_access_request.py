"""From the catalogue to the first cell, in a real browser and in French, each part clicked by its person.

A newcomer asks for data; the administrator, the committee and the owner's steward answer; both sides sign the
agreement; the project opens by itself, and she runs a cell on the data that she is habilitated for.

``--screenshots DIR`` keeps the pictures of the documentation.
"""

import re
from pathlib import Path

import pytest

from hub_extensions.demo.cast import ADMINISTRATOR
from hub_extensions.demo.scenery import OPEN_DATA
from tests.end_to_end.browser import Visitor
from tests.end_to_end.people import People, enrol, register
from tests.end_to_end.test_browser import until_shown

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEWCOMER, COMMITTEE, STEWARD = "nora", "odile", "gael"
NAMES = {NEWCOMER: "Nora Haddad", COMMITTEE: "Odile Garnier", STEWARD: "Gaël Tanguy"}
OWNER = "UCI Machine Learning Repository"
SLUG, TITLE = "diabete-age", "Diabète et âge"
REQUEST = re.compile(r"/requests/[0-9a-f]{32}$")
COLUMNS = ("age", "readmitted", "patient_nbr")
CELL = """\
import pandas as pd
sejours = pd.read_parquet("/data/diabetes130/diabetes130.parquet", columns=["age", "readmitted"])
print(f"{len(sejours)} séjours")"""


async def staff(administrator: Visitor, people: People) -> dict[str, Visitor]:
    """Register the three, give two of them their roles, and entrust the owner's data to the steward."""
    codes = {name: await register(administrator, name, shown) for name, shown in NAMES.items()}
    for name, role in ((COMMITTEE, "committee"), (STEWARD, "steward")):
        await administrator.go("admin")
        row = administrator.page.locator("tr", has=administrator.page.locator(f"#role-{name}"))
        await row.locator("summary").click()
        await administrator.page.select_option(f"#role-{name}", role)
        await row.get_by_role("button", name="Donner le rôle").click()
        await administrator.page.get_by_text("Rôle donné.").wait_for()
    await administrator.go("instruction/owners")
    panel = administrator.page.locator("section.panel", has=administrator.page.get_by_role("heading", name=OWNER))
    await panel.get_by_label("Confier à").select_option(STEWARD)
    await panel.get_by_role("button", name="Confier").click()
    await administrator.page.get_by_text("Producteur confié.").wait_for()
    found = {}
    for name, code in codes.items():
        found[name] = await people.come(name)
        await enrol(found[name], code)
        await found[name].sign_in()
        await found[name].page.get_by_role("heading", name="Mes projets").wait_for()
    return found


async def ask(newcomer: Visitor, pictures: Path | None) -> str:
    """Begin from the data set, fill in each section, see what is missing, submit; return the request's address."""
    page = newcomer.page
    await newcomer.go("catalogue")
    await page.locator(f'a[href$="/catalogue/{OPEN_DATA}"]').first.click()
    await page.get_by_role("link", name="Demander un espace projet").click()
    await newcomer.press("Commencer une demande")
    await page.fill("#title", TITLE)
    await page.fill("#slug", SLUG)
    await page.fill("#summary", "Part des séjours suivis d'une réadmission, selon l'âge.")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_label("Recherche, études, évaluation et innovation").check()
    await page.fill("#public_interest", "Mieux préparer la sortie des personnes âgées.")
    for box in await page.locator('input[name="disclaimed"]').all():
        await box.check()
    await newcomer.press("Enregistrer et continuer")
    await page.locator(f'input[value="{OPEN_DATA}"]:checked').wait_for()
    await newcomer.press("Enregistrer et continuer")
    for column in COLUMNS:
        await page.check(f'input[value="{OPEN_DATA}.{column}"]')
    await newcomer.picture(pictures, "request-columns.png")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_text("porteur du projet").wait_for()
    await page.get_by_role("link", name="Continuer", exact=True).click()
    await page.fill("#outputs", "Un tableau et une figure par classe d'âge.")
    await page.fill("#months", "6")
    await page.fill("#cpu", "2")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_role("link", name="Indiquez votre organisme.").click()
    await page.fill("#organisation", "CHU de Rennes")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_role("link", name="6. Relire et déposer").click()
    await newcomer.press("Déposer la demande d'accès")
    await page.wait_for_url(REQUEST)
    await page.get_by_text("En instruction").wait_for()
    return page.url


async def answer(actor: Visitor, choice: str, *, reference: str = "", reasons: str = "") -> None:
    """Come by the notification, read the request, and answer."""
    page = actor.page
    await actor.go("notifications")
    await page.locator(".told li.new", has_text="À vous d'agir").first.get_by_role("button").click()
    await page.wait_for_url(REQUEST)
    await page.get_by_label(choice, exact=True).check()
    if reference:
        await page.get_by_label("Référence de l'avis ou de la décision").fill(reference)
    await page.get_by_label("Motif ou recommandations, lus par le demandeur").fill(reasons)
    await actor.press("Enregistrer la réponse")
    await page.get_by_text("Réponse enregistrée.").wait_for()


async def sign(person: Visitor, address: str, button: str) -> None:
    """Open the request, read the agreement, sign it."""
    await person.page.goto(address)
    await person.page.get_by_role("link", name="Lire et signer la convention").first.click()
    await person.page.get_by_text("CONVENTION D'ACCÈS AUX DONNÉES").wait_for()
    await person.press(button)
    await person.page.wait_for_url(REQUEST)


async def first_cell(newcomer: Visitor) -> None:
    """Start the workspace from the accepted request, enter it, and run one cell on the mounted data."""
    page = newcomer.page
    await page.get_by_role("link", name=TITLE).first.click()
    await newcomer.press(f"Démarrer le bureau {TITLE}")
    enter = page.get_by_role("link", name="Entrer dans le bureau")
    await enter.wait_for(timeout=120_000)
    await enter.click()
    await page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click()
    await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    cell = page.locator(".jp-Notebook .jp-Cell").first
    await cell.locator(".cm-content").click()
    await page.keyboard.insert_text(CELL)
    await page.keyboard.press("Shift+Enter")
    await until_shown(cell, "101766 séjours")


async def test_a_newcomer_comes_from_the_catalogue_to_the_first_cell(people: People, pictures: Path | None) -> None:
    administrator = await people.arrive(ADMINISTRATOR.username)
    team = await staff(administrator, people)
    newcomer, member, steward = (team[name] for name in (NEWCOMER, COMMITTEE, STEWARD))
    address = await ask(newcomer, pictures)
    await answer(administrator, "Dossier complet")
    await answer(
        member,
        "Favorable avec recommandations",
        reference="Avis 2026-12",
        reasons="Regroupez les classes d'âge peu nombreuses.",
    )
    await answer(administrator, "Favorable", reference="DR-2026-12")
    await newcomer.page.goto(address)
    await newcomer.page.get_by_text("Regroupez les classes d'âge peu nombreuses.").wait_for()
    await newcomer.page.get_by_text("Gaël Tanguy").wait_for()
    await newcomer.picture(pictures, "request.png")
    await answer(steward, "Favorable")
    await sign(newcomer, address, "Signer au nom du projet")
    await sign(steward, address, "Signer pour le producteur")
    await newcomer.page.goto(address)
    await newcomer.page.get_by_role("heading", name="L'espace projet est ouvert").wait_for()
    await newcomer.picture(pictures, "request-accepted.png")
    await first_cell(newcomer)
    await newcomer.go()
    await newcomer.press("Arrêter")
    await newcomer.page.get_by_role("button", name=f"Démarrer le bureau {TITLE}").wait_for()
    assert people.troubles() == []
