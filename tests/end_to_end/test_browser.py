"""The main job in a real browser, in French: from an administrator's first click to the package on a person's disk.

Nothing is prepared behind the pages' back: the newcomer, her project and her rights are made by clicking, and every
console error or failed request on the way is a failure unless it is expected by name.

``--screenshots DIR`` keeps the pictures of the documentation.
"""

import csv
import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Locator
from playwright.async_api import TimeoutError as PlaywrightTimeout

from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST, AUDITOR, REVIEWERS
from hub_extensions.demo.scenery import OPEN_DATA, day
from hub_extensions.demo.scenery import PROJECT as READMISSION
from tests.end_to_end.browser import Visitor
from tests.end_to_end.people import People, enrol, register, sign_charter
from tests.end_to_end.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEWCOMER, NAME = "nadia", "Nadia Benali"
PROJECT, TITLE = "sejours-diabete", "Séjours et diabète"
NOTEBOOK = "readmissions.ipynb"
TABLE = "exports/readmissions-par-age.csv"
REQUEST = re.compile(r"/exports/[0-9a-f]{32}$")
#: What may go wrong on the way, and why.
EXPECTED: tuple[str, ...] = ()

LOAD = """\
from pathlib import Path

import pandas as pd

sejours = pd.read_parquet("/data/diabetes130/diabetes130.parquet")
sejours["readmis"] = sejours["readmitted"] == "<30"
print(f"{len(sejours)} séjours, {sejours['patient_nbr'].nunique()} personnes")"""
COUNT = """\
jeunes = {classe: "[0-30)" for classe in ("[0-10)", "[10-20)", "[20-30)")}
par_age = sejours.groupby(sejours["age"].replace(jeunes)).agg(
    sejours=("readmis", "size"), readmissions=("readmis", "sum"), personnes=("patient_nbr", "nunique")
)
Path("/project/exports").mkdir(exist_ok=True)
par_age.to_csv("/project/exports/readmissions-par-age.csv")"""
PLOT = """\
import matplotlib.pyplot as plt

taux = 100 * par_age["readmissions"] / par_age["sejours"]
figure, axe = plt.subplots(figsize=(9.4, 3.3), layout="constrained")
barres = axe.bar(taux.index, taux, color="#2f5d8a")
axe.bar_label(barres, [f"{valeur:.1f}".replace(".", ",") for valeur in taux], label_type="center", color="white")
axe.set(title="Réadmission à 30 jours selon l'âge", xlabel="classe d'âge", ylabel="% des séjours")
axe.spines[["top", "right"]].set_visible(False)"""


async def give_rights(administrator: Visitor) -> None:
    """Open a project, make the newcomer a member of it, and habilitate her for one data set."""
    page = administrator.page
    await administrator.go("admin/projects")
    await administrator.unfold("Ouvrir un espace projet")
    for name, value in {"slug": PROJECT, "title": TITLE, "starts_at": day(0), "ends_at": day(300)}.items():
        await page.fill(f"#{name}", value)
    await page.fill("#purpose", "Réadmissions des personnes diabétiques selon l'âge, pour le rapport annuel.")
    await page.get_by_role("button", name="Ouvrir", exact=True).click()
    await administrator.go(f"admin/projects/{PROJECT}")
    await administrator.unfold("Ajouter un membre")
    await page.select_option("#m-who", NEWCOMER)
    await page.get_by_role("button", name="Ajouter", exact=True).click()
    await page.get_by_role("button", name=f"Mettre fin {NEWCOMER}").wait_for()
    await administrator.unfold("Accorder une habilitation")
    await page.select_option("#h-who", NEWCOMER)
    await page.select_option("#h-data", OPEN_DATA)
    await page.fill("#h-end", day(180))
    await page.get_by_role("button", name="Accorder", exact=True).click()
    await page.get_by_role("button", name=f"Retirer {NEWCOMER} {OPEN_DATA}").wait_for()


async def open_workspace(newcomer: Visitor) -> None:
    """Start the workspace on the home page, watch it start, and enter JupyterLab on the person's own origin."""
    page = newcomer.page
    await newcomer.go()
    await newcomer.press(f"Démarrer le bureau {TITLE}")
    await page.locator("progress").first.wait_for()
    enter = page.get_by_role("link", name="Entrer dans le bureau")
    await enter.wait_for(timeout=120_000)
    await enter.click()
    await page.locator(".jp-Launcher").first.wait_for()
    assert page.url.startswith(newcomer.lab(PROJECT))


async def until_shown(cell: Locator, shown: str) -> None:
    """Wait for an output; JupyterLab silently drops a run that comes before its kernel is ready, so ask again."""
    for patience_ms in (15_000, 45_000):
        with suppress(PlaywrightTimeout):
            await cell.get_by_text(shown).wait_for(timeout=patience_ms)
            return
        await cell.locator(".cm-content").click()
        await cell.page.keyboard.press("Control+Enter")
    await cell.get_by_text(shown).wait_for()


