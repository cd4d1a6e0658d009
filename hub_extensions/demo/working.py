"""Acts of an analyst at work: two factors, a sealed workspace, a cell, and everything that is not to be had."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import aiohttp

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST, AUDITOR, OTHER_ANALYST
from hub_extensions.demo.play import Play, hold, refused
from hub_extensions.demo.scenery import NOT_HERS, OPEN_DATA, PROJECT, habilitate
from hub_extensions.notebooks.catalogue import find_template
from hub_extensions.notebooks.jobs import run_template
from hub_extensions.workspaces.book import WorkspaceBook
from project_spaces.errors import Unavailable

LOOK = """
import json, os, pathlib
root = pathlib.Path(os.environ.get("BUREAU_DATA", "/data"))
print(json.dumps({"seen": sorted(p.name for p in root.iterdir())}))
"""
ANALYSE = """
import os, pandas as pd
data = pd.read_parquet(os.environ.get("BUREAU_DATA", "/data") + "/diabetes130/diabetes130.parquet")
print(len(data), data["patient_nbr"].nunique(), round(100 * (data["readmitted"] == "<30").mean(), 2))
"""
REACH_OUT = """
import os, socket, urllib.request
got = []
for name, attempt in {
    "internet": lambda: socket.create_connection(("192.0.2.1", 443), 2),
    "hub": lambda: urllib.request.urlopen("http://127.0.0.1:HUB/hub/api", timeout=2),
    "engine": lambda: os.stat("/var/run/docker.sock"),
    "planting data": lambda: open("/data/diabetes130/planted", "w"),
}.items():
    try: attempt(); got.append(name)
    except OSError: pass
