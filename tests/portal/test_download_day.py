"""A recipient fetches a package in a real browser, and loses it half-way when it is revoked."""

import asyncio
import hashlib
import zipfile
from pathlib import Path

import aiohttp
import pytest

from hub_extensions.exports import downloads, drafting, reviewing, submitting
from hub_extensions.exports.details import detail
from hub_extensions.exports.packaging import verify
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.exports.views import received
from hub_extensions.exports.voting import Ballot
from hub_extensions.portal.testing import ADA, ANA, BEA, BEN, NOW, PAUL, PROJECT, World
from tests.portal.conftest import Opener


def released(world: World, data: bytes) -> str:
    """A package for Ben, out."""
    desk, at = world.portal.desk, {"actor": ANA, "now": NOW}
    world.write("rate.csv", data)
    request = drafting.create(desk, project=PROJECT, title="Pour Ben", purpose="Article", recipients=[BEN], **at)
    file = drafting.add_file(desk, request, "rate.csv", DECLARATION, **at)
    submitting.submit(desk, request, **at)
    for reviewer in (ADA, BEA):
        reviewing.vote(desk, request, file, Ballot.APPROVE, actor=reviewer, now=NOW)
    return request


def noise(size: int) -> bytes:
    """Bytes that do not compress, and none of the capital letters that the checker of this bench understands."""
    return b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(size // 64)).lower()


async def count_rest(answer: aiohttp.ClientResponse, sizes: list[int]) -> None:
    """Note the size of each piece that still comes."""
    while chunk := await answer.content.readany():
        sizes.append(len(chunk))


async def test_a_recipient_downloads_and_verifies(world: World, open_as: Opener, tmp_path: Path) -> None:
    request = released(world, b"age,n\n40,120\n")
    page = await open_as(BEN, accept_downloads=True)
    await page.goto(f"{world.address}exports")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Télécharger").click()
    package = tmp_path / "package.zip"
    await (await waiting.value).save_as(package)
    assert verify(package, world.portal.desk.signer.public_pem)["request"] == request
    with zipfile.ZipFile(package) as archive:
        assert archive.read("files/rate.csv") == b"age,n\n40,120\n"
    assert received(world.portal.desk, BEN, now=NOW)[0]["used"] == 1


async def test_a_revocation_breaks_the_browsers_download_off(world: World, open_as: Opener) -> None:
    """TRAPS A12 through a real browser: the download fails, and the page offers nothing any more."""
    request = released(world, noise(15 << 20))
    page = await open_as(BEN, accept_downloads=True)
    await page.goto(f"{world.address}exports")
    sent, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    genuine = world.portal.desk.store.revision
    looks = 0

    def revision() -> int:
        nonlocal looks
        looks += 1
        if looks == 8:  # 2 MiB are on their way
            loop.call_soon_threadsafe(sent.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(20)
        return genuine()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.portal.desk.store, "revision", revision)
        async with page.expect_download() as waiting:
            await page.get_by_role("button", name="Télécharger").click()
            await asyncio.wait_for(sent.wait(), 20)
        author = await open_as(ANA)
        await author.goto(f"{world.address}exports/{request}")
        await author.get_by_text("Révoquer", exact=True).click()
        await author.fill("#r-message", "Effectif faux.")
        await author.press("#r-message", "Enter")
        await author.get_by_text("Sortie révoquée.").wait_for()
        go_on.set()
        assert await (await waiting.value).failure() is not None
    await page.goto(f"{world.address}exports")
    assert await page.get_by_role("button", name="Télécharger").count() == 0
    assert detail(world.portal.desk, request, ANA, now=NOW)["state"] == "revoked"


async def test_bytes_stop_and_the_connection_is_closed(world: World, client: aiohttp.ClientSession) -> None:
    """The same by a program that counts: fewer bytes than promised, and the link is dead afterwards."""
    request = released(world, noise(15 << 20))
    link = received(world.portal.desk, BEN, now=NOW)[0]["id"]
    address, headers = f"{world.api}/downloads/{link}", {"Authorization": f"Bearer token-{BEN}"}
    async with client.post(address, headers=headers) as answer:
        promised, got = int(answer.headers["Content-Length"]), 0
        got += len(await answer.content.readexactly(downloads.CHUNK))
        await asyncio.to_thread(
            downloads.revoke, world.portal.desk, request, actor=ANA, now=NOW, message="Effectif faux."
        )
        rest: list[int] = []
        with pytest.raises(aiohttp.ClientPayloadError):
            await count_rest(answer, rest)
        got += sum(rest)
    assert got < promised
    async with client.post(address, headers=headers) as answer:
        assert answer.status == 409


async def test_what_was_fetched_and_recalled_is_attested_by_its_recipient(world: World, open_as: Opener) -> None:
    desk, request = world.portal.desk, released(world, b"age,n\n40,120\n")
    link = received(desk, BEN, now=NOW)[0]["id"]
    b"".join(downloads.open_download(desk, link, actor=BEN, clock=world.clock).chunks)
    downloads.revoke(desk, request, actor=ANA, now=NOW, message="Effectif faux.")
    register = await open_as(PAUL)
    await register.goto(f"{world.address}admin/recalls")
    await register.get_by_text("attestation attendue").wait_for()
    recipient = await open_as(BEN)
    await recipient.goto(f"{world.address}notifications")
    await recipient.get_by_text("est rappelée : détruisez-la").first.wait_for()
    await recipient.goto(f"{world.address}exports/{request}")
    await recipient.fill("#at-message", "Effacé du poste, corbeille vidée.")
    await recipient.get_by_role("button", name="Attester").click()
    await recipient.get_by_text("Attestation enregistrée.").wait_for()
    await register.reload()
    said = await register.inner_text("main")
    assert "attestation attendue" not in said
    assert "Effacé du poste, corbeille vidée." in said