async def analyse(newcomer: Visitor) -> None:
    """Write and run a notebook on the mounted data."""
    page = newcomer.page
    await page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click()
    await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    for number, (code, shown) in enumerate(((LOAD, "101766 séjours, 71518 personnes"), (COUNT, None), (PLOT, None))):
        cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
        await cell.locator(".cm-content").click()
        await page.keyboard.insert_text(code)
        await page.keyboard.press("Shift+Enter")
        if shown:
            await until_shown(cell, shown)
    await page.locator(".jp-Notebook .jp-OutputArea-output img").wait_for()
    await page.locator(".jp-DirListing-item", has_text="Untitled.ipynb").click()
    await page.keyboard.press("F2")
    await page.locator("input.jp-DirListing-editor").fill(NOTEBOOK)
    await page.keyboard.press("Enter")
    await page.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=NOTEBOOK).first.wait_for()
    await page.locator(".jp-Notebook .jp-Cell .cm-content").last.click()
    await page.keyboard.press("Control+s")
    await page.locator(".jp-Notebook .jp-OutputArea-output img").evaluate("plot => plot.scrollIntoView({block: 'end'})")


async def ask_for_an_export(newcomer: Visitor) -> str:
    """Pick the table in the portal, say what it is, let it be checked and submit it; return the request's id."""
    page = newcomer.page
    await newcomer.go(f"exports/new?project={PROJECT}")
    await page.check(f'input[value="{TABLE}"]')
    await page.fill("#title", "Réadmissions à 30 jours selon l'âge")
    await page.fill("#purpose", "Tableau 2 du rapport annuel sur les parcours de soins du diabète.")
    await page.fill("#context", "Séjours du jeu diabetes130, par classe d'âge ; l'unité est le séjour.")
    await page.fill("#controls", "Les âges sous 30 ans sont regroupés : chaque case compte plus de 200 personnes.")
    await page.fill("#code", NOTEBOOK)
    await newcomer.press("Préparer la demande")
    await page.wait_for_url(REQUEST)
    await newcomer.press("Déposer la demande")
    await page.locator(".notice.ok").wait_for()
    return page.url.rsplit("/", 1)[1]


async def approve(reviewer: Visitor, request: str) -> None:
    """Read the request and its preview, and approve the file."""
    page = reviewer.page
    await reviewer.go("review")
    await page.click(f'a[href$="{request}"]')
    preview = page.frame_locator("iframe[title^='Aperçu']").get_by_role("cell", name="[70-80)")
    await preview.wait_for()


async def fetch(newcomer: Visitor, request: str, folder: Path) -> zipfile.ZipFile:
    """Download the package from the request's page."""
    await newcomer.go(f"exports/{request}")
    async with newcomer.page.expect_download() as waiting:
        await newcomer.press("Télécharger le paquet")
    await (await waiting.value).save_as(folder / "package.zip")
    return zipfile.ZipFile(folder / "package.zip")


async def test_the_main_job(people: People, pictures: Path | None, tmp_path: Path) -> None:
    administrator, newcomer = await people.arrive(ADMINISTRATOR.username), await people.come(NEWCOMER)
    await enrol(newcomer, await register(administrator, NEWCOMER, NAME))
    await newcomer.sign_in()
    await newcomer.page.get_by_text("Vous n'êtes membre d'aucun projet").wait_for()
    await sign_charter(newcomer)
    await give_rights(administrator)
    await newcomer.go()
    await open_workspace(newcomer)
    await analyse(newcomer)
    await newcomer.picture(pictures, "workspace.png")
    await newcomer.go()
    await newcomer.picture(pictures, "home.png")
    request = await ask_for_an_export(newcomer)
    await newcomer.picture(pictures, "export.png")
    for role in REVIEWERS:
        reviewer = await people.arrive(role.username)
        await approve(reviewer, request)
        await reviewer.picture(pictures, "review.png")
        await reviewer.press("Valider")
        await reviewer.page.locator(".notice.ok").wait_for()
    package = await fetch(newcomer, request, tmp_path)
    inside = next(name for name in package.namelist() if name.endswith(".csv"))
    rows = list(csv.DictReader(io.StringIO(package.read(inside).decode("utf-8-sig"))))
    assert rows[0]["age"] == "[0-30)"
    assert sum(int(row["sejours"]) for row in rows) == 101_766
    auditor = await people.arrive(AUDITOR.username)
    await auditor.go("audit/verification")
    await auditor.press("Vérifier le journal")
    await auditor.page.get_by_text("Le journal est intègre").wait_for()
    await auditor.picture(pictures, "audit.png")
    await newcomer.go()
    await newcomer.press("Arrêter")
    await newcomer.page.get_by_role("button", name="Démarrer le bureau").wait_for()
    assert people.troubles(EXPECTED) == []


async def test_a_bookmark_of_the_workspace_leads_through_the_sign_in_back_to_it(people: People, world: World) -> None:
    """The sign-in page's form ends on another origin: its own policy must not stop it there."""
    await world.open(ANALYST.username, READMISSION)
    ana = await people.come(ANALYST.username)
    await ana.page.goto(ana.lab(READMISSION))
    await ana.sign_in()
    await ana.page.locator(".jp-LabShell").wait_for()
    assert people.troubles(EXPECTED) == []
