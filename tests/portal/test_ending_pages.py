"""The page of a project's end: who sees it, who decides, the certificate; and the page in a browser."""

import io
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.endings.certificate import certifier, verify
from hub_extensions.endings.copies import FrozenCopies, QuarantinedFiles, busy
from hub_extensions.exports import drafting, submitting
from hub_extensions.exports import reviewing as returning
from hub_extensions.exports.requests import ExportRequest
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.imports import composing
from hub_extensions.imports.acting import By, load
from hub_extensions.imports.composing import Target
from hub_extensions.portal.testing import ADA, ANA, AUD, BEN, NOW, OTHER, PAUL, PROJECT, SETUP, World
from project_spaces.endings.beginning import begin_ends, end_project
from project_spaces.endings.carrying import carry_ends, statement
from project_spaces.endings.remains import Remains
from project_spaces.endings.settling import confirm, propose
from project_spaces.errors import Invalid
from project_spaces.facts import MemberRole
from project_spaces.memberships import grant_membership
from project_spaces.notifications import notifications
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.records.ends import Fate, ProjectEnd
from tests.portal.accessibility import in_both_languages
from tests.portal.conftest import Opener
from tests.portal.test_access import token
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
    desks = (FrozenCopies(portal.desk), QuarantinedFiles(portal.imports))
    remains = Remains(portal.layout, world.home / "keys", world.home / "archives", busy=busy, desks=desks)
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


def _import(world: World, author: str, project: str, name: str, data: bytes) -> str:
    desk, by = world.portal.imports, By(author, NOW)
    number = composing.create(desk, Target(project), "Registre", by)
    with composing.receiving(desk, number, name, by) as part:
        part.write_bytes(data)
    return number


def _bytes_on_disk(world: World, secret: bytes) -> list[str]:
    return [str(each) for each in world.home.rglob("*") if each.is_file() and secret in each.read_bytes()]


@pytest.mark.parametrize("fate", [Fate.DELETE, Fate.ARCHIVE])
async def test_nothing_of_an_ended_project_stays_in_quarantine_or_among_the_copies_of_the_desk(
    world: World, ledger: MemoryLedger, fate: Fate
) -> None:
    """Bytes that never came in and copies that never left go with the project, counted, recorded and told."""
    secret, portal = b"SECRET-OF-THE-PROJECT", world.portal
    window = {"starts_at": NOW, "ends_at": NOW + 9 * DAY, "actor": SETUP, "now": NOW}
    create_project(portal.store, slug="third", title="Third", purpose="p", quota=Quota(), **window)
    grant_membership(portal.store, person=BEN, project="third", **window)
    sent = _import(world, ANA, PROJECT, "a.csv", b"n\n" + secret)
    both = _import(world, ANA, PROJECT, "b.csv", b"n\nthe same in two projects")
    elsewhere = _import(world, BEN, "third", "b.csv", b"n\nthe same in two projects")
    world.write("resultats/table.csv", b"a;b\n" + secret)
    asked = drafting.create(portal.desk, project=PROJECT, title="Tableaux", purpose="p", actor=ANA, now=NOW)
    drafting.add_file(portal.desk, asked, "resultats/table.csv", DECLARATION, actor=ANA, now=NOW)
    submitting.submit(portal.desk, asked, actor=ANA, now=NOW)
    returning.return_(portal.desk, asked, message="Précisez.", actor=ADA, now=NOW)
    end_project(portal.store, PROJECT, reason="fini", actor=SETUP, now=NOW)
    until = None if fate is Fate.DELETE else NOW + 400 * DAY
    second = second_administrator(world)
    propose(portal.store, PROJECT, fate, reason="fini", until=until, actor=PAUL, now=NOW)
    confirm(portal.store, PROJECT, actor=second, now=NOW)
    assert len(_bytes_on_disk(world, secret)) == 3
    world.clock.now += 31 * DAY
    carry(world)
    with portal.store.read() as session:
        end = session.get_one(ProjectEnd, PROJECT)
        states = {number: str(load(session, number).state) for number in (sent, both, elsewhere)}
        assert session.get_one(ExportRequest, asked).state is State.WITHDRAWN
        told = [each.text.fr for each in notifications(session, ANA)]
    assert states == {sent: "withdrawn", both: "withdrawn", elsewhere: "draft"}
    assert {(e.kind, e.subject["change"]) for e in ledger.events if e.subject.get("change") == "project ended"} == {
        (Kind.EXPORT_WITHDRAWN, "project ended"),
        (Kind.IMPORT_WITHDRAWN, "project ended"),
    }
    assert any("import vers" in each for each in told)
    assert (end.places or {})["quarantine"] == 1
    assert (end.places or {})["export-copies"] == 1
    if fate is Fate.DELETE:
        assert _bytes_on_disk(world, secret) == []
        assert len(_bytes_on_disk(world, b"the same in two")) == 1
        assert statement(session, end)["deleted"]["files_by_place"] == end.places


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
    for step in ("frozen", "proposed"):
        assert await in_both_languages(page, world.address, HERE) == {}, step
        if step == "frozen":
            await page.goto(f"{world.address}{HERE}?lang=fr")
            await page.select_option("#d-fate", "archive")
            await page.fill("#d-until", "2030-01-31")
            await page.fill("#d-why", "valorisation à venir")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("text=À confirmer")
    other = await open_as(second)
    await other.goto(world.address + HERE)
    await other.get_by_role("button", name="Confirmer").click()
    await other.wait_for_selector("text=Décidée")
