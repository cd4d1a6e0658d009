"""The act of linkage: claims and hospital stays joined out of sight, delivered to one project under its pseudonyms."""

import asyncio
from datetime import UTC, datetime

from hub_extensions.commands.link import linkages_of
from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST
from hub_extensions.demo.play import Play, hold
from hub_extensions.demo.scenery import INSTALLATION, PROJECT, habilitate
from hub_extensions.engine.progress import Silent
from hub_extensions.installation.opening import open_store
from hub_extensions.linkage.delivery import Outcome, deliver

LINKED = "snds-lie"
SPEC = f"""
linkage: prestations-sejours
project: {PROJECT}
left: {{dataset: snds-dcir, table: ER_PRS_F, keep: [EXE_SOI_DTD, PRS_NAT_REF, PRS_PAI_MNT]}}
right: {{dataset: snds-pmsi-mco, table: T_MCOaaC, keep: [ETA_NUM, RSA_NUM, SOR_ANN]}}
rule: {{kind: exact, compare: [[BEN_NIR_PSA, NIR_ANO_17]]}}
output: {{dataset: {LINKED}, title: {{fr: Prestations et séjours, en: Claims and stays}}}}
"""
COUNT = f"""
import pandas as pd, pathlib
folder = pathlib.Path("/data/{LINKED}")
persons = pd.read_parquet(folder / "persons_linked.parquet")
columns = {{c for f in folder.glob("*.parquet") for c in pd.read_parquet(f).columns}}
print(len(persons), sorted(columns & {{"BEN_NIR_PSA", "NIR_ANO_17"}}))
"""


async def link(play: Play) -> str:
    """The linkage runs in its own container; its result is mounted for the habilitated analyst."""
    if play.settings.spawner == "local":
        return "not played: the partitioned space needs a container engine"
    outcome = await asyncio.to_thread(_deliver, play)
    hold(outcome.delivered, "non livré", "not delivered")
    claire, ana = await play.client(ADMINISTRATOR.username), await play.client(ANALYST.username)
    await habilitate(claire, PROJECT, ANALYST.username, LINKED)
    await ana.stop_workspace(PROJECT)
    await ana.start_workspace(PROJECT)
    async with ana.kernel(PROJECT) as kernel:
        result = await kernel.execute(COUNT)
    hold(result.text.strip() == "1001 []", f"inattendu : {result.text}{result.error}", f"unexpected: {result.text}")
    return f"{LINKED} {outcome.version}: 1001 persons under this project's pseudonyms, no identifier; mounted read-only"


def _deliver(play: Play) -> Outcome:
    store = open_store(play.settings)
    return deliver(
        linkages_of(play.settings, store, Silent()), SPEC, actor=INSTALLATION, clock=lambda: datetime.now(UTC)
    )
