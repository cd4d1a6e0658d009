"""From the catalogue to the first cell, in a real browser and in French, each part clicked by its person.

A newcomer signs the charter and asks for data about persons; the administrator, the committee and the owner's steward
answer; both sides sign the agreement; the project opens by itself. The data still wait for a training: the newcomer
reads so, hands in the certificate, the administrator confirms it, and a cell runs on the data.

``--screenshots DIR`` keeps the pictures of the documentation.
"""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub_extensions.demo import scenery
from hub_extensions.demo.cast import ADMINISTRATOR
from tests.end_to_end.asked import OWNER, SENSITIVE, STAYS
from tests.end_to_end.browser import Visitor
from tests.end_to_end.people import People, sign_charter
from tests.end_to_end.test_browser import until_shown

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEWCOMER, COMMITTEE, STEWARD = "nora", "odile", "gael"
NAMES = {NEWCOMER: "Nora Haddad", COMMITTEE: "Odile Garnier", STEWARD: "Gaël Tanguy"}
SLUG, TITLE = "sejours-age", "Séjours et âge"
REQUEST = re.compile(r"/requests/[0-9a-f]{32}$")
COLUMNS = ("age", "patient")
CELL = f"""\
import pandas as pd
sejours = pd.read_parquet("/data/{SENSITIVE}/sejours.parquet", columns=["age"])
print(f"{{len(sejours)}} séjours")"""


async def staff(administrator: Visitor, people: People) -> dict[str, Visitor]:
    """Register the three by the interface of programs, give two of them their roles, and let all three come."""
    api, players = (await administrator.world.client(ADMINISTRATOR.username)).api, administrator.world.players

    async def registered(name: str, role: str | None) -> Visitor:
        person = {"username": name, "display_name": NAMES[name], "email": f"{name}@example.org"}
        made = await api("POST", "/admin/people", person)
        await scenery.enrol(players, name, made["activation_code"])
        if role is not None:
            await api("POST", "/admin/roles", {"username": name, "role": role})
        visitor = await people.come(name)
        await visitor.arrive()
        return visitor

    roles = {NEWCOMER: None, COMMITTEE: "committee", STEWARD: "steward"}
    found = await asyncio.gather(*(registered(name, role) for name, role in roles.items()))
    await administrator.go("instruction/owners")
    panel = administrator.page.locator("section.panel", has=administrator.page.get_by_role("heading", name=OWNER))
    await panel.get_by_label("Confier à").select_option(STEWARD)
    await panel.get_by_role("button", name="Confier").click()
    await administrator.page.get_by_text("Producteur confié.").wait_for()
    return dict(zip(roles, found, strict=True))


async def ask(newcomer: Visitor, pictures: Path | None) -> str:
    """Begin from the data set, fill in each section, see what is missing, submit; return the request's address."""
    page = newcomer.page
    await newcomer.go("catalogue")
    await page.locator(f'a[href$="/catalogue/{SENSITIVE}"]').first.click()
    await page.get_by_role("link", name="Demander l'accès").click()
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
    await page.locator(f'input[value="{SENSITIVE}"]:checked').wait_for()
    await newcomer.press("Enregistrer et continuer")
    for column in COLUMNS:
        await page.check(f'input[value="sejours.{column}"]')
    await newcomer.picture(pictures, "request-columns.png")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_label("Non, aucun").and_(page.locator(":checked")).wait_for()
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_text("porteur du projet").wait_for()
    await page.get_by_role("link", name="Continuer", exact=True).click()
    await page.fill("#outputs", "Un tableau et une figure par classe d'âge.")
    await page.fill("#months", "6")
    await page.fill("#cpu", "2")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_role("link", name="Indiquez votre organisme.").click()
    await page.fill("#organisation", "CHU de Rennes")
    await page.fill("#controller", "CHU de Rennes")
    await newcomer.press("Enregistrer et continuer")
    await page.get_by_role("link", name="7. Relire et déposer").click()
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


async def training(newcomer: Visitor, administrator: Visitor) -> None:
    """The data wait for a training: the newcomer reads why, hands in the certificate, the administrator confirms it."""
    page = newcomer.page
    await newcomer.go()
    card = page.locator("article.card", has_text=TITLE)
    await card.get_by_text("Il vous manque la formation").wait_for()
    await card.get_by_role("link", name="Pourquoi ?").click()
    await page.get_by_role("link", name="Mon dossier").last.click()
    await newcomer.unfold("Transmettre une attestation")
    await page.fill("#c-day", datetime.now(UTC).date().isoformat())
    await page.fill("#c-name", "Attestation 2026-118")
    await newcomer.press("Transmettre")
    await page.get_by_text("À l'examen").wait_for()
    await administrator.go("admin/trainings")
    await administrator.page.get_by_role("button", name=f"Confirmer {NEWCOMER}").click()
    await administrator.page.get_by_text("Aucune attestation n'attend.").wait_for()


async def first_cell(newcomer: Visitor) -> None:
    """Start the workspace, enter it, and run one cell on the mounted data."""
    page = newcomer.page
    await newcomer.go()
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
    await until_shown(cell, f"{STAYS} séjours")


async def test_a_newcomer_comes_from_the_catalogue_to_the_first_cell(people: People, pictures: Path | None) -> None:
    administrator = await people.arrive(ADMINISTRATOR.username)
    team = await staff(administrator, people)
    newcomer, member, steward = (team[name] for name in (NEWCOMER, COMMITTEE, STEWARD))
    for each in team.values():
        await sign_charter(each)
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
    await newcomer.page.get_by_role("link", name=TITLE).first.click()
    await training(newcomer, administrator)
    await first_cell(newcomer)
    await newcomer.go()
    await newcomer.press("Arrêter")
    await newcomer.page.get_by_role("button", name=f"Démarrer le bureau {TITLE}").wait_for()
    assert people.troubles() == []