print(got or "nothing")
"""


async def sign_in(play: Play) -> str:
    """A wrong code is refused; the right one lets in, once."""
    wrong = play.players.client(ANALYST.username, code=lambda: "000000")
    try:
        said = await refused(wrong.sign_in(), 403)
    finally:
        await wrong.session.close()
    await play.client(ANALYST.username)
    return f"wrong code: «{said.text.fr}»; password and one-time code: signed in as {ANALYST.username}"


async def open_workspace(play: Play) -> str:
    """The workspace starts with what its person is habilitated for, and nothing else."""
    ana = await play.client(ANALYST.username)
    state = await ana.start_workspace(PROJECT)
    async with ana.kernel(PROJECT) as kernel:
        seen = json.loads((await kernel.execute(LOOK)).text)["seen"]
    hold(OPEN_DATA in seen, f"{OPEN_DATA} n'est pas monté", f"{OPEN_DATA} is not mounted")
    hold(NOT_HERS not in seen, f"{NOT_HERS} est monté", f"{NOT_HERS} is mounted")
    return f"state: {state['state']}; in /data: {', '.join(seen)}; {NOT_HERS} is absent (no habilitation)"


async def run_a_cell(play: Play) -> str:
    """A kernel computes on the mounted data, and the ledger has the message."""
    ana = await play.client(ANALYST.username)
    async with ana.kernel(PROJECT) as kernel:
        result = await kernel.execute(ANALYSE)
    hold(result.status == "ok", result.error, result.error)
    hold(
        result.text.split() == ["101766", "71518", "11.16"], f"inattendu : {result.text}", f"unexpected: {result.text}"
    )
    lucie = await play.client(AUDITOR.username)
    found = await lucie.api("GET", f"/audit?kind=kernel.message&person={ANALYST.username}&limit=1")
    hold(found["entries"], "le journal n'a pas le message", "the ledger does not have the message")
    encounters, patients, rate = result.text.split()
    return f"{encounters} encounters, {patients} patients, readmitted within 30 days: {rate} %; entry in the ledger"


async def reach_out(play: Play) -> str:
    """A cell tries what it must not reach; a download is refused by the gateway."""
    ana = await play.client(ANALYST.username)
    results = []
    if play.settings.spawner != "local":
        async with ana.kernel(PROJECT) as kernel:
            got = (await kernel.execute(REACH_OUT.replace("HUB", str(play.settings.hub_port)))).text.strip()
        hold(got == "nothing", f"obtenu : {got}", f"got: {got}")
        results.append("network, hub, engine, writing to data: nothing")
    else:
        results.append("not played: plain processes are not sealed")
    url = ana.server(PROJECT) + "files/projet/exports/x.csv"
    async with ana.session.get(url, headers={"Accept": "application/json"}) as answer:
        said = (await answer.json(content_type=None))["detail"]["fr"]
        hold(answer.status == 403, f"téléchargement : {answer.status}", f"download: {answer.status}")
    return "; ".join([*results, f"download: 403 «{said}»"])


async def visit_a_stranger(play: Play) -> str:
    """Another analyst can't enter the workspace, and sees another project's data only."""
    bruno = await play.client(OTHER_ANALYST.username)
    ana = await play.client(ANALYST.username)
    said = await refused(bruno.start_workspace(PROJECT), 403)
    async with bruno.session.get(ana.server(PROJECT) + "api/status") as answer:
        hold(answer.status in {403, 404}, f"entré : {answer.status}", f"entered: {answer.status}")
    return f"{OTHER_ANALYST.username} is refused: «{said.text.fr}»"


async def run_the_template(play: Play) -> str:
    """The readmission notebook runs cell by cell through the gateway."""
    ana = await play.client(ANALYST.username)
    run_id = f"{datetime.now(UTC):%Y%m%dt%H%M%S}"
    done = await run_template(ana, PROJECT, find_template("readmission-30j"), {"source": OPEN_DATA}, run_id=run_id)
    play.props["outputs"] = done.outputs
    return f"{done.saved_as}; wrote {', '.join(done.outputs)}"


async def cut_a_live_session(play: Play) -> str:
    """A habilitation is withdrawn while its person works: the connection closes, the workspace ends."""
    claire, ana = await play.client(ADMINISTRATOR.username), await play.client(ANALYST.username)
    await habilitate(claire, PROJECT, ANALYST.username, OPEN_DATA)
    await ana.start_workspace(PROJECT)
    page = await claire.api("GET", f"/admin/projects/{PROJECT}")
    held = next(row["id"] for row in page["habilitations"] if row["dataset"] == OPEN_DATA and row["state"] == "current")
    async with ana.kernel(PROJECT) as kernel:
        await kernel.execute("1 + 1")
        begun = time.monotonic()
        body = {"habilitation_id": held, "reason": "Démonstration de la coupure"}
        await claire.api("DELETE", f"/admin/projects/{PROJECT}/habilitations", body)
        closed, said = await _closed_after(kernel.receive, begun)
    stopped = await _stopped_after(play, begun)
    refusal = await refused(_cell(ana), 403, 404, 503)
    await habilitate(claire, PROJECT, ANALYST.username, OPEN_DATA)
    times = f"connection closed after {closed:.2f} s, workspace ended after {stopped:.2f} s"
    return f"{times}; «{said}»; then: {refusal.text.fr}"


async def _closed_after(receive: Callable[[], Awaitable[object]], begun: float) -> tuple[float, str]:
    async with asyncio.timeout(10):
        while True:
            try:
                await receive()
            except (Unavailable, aiohttp.ClientError) as error:
                return time.monotonic() - begun, error.text.fr if isinstance(error, Unavailable) else repr(error)


async def _stopped_after(play: Play, begun: float) -> float:
    book = WorkspaceBook.of(play.settings)
    async with asyncio.timeout(30):
        while await asyncio.to_thread(book.open_workspace, ANALYST.username, PROJECT) is not None:
            await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def _cell(ana: WorkbenchClient) -> None:
    async with ana.kernel(PROJECT) as kernel:
        await kernel.execute("1 + 1")
