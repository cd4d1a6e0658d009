"""Acts at the export desk: a small count is blocked, corrected, reviewed by two, released, downloaded."""

import hashlib
import io
import json
import zipfile

from hub_extensions.demo.cast import ANALYST, OTHER_ANALYST, REVIEWERS
from hub_extensions.demo.play import Play, hold, refused
from hub_extensions.demo.scenery import PROJECT

TABLE = "exports/ages.csv"
WRITE = """
import os, pathlib
folder = pathlib.Path(os.environ.get("BUREAU_PROJECT", "/project")) / "exports"
folder.mkdir(exist_ok=True)
(folder / "ages.csv").write_text({text!r})
"""
SMALL = "age,sejours,patients\n[0-50),1204,310\n[50-80),5310,1420\n[80-100),9,3\n"
CORRECTED = "age,sejours,patients\n[0-50),1204,310\n[50-100),5319,1423\n"


async def blocked(play: Play) -> str:
    """A table with a cell of three patients can't even be submitted."""
    ana = await play.client(ANALYST.username)
    await _write(play, SMALL)
    body = {
        "project": PROJECT,
        "title": "Séjours par âge",
        "purpose": "Tableau du rapport annuel",
        "files": [TABLE],
        "kind": "table",
        "context": "Effectifs par classe d'âge, jeu diabetes130",
    }
    request = (await ana.api("POST", "/exports", body))["id"]
    play.props["request"] = request
    verdict = await ana.api("POST", f"/exports/{request}/submit", {})
    (file,) = verdict["files"]
    hold(file["verdict"] == "block", f"verdict : {file['verdict']}", f"verdict: {file['verdict']}")
    blocks = [finding for finding in file["findings"] if finding["severity"] == "block"]
    return f"{TABLE}: block at {blocks[0]['where']}: «{blocks[0]['message']['fr']}»"


async def corrected(play: Play) -> str:
    """Classes are merged; the same request passes the checks and goes to the reviewers."""
    ana = await play.client(ANALYST.username)
    await _write(play, CORRECTED)
    verdict = await ana.api("POST", f"/exports/{play.props['request']}/submit", {})
    hold(verdict["files"][0]["verdict"] != "block", "toujours bloqué", "still blocked")
    own = await refused(_vote(play, ANALYST.username), 403, 404)
    stranger = await refused(_vote(play, OTHER_ANALYST.username), 403, 404)
    hold(own and stranger, "", "")
    return f"{TABLE}: {verdict['files'][0]['verdict']}, state {verdict['state']}; author and outsider may not vote"


async def reviewed(play: Play) -> str:
    """Two reviewers from outside the project vote, blind to each other; the second vote releases."""
    first = await _vote(play, REVIEWERS[0].username)
    other = await play.client(REVIEWERS[1].username)
    seen = json.dumps((await other.api("GET", f"/exports/{play.props['request']}"))["files"])
    hold(f'"{REVIEWERS[0].username}"' not in seen, "le premier vote se voit", "the first vote shows")
    state = await _vote(play, REVIEWERS[1].username)
    hold(state == "released", f"état : {state}", f"state: {state}")
    return f"{REVIEWERS[0].username}: approve ({first}), {REVIEWERS[1].username}: approve, blind; state: {state}"


async def downloaded(play: Play) -> str:
    """The named recipient fetches a signed package; nobody else can."""
    ana = await play.client(ANALYST.username)
    detail = await ana.api("GET", f"/exports/{play.props['request']}")
    link = next(each["id"] for each in detail["links"] if each["recipient"] == ANALYST.username)
    stranger = await play.client(OTHER_ANALYST.username)
    await refused(stranger.api("POST", f"/downloads/{link}", {}), 403, 404)
    package = await ana.api("POST", f"/downloads/{link}", {})
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        names = archive.namelist()
        table = next(name for name in names if name.endswith("ages.csv"))
        hold(b"1423" in archive.read(table), "autre contenu", "other content")
    left = (await ana.api("GET", f"/exports/{play.props['request']}"))["links"]
    digest = hashlib.sha256(package).hexdigest()[:16]
    proofs = sum(name.endswith(".tlog-proof") for name in names)
    return f"{len(package)} bytes, SHA-256 {digest}…, signed, with {proofs} ledger proofs and {table}; {_uses(left)}"


def _uses(links: list[dict[str, object]]) -> str:
    return "; ".join(f"{link['recipient']}, {link['used']} of {link['max']} used" for link in links)


async def _vote(play: Play, username: str) -> str:
    client = await play.client(username)
    request = play.props["request"]
    detail = await client.api("GET", f"/exports/{request}")
    state = ""
    for file in detail["files"]:
        body = {"file_id": file["id"], "verdict": "approve"}
        state = (await client.api("POST", f"/exports/{request}/votes", body))["state"]
    return state


async def _write(play: Play, text: str) -> None:
    ana = await play.client(ANALYST.username)
    async with ana.kernel(PROJECT) as kernel:
        done = await kernel.execute(WRITE.format(text=text))
    hold(done.status == "ok", done.error, done.error)
