"""A researcher's refused table, mended at one click in a real browser, goes all the way to its release."""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from audit.testing import MemoryLedger
from hub_extensions.exports import drafting, reviewing
from hub_extensions.exports.checking import standard_checker
from hub_extensions.exports.details import detail
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.exports.voting import Ballot
from hub_extensions.portal.testing import ADA, ANA, BEA, BEN, NOW, PROJECT, World, open_world
from tests.portal.conftest import Opener, in_the_room

REFUSED = b"dep,H,F,Total\n75,120,110,230\n92,7,150,157\n93,80,120,200\n94,60,15,75\nTotal,267,395,662\n"


@in_the_room
async def world(populated: Path, tmp_path: Path, ledger: MemoryLedger) -> AsyncIterator[World]:
    """A portal whose desk runs the product's own checks."""
    shutil.copyfile(populated, tmp_path / "bureau.sqlite")
    async with open_world(tmp_path, ledger, checker=standard_checker) as made:
        yield made


def draft(world: World) -> str:
    desk, at = world.portal.desk, {"actor": ANA, "now": NOW}
    world.write("sexe.csv", REFUSED)
    described = {"dataset": "sejours", "dimensions": ["dep"], "measure": "count"}
    world.write("sexe.csv.table.json", json.dumps(described).encode())
    request = drafting.create(desk, project=PROJECT, title="Par sexe", purpose="Article", **at)
    drafting.add_file(desk, request, "sexe.csv", DECLARATION, **at)
    return request


async def test_from_refused_to_released_by_one_click(world: World, open_as: Opener, tmp_path: Path) -> None:
    request = draft(world)
    page = await open_as(ANA, accept_downloads=True)
    page.set_default_timeout(120_000)
    await page.goto(f"{world.address}exports/{request}")
    await page.get_by_role("button", name="Déposer la demande").click()
    await page.get_by_text("Rien n'est parti").wait_for()
    await page.get_by_role("button", name="Masquer (secret secondaire compris)").click()
    await page.get_by_text("Le fichier corrigé a pris la place de l'ancien").wait_for()
    assert await page.get_by_role("heading", name="sexe-corrige.csv").count() == 1
    await page.get_by_role("button", name="Déposer la demande").click()
    await page.get_by_text("Demande déposée : les fichiers").wait_for()
    (file,) = detail(world.portal.desk, request, ANA, now=NOW)["files"]
    for reviewer in (ADA, BEA):
        reviewing.vote(world.portal.desk, request, file["id"], Ballot.APPROVE, actor=reviewer, now=NOW)
    await page.goto(f"{world.address}exports")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Télécharger").click()
    package = tmp_path / "package.zip"
    await (await waiting.value).save_as(package)
    with zipfile.ZipFile(package) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("files/sexe-corrige.csv").decode())))
    assert rows[2][1:3] == ["< 11", "s."]
    assert world.portal.project_dir(PROJECT).joinpath("sexe.csv").read_bytes() == REFUSED
    assert world.portal.project_dir(PROJECT).joinpath("sexe-corrige.csv.table.json").exists()


async def test_only_the_author_mends_and_a_link_is_not_followed(world: World, client: aiohttp.ClientSession) -> None:
    """A file that its author replaced by a link out of the folder gives nothing, and nobody else may mend."""
    request = draft(world)
    (file,) = detail(world.portal.desk, request, ANA, now=NOW)["files"]
    body = {"file_id": file["id"], "mend": "suppress"}
    address = f"{world.api}/exports/{request}/mends"
    async with client.post(address, json=body, headers={"Authorization": f"Bearer token-{BEN}"}) as answer:
        assert answer.status in {403, 404}
    secret = world.home / "secret.csv"
    secret.write_bytes(REFUSED)
    own = world.portal.project_dir(PROJECT) / "sexe.csv"
    own.unlink()
    own.symlink_to(secret)
    async with client.post(address, json=body, headers={"Authorization": f"Bearer token-{ANA}"}) as answer:
        assert answer.status == 403
    assert [each["id"] for each in detail(world.portal.desk, request, ANA, now=NOW)["files"]] == [file["id"]]
    assert not own.with_name("sexe-corrige.csv").exists()
