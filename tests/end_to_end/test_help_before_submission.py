"""From a refused table to a submitted request, asked from where people work: a cell, and JupyterLab's panel."""

import json
from pathlib import Path

import nbformat
import pytest
from playwright.async_api import expect

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import ANALYST
from hub_extensions.demo.scenery import PROJECT
from hub_extensions.notebooks.catalogue import find_template, notebook_path
from tests.end_to_end.people import People
from tests.end_to_end.world import World, leaves, project_folder, settle

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: How long the panel waits for an answer before it says that there is none.
PATIENCE_MS = 240_000

OTHERS = """\
print(bureau.policy()["min_persons"], end=" ")
get_ipython().run_line_magic("bureau_check", "par_age").verdict"""


async def test_a_cell_gets_the_verdict_a_mend_and_the_way_to_submit(world: World, ana: WorkbenchClient) -> None:
    cells = nbformat.read(notebook_path(find_template("du-refus-a-la-sortie")), as_version=4).cells
    shown = []
    async with ana.kernel(PROJECT) as kernel:
        for cell in cells:
            if cell.cell_type == "code":
                done = await kernel.execute(cell.source)
                assert done.status == "ok", done.error
                shown.append(done)
        others = await kernel.execute(OTHERS)
        assert others.text == "11 'block'", (others.text, others.error)
    assert any('class="bureau-block"' in output.data.get("text/html", "") for each in shown for output in each.outputs)
    said = json.loads(shown[-1].text.splitlines()[0])
    verdict, path = said["apres"], said["fichier"]
    assert said["avant"] == "block"
    assert verdict != "block"
    assert said["lien"].startswith(f"{world.settings.public_url}/services/bureau/exports/new?project={PROJECT}&file=")
    body = {
        "project": PROJECT,
        "title": "Âges",
        "purpose": "Rapport",
        "files": [path],
        "kind": "table",
        "context": "Personnes par classe d'âge",
    }
    request = (await ana.api("POST", "/exports", body))["id"]
    submitted = await ana.api("POST", f"/exports/{request}/submit", {})
    assert submitted["state"] == "submitted"
    await ana.api("POST", f"/exports/{request}/withdraw", {})
    await settle(world)
    asked = [json.loads(leaf)["subject"].get("verb") for leaf in leaves(world) if b'"in a notebook"' in leaf]
    assert asked.count(None) >= 4  # the table, its mend, the figure, the magic
    assert {"mend", "policy"} <= set(asked)


async def test_the_panel_goes_from_refused_to_the_portals_form(
    world: World, people: People, pictures: Path | None
) -> None:
    folder = project_folder(world.settings, PROJECT) / "exports"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    (folder / "panneau.csv").write_text("age,patients\n0-20,4\n21-40,120\n41-60,230\n61-80,310\n")
    await world.open(ANALYST.username, PROJECT)
    visitor = await people.arrive(ANALYST.username)
    page = visitor.page
    await page.goto(visitor.lab(PROJECT))
    await page.locator('li[data-id="bureau-desk-panel"]').click()
    panel = page.locator("#bureau-desk-panel")
    file = panel.locator(".bureau-file", has_text="panneau.csv")
    await file.get_by_role("button", name="Contrôler").click()
    await expect(panel.get_by_role("status")).to_have_text("Contrôle terminé.", timeout=PATIENCE_MS)
    await file.locator("td.bureau-block", has_text="4").wait_for()
    rules = panel.locator(".bureau-rules")
    await rules.locator("summary").click()
    await rules.get_by_text("Pas deux contributeurs au-dessus de 90 % d'une somme.").wait_for()
    await rules.locator("summary").click()
    await file.get_by_role("button", name="Regrouper des classes").click()
    mended = panel.locator(".bureau-file", has_text="panneau-corrige.csv")
    await mended.get_by_role("link", name="Soumettre").wait_for()
    await visitor.picture(pictures, "panel.png")
    async with page.expect_popup() as opened:
        await mended.get_by_role("link", name="Soumettre").click()
    form = await opened.value
    assert await form.locator('input[value="exports/panneau-corrige.csv"]').is_checked()
    assert people.troubles() == []
