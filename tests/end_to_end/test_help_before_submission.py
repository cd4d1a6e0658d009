"""From a refused table to a submitted request, asked from where people work: a cell, and JupyterLab's panel."""

import json
from pathlib import Path

import pytest

from hub_extensions.client import WorkbenchClient
from hub_extensions.demo.cast import ANALYST
from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end.people import People
from tests.end_to_end.world import World, leaves, project_folder, settle

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHECK = """\
import bureau
import pandas as pd
from matplotlib.figure import Figure

sejours = pd.read_parquet("/data/diabetes130/diabetes130.parquet")
compte = bureau.table(
    sejours, "age", agg="persons", dataset="diabetes130", person="patient_nbr",
    where={"gender": "Male", "admission_type_id": 3},
)
refuse = bureau.check(compte, name="aide-ages")
print(refuse.verdict)
refuse"""
MEND = """\
corrige = refuse.mend("merge")
print(corrige.verdict, corrige.path)
print(corrige.submit())"""
OTHERS = """\
figure = Figure()
figure.add_subplot().bar(["a", "b"], [120, 130])
print(bureau.check(figure).verdict, bureau.policy()["min_persons"])
get_ipython().run_line_magic("bureau_check", "compte").verdict"""


async def test_a_cell_gets_the_verdict_a_mend_and_the_way_to_submit(world: World, ana: WorkbenchClient) -> None:
    async with ana.kernel(PROJECT) as kernel:
        refused = await kernel.execute(CHECK)
        assert refused.text.startswith("block"), (refused.text, refused.error)
        shown = refused.outputs[-1]["data"]["text/html"]
        assert 'class="bureau-block"' in shown
        mended = await kernel.execute(MEND)
        verdict, path, address = mended.text.split()
        assert verdict != "block"
        assert address.startswith(f"{world.settings.public_url}/services/bureau/exports/new?project={PROJECT}&file=")
        others = await kernel.execute(OTHERS)
        assert others.text.split()[:2] == ["flag", "11"], (others.text, others.error)
        assert "'block'" in others.text
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
    tried = [json.loads(leaf) for leaf in leaves(world) if b'"tried"' in leaf]
    assert {"block", verdict} <= {leaf["subject"].get("verdict") for leaf in tried}


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
    await file.locator("td.bureau-block", has_text="4").wait_for()
    await file.get_by_role("button", name="Regrouper des classes").click()
    mended = panel.locator(".bureau-file", has_text="panneau-corrige.csv")
    await mended.get_by_role("link", name="Soumettre").wait_for()
    await visitor.picture(pictures, "panel.png")
    async with page.expect_popup() as opened:
        await mended.get_by_role("link", name="Soumettre").click()
    form = await opened.value
    assert await form.locator('input[value="exports/panneau-corrige.csv"]').is_checked()
    assert people.troubles() == []
