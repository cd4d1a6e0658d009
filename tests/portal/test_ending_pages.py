"""The page of a project's end: who sees it, who decides, the certificate; and the page in a browser."""

import io
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from audit.testing import MemoryLedger
from hub_extensions.endings.certificate import certifier, verify
from hub_extensions.endings.copies import busy, dropper
from hub_extensions.portal.testing import ADA, AUD, BEN, NOW, OTHER, PAUL, PROJECT, SETUP, World
from project_spaces.endings.beginning import begin_ends
from project_spaces.endings.carrying import carry_ends
from project_spaces.endings.remains import Remains
from project_spaces.errors import Invalid
from project_spaces.facts import MemberRole
from project_spaces.memberships import grant_membership
from tests.portal.conftest import Opener
from tests.portal.test_access import token
from tests.portal.test_browser import violations
from tests.portal.test_pages import Browser
from tests.portal.test_people_pages import second_administrator

DAY = timedelta(days=1)
HERE = f"projects/{PROJECT}/end"


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


def carry(world: World) -> None:
    portal = world.portal
    remains = Remains(
        portal.layout, world.home / "keys", world.home / "archives", busy=busy, drop_copies=dropper(portal.desk)
    )
    prove = lambda events: {f"proofs/{each}.tlog-proof": b"proof" for each in events}  # noqa: E731
    carry_ends(portal.store, remains, certifier(portal.desk.signer, prove, "CHU"), now=world.clock.now)


async def test_from_the_end_to_the_certificate(
    browser: Browser, world: World, ledger: MemoryLedger, tmp_path: Path
) -> None:
    second = second_administrator(world)
    world.write("resultats/table.csv", b"a;b\n1;2\n")
    await browser.sign_in(PAUL)
    await browser.send(HERE, act="finish", reason="étude terminée")
    page = await browser.get(HERE)
    assert "Gelé" in page
    assert "étude terminée" in page
    await browser.send(HERE, act="settle", fate="delete", reason="plus utile")
    assert "À confirmer" in await browser.get(HERE)
    assert "auteur" in await browser.send(HERE, 403, act="confirm"), "nobody confirms what he proposed"
    await browser.sign_in(second)
    await browser.send(HERE, act="confirm")
    assert "Décidée" in await browser.get(HERE)
    world.clock.now += 31 * DAY
    carry(world)
    assert not world.portal.project_dir(PROJECT).exists()
    await browser.sign_in(AUD)
    assert "Télécharger le certificat" in await browser.get(HERE)
    package = await _download(browser)
    document = verify(io.BytesIO(package), world.portal.desk.signer.public_pem)
    assert document["deleted"]["files"] == 1
    assert document["decision"]["proposed_by"] == PAUL
    assert document["decision"]["confirmed_by"] == second
    _openssl_agrees(package, tmp_path)


async def _download(browser: Browser) -> bytes:
    async with browser.client.get(f"{browser.world.address}{HERE}/certificate") as answer:
        assert answer.status == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        return await answer.read()


def _openssl_agrees(package: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(folder)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "signing-key.pem", "-rawin"]
    files = ["-in", "certificate.json", "-sigfile", "certificate.json.sig"]
    subprocess.run([*command, *files], cwd=folder, check=True, capture_output=True)
    (folder / "certificate.json").write_bytes(
        (folder / "certificate.json").read_bytes().replace(b'"files": 1', b'"files": 2')
    )
    assert subprocess.run([*command, *files], cwd=folder, capture_output=True, check=False).returncode != 0


def test_a_certificate_that_was_changed_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from hub_extensions.endings.certificate import build
    from hub_extensions.exports.signing import Signer

    signer, other = Signer(Ed25519PrivateKey.generate()), Signer(Ed25519PrivateKey.generate())
    good = build({"project": {"identifier": "etude"}}, {"proofs/1.tlog-proof": b"p"}, signer)
    assert verify(io.BytesIO(good), signer.public_pem)["project"] == {"identifier": "etude"}
    with pytest.raises(Invalid):
        verify(io.BytesIO(good), other.public_pem)
    for change in ({"proofs/1.tlog-proof": b"q"}, {"more.txt": b"x"}, {"certificate.json": b"{}"}):
        with zipfile.ZipFile(io.BytesIO(good)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()} | change
        changed = io.BytesIO()
        with zipfile.ZipFile(changed, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        with pytest.raises(Invalid):
            verify(changed, signer.public_pem)
    with pytest.raises(Invalid):
        verify(io.BytesIO(b"no archive"), signer.public_pem)


@pytest.mark.parametrize("who", [BEN, ADA])
async def test_whom_it_does_not_concern_sees_nothing(browser: Browser, world: World, who: str) -> None:
    begin_ends(world.portal.store, now=NOW)
    await browser.sign_in(who)
    for path in (f"projects/{OTHER}/end", f"projects/{OTHER}/end/certificate"):
        async with browser.client.get(world.address + path) as answer:
            assert answer.status in {403, 404}, path


async def test_who_is_neither_lead_nor_outside_settler_neither_ends_nor_decides(
    world: World, client: aiohttp.ClientSession
) -> None:
    begin_ends(world.portal.store, now=NOW)
    calls = {
        f"/projects/{PROJECT}/end": {"reason": "x"},
        f"/projects/{OTHER}/end/decisions": {"fate": "delete", "reason": "x"},
        f"/projects/{OTHER}/end/confirmations": {},
    }
    for path, body in calls.items():
        async with client.post(world.api + path, json=body, headers=token(BEN)) as answer:
            assert answer.status == 403, path
            assert (await answer.json())["status"] == answer.status


async def test_the_page_in_a_browser(world: World, open_as: Opener) -> None:
    """Axe in both languages and schemes; a decision by keyboard, without script."""
    second = second_administrator(world)
    grant_membership(
        world.portal.store, person=ADA, project=PROJECT, role=MemberRole.LEAD, starts_at=NOW, ends_at=NOW + 9 * DAY,
        actor=SETUP, now=NOW,
    )  # fmt: skip
    lead = await open_as(ADA, java_script_enabled=False)
    await lead.goto(world.address + HERE)
    await lead.get_by_text("Clore le projet maintenant").click()
    await lead.fill("#e-why", "étude terminée")
    await lead.keyboard.press("Tab")
    await lead.keyboard.press("Enter")
    await lead.wait_for_selector("text=Gelé")
    page = await open_as(PAUL)
    found = {}
    for step in ("frozen", "proposed"):
        for language, scheme in (("fr", "light"), ("en", "dark")):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.goto(f"{world.address}{HERE}?lang={language}")
            found[f"{step} {language}"] = await violations(page)
        if step == "frozen":
            await page.goto(f"{world.address}{HERE}?lang=fr")
            await page.select_option("#d-fate", "archive")
            await page.fill("#d-until", "2030-01-31")
            await page.fill("#d-why", "valorisation à venir")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("text=À confirmer")
    assert {where: what for where, what in found.items() if what} == {}
    other = await open_as(second)
    await other.goto(world.address + HERE)
    await other.get_by_role("button", name="Confirmer").click()
    await other.wait_for_selector("text=Décidée")
