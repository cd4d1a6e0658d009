"""People without an account: what lets them in, and everything that must not (attacks on a link and its factor)."""

import re
import zipfile
from datetime import timedelta
from io import BytesIO

import aiohttp
import pyotp
import pytest

from audit.events import Kind
from hub_extensions.exports import drafting, reviewing, submitting
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import revoke
from hub_extensions.exports.outsiders import invite, open_outside_download
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.exports.voting import Ballot
from hub_extensions.imports import composing
from hub_extensions.imports.acting import By
from hub_extensions.imports.advancing import advance, state_of
from hub_extensions.imports.composing import Target
from hub_extensions.imports.states import State
from hub_extensions.outside import door
from hub_extensions.outside.access import Invitation, Outsider
from hub_extensions.portal.base import CONTENT_POLICY
from hub_extensions.portal.testing import ADA, ANA, BEA, BEN, PROJECT, SETUP, World
from project_spaces.errors import BureauError, Conflict
from project_spaces.facts import StopScope
from project_spaces.kill_switches import set_switch
from tests.portal.test_pages import Browser

LEA = Outsider("Léa Brun", "Revue Santé", "lea.brun@revue.example")
TOM = Outsider("Tom Weiss", "Charité", "tom@charite.example")


@pytest.fixture
def browser(world: World, client: aiohttp.ClientSession) -> Browser:
    """Somebody's browser."""
    return Browser(world, client)


def released(world: World, *people: Outsider) -> str:
    """A released export for these people without an account."""
    desk, at = world.portal.desk, {"actor": ANA, "now": world.clock()}
    world.write("t.csv", b"age,n\n40,120\n")
    request_id = drafting.create(desk, project=PROJECT, title="Titre secret", purpose="Article", outside=people, **at)
    file_id = drafting.add_file(desk, request_id, "t.csv", DECLARATION, **at)
    submitting.submit(desk, request_id, **at)
    for reviewer in (ADA, BEA):
        reviewing.vote(desk, request_id, file_id, Ballot.APPROVE, actor=reviewer, now=world.clock())
    return request_id


def invited(world: World, request_id: str, person: Outsider = LEA) -> Invitation:
    """A door for this person."""
    return invite(world.portal.desk, world.portal.box, request_id, person.mail, actor=ANA, now=world.clock())


class Visitor:
    """Somebody with a link, in a browser without script."""

    def __init__(self, world: World, client: aiohttp.ClientSession, token: str) -> None:
        self.world, self.client = world, client
        self.address = f"{world.address}outside/{token}"

    async def get(self, status: int = 200) -> str:
        async with self.client.get(self.address) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()

    async def send(self, act: str, status: int = 200, **fields: str) -> str:
        async with self.client.post(self.address, data={"act": act, **fields}) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    async def enrol(self, code: str) -> pyotp.TOTP:
        """Activate, and confirm the factor; return it."""
        page = await self.send("activate", code=code)
        found = re.search(r'id="factor-secret">([A-Z2-7]{32})<', page)
        assert found, page
        factor = pyotp.TOTP(found[1])
        await self.send("confirm", code=factor.at(self.world.clock()))
        self.world.clock.now += timedelta(seconds=60)
        return factor

    async def fetch(self, status: int = 200) -> bytes:
        async with self.client.post(f"{self.address}/package") as answer:
            assert answer.status == status, await answer.text()
            return await answer.read()


async def test_a_named_recipient_fetches_and_every_step_is_recorded(browser: Browser) -> None:
    world = browser.world
    request_id = released(world, LEA)
    await browser.sign_in(ANA)
    page = await browser.send(f"exports/{request_id}", act="invite", mail=LEA.mail)
    link = re.search(r'id="invitation-link">([^<]+)<', page)[1]
    code = re.search(r'id="invitation-code">([^<]+)<', page)[1]
    assert code not in await browser.get(f"exports/{request_id}")
    browser.client.cookie_jar.clear()
    visitor = Visitor(world, browser.client, link.rpartition("/")[2])
    first = await visitor.get()
    assert LEA.name in first
    assert "Titre secret" not in first
    await visitor.enrol(code)
    with zipfile.ZipFile(BytesIO(await visitor.fetch())) as archive:
        assert archive.read("files/t.csv") == b"age,n\n40,120\n"
        assert "Léa Brun (Revue Santé)" in archive.read("manifest.json").decode()
    assert [event.kind for event in world.ledger.events][-5:] == [
        Kind.OUTSIDE_INVITED,
        Kind.OUTSIDE_ENTERED,
        Kind.OUTSIDE_ENTERED,
        Kind.OUTSIDE_ENROLLED,
        Kind.EXPORT_DOWNLOADED,
    ]
    told = detail(world.portal.desk, request_id, ANA, now=world.clock())["outside"]
    assert [(each["downloads"], each["access"]["activated"]) for each in told] == [(1, True)]


async def test_the_pages_carry_their_policy_and_set_a_narrow_cookie(
    world: World, client: aiohttp.ClientSession
) -> None:
    made = invited(world, released(world, LEA))
    visitor = Visitor(world, client, made.token)
    async with client.get(visitor.address) as answer:
        assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    async with client.post(
        visitor.address, data={"act": "activate", "code": made.code}, allow_redirects=False
    ) as answer:
        cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", f"Path=/services/bureau/outside/{made.token}"):
        assert part in cookie


async def test_a_forwarded_link_opens_nothing_without_the_factor(world: World, client: aiohttp.ClientSession) -> None:
    made = invited(world, released(world, LEA))
    thief = Visitor(world, client, made.token)
    await thief.fetch(status=403)
    await thief.send("attest", status=403, message="Détruit.")
    await thief.send("confirm", status=409, code="000000")
    await thief.send("enter", status=409, code="000000")
    await Visitor(world, client, made.token).enrol(made.code)
    client.cookie_jar.clear()
    await thief.fetch(status=403)
    await thief.send("activate", status=409, code=made.code)
    assert "Code affiché par l'application" in await thief.get()


async def test_codes_work_once(world: World, client: aiohttp.ClientSession) -> None:
    """Neither the activation code nor a factor's code is worth anything to whoever saw it being used."""
    made = invited(world, released(world, LEA))
    visitor = Visitor(world, client, made.token)
    factor = await visitor.enrol(made.code)
    client.cookie_jar.clear()
    code = factor.at(world.clock())
    await visitor.send("enter", code=code)
    client.cookie_jar.clear()
    await visitor.send("enter", status=403, code=code)
    await visitor.fetch(status=403)


async def test_guessing_locks_and_says_until_when(world: World, client: aiohttp.ClientSession) -> None:
    made = invited(world, released(world, LEA))
    visitor = Visitor(world, client, made.token)
    for _ in range(4):
        await visitor.send("activate", status=403, code="ZZZZZ-ZZZZZ")
    assert "bloquée jusqu" in await visitor.send("activate", status=429, code="ZZZZZ-ZZZZZ")
    await visitor.send("activate", status=429, code=made.code)
    world.clock.now += timedelta(minutes=16)
    await visitor.send("activate", code=made.code)
    assert len([event for event in world.ledger.events if event.kind is Kind.OUTSIDE_REFUSED]) == 5
    assert len([event for event in world.ledger.events if event.kind is Kind.OUTSIDE_LOCKED]) == 1


async def test_links_that_are_none_are_all_alike(world: World, client: aiohttp.ClientSession) -> None:
    request_id = released(world, LEA, TOM)
    made, other = invited(world, request_id), invited(world, request_id, TOM)
    for token in ("A" * 43, made.token[:-1] + ("A" if made.token[-1] != "A" else "B"), made.access.rjust(43, "0")):
        await Visitor(world, client, token).get(status=404)
    mine = Visitor(world, client, made.token)
    await mine.enrol(made.code)
    theirs = Visitor(world, client, other.token)
    await theirs.fetch(status=403)
    kept = {cookie.key: cookie.value for cookie in client.cookie_jar}
    async with client.post(f"{theirs.address}/package", cookies={"bureau-outside": kept["bureau-outside"]}) as answer:
        assert answer.status == 403, "another's cookie"


async def test_only_who_was_named_before_the_review_is_invited(world: World) -> None:
    request_id = released(world, LEA)
    with pytest.raises(Conflict):
        invited(world, request_id, TOM)
    desk = world.portal.desk
    with pytest.raises(BureauError):
        invite(desk, world.portal.box, request_id, LEA.mail, actor=BEN, now=world.clock())


async def test_a_change_of_outside_recipients_takes_the_votes_away(world: World) -> None:
    desk, at = world.portal.desk, {"actor": ANA, "now": world.clock()}
    world.write("t.csv", b"age,n\n40,120\n")
    request_id = drafting.create(desk, project=PROJECT, title="T", purpose="A", outside=[LEA], **at)
    file_id = drafting.add_file(desk, request_id, "t.csv", DECLARATION, **at)
    submitting.submit(desk, request_id, **at)
    reviewing.vote(desk, request_id, file_id, Ballot.APPROVE, actor=ADA, now=world.clock())
    reviewing.return_(desk, request_id, actor=BEA, now=world.clock(), message="À qui ?")
    drafting.describe(desk, request_id, outside=[LEA, TOM], **at)
    submitting.submit(desk, request_id, **at)
    (file,) = detail(desk, request_id, ADA, now=world.clock())["files"]
    assert file["my_vote"] is None


@pytest.mark.parametrize("end", ["revoked", "expired", "replaced", "used up"])
async def test_an_access_that_ended_gives_nothing(world: World, client: aiohttp.ClientSession, end: str) -> None:
    request_id = released(world, LEA)
    made = invited(world, request_id)
    visitor = Visitor(world, client, made.token)
    await visitor.enrol(made.code)
    if end == "revoked":
        revoke(world.portal.desk, request_id, actor=ANA, now=world.clock(), message="Effectif faux.")
    elif end == "expired":
        world.clock.now += timedelta(days=8)
    elif end == "replaced":
        invited(world, request_id)
    else:
        for _ in range(5):
            await visitor.fetch()
    if end == "expired":
        await visitor.get(status=409)
    await visitor.fetch(status=409)


async def test_a_kill_switch_stops_people_from_outside_too(world: World, client: aiohttp.ClientSession) -> None:
    made = invited(world, released(world, LEA))
    visitor = Visitor(world, client, made.token)
    await visitor.enrol(made.code)
    running = open_outside_download(world.portal.desk, made.access, clock=world.clock)
    at = {"actor": SETUP, "now": world.clock()}
    set_switch(world.portal.store, StopScope.PROJECT, PROJECT, reason="Incident", **at)
    await visitor.fetch(status=403)
    with pytest.raises(BureauError):
        next(running.chunks)


async def test_a_revocation_cuts_a_running_download(world: World) -> None:
    """TRAPS A12, from outside."""
    request_id = released(world, LEA)
    made = invited(world, request_id)
    store, box = world.portal.store, world.portal.box
    secret = door.activate(store, box, made.access, made.code, world.clock())
    door.confirm(store, box, made.access, pyotp.TOTP(secret).at(world.clock()), world.clock())
    running = open_outside_download(world.portal.desk, made.access, clock=world.clock)
    revoke(world.portal.desk, request_id, actor=ANA, now=world.clock(), message="Effectif faux.")
    with pytest.raises(BureauError):
        next(running.chunks)


async def test_who_had_fetched_is_asked_for_the_destruction(world: World, client: aiohttp.ClientSession) -> None:
    request_id = released(world, LEA)
    made = invited(world, request_id)
    visitor = Visitor(world, client, made.token)
    await visitor.enrol(made.code)
    await visitor.fetch()
    revoke(world.portal.desk, request_id, actor=ANA, now=world.clock(), message="Effectif faux.")
    assert "Effectif faux." in await visitor.get()
    await visitor.send("attest", message="Copie effacée.")
    told = detail(world.portal.desk, request_id, ANA, now=world.clock())["outside"]
    assert told[0]["access"]["statement"] == "Copie effacée."


async def test_a_change_from_another_page_is_refused(world: World, client: aiohttp.ClientSession) -> None:
    made = invited(world, released(world, LEA))
    visitor = Visitor(world, client, made.token)
    await visitor.enrol(made.code)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with client.post(f"{visitor.address}/package", headers=headers) as answer:
            assert answer.status == 403


async def test_secrets_are_not_in_the_database(world: World) -> None:
    made = invited(world, released(world, LEA))
    secret = door.activate(world.portal.store, world.portal.box, made.access, made.code, world.clock())
    kept = b"".join(file.read_bytes() for file in world.home.glob("bureau.sqlite*"))
    for each in (made.token, made.code.replace("-", ""), secret):
        assert each.encode() not in kept


async def test_a_provider_sends_files_and_nothing_else(world: World, client: aiohttp.ClientSession) -> None:
    desk = world.portal.imports
    request_id = composing.create(desk, Target(PROJECT), "Cohorte", By(ANA, world.clock()))
    other = composing.create(desk, Target(PROJECT), "Autre", By(ANA, world.clock()))
    made = composing.invite(desk, world.portal.box, request_id, TOM, By(ANA, world.clock()))
    visitor = Visitor(world, client, made.token)
    form = aiohttp.FormData()
    form.add_field("files", b"age,n\n40,12\n", filename="t.csv")
    async with client.post(f"{visitor.address}/files", data=form, headers={"Connection": "close"}) as answer:
        assert answer.status == 403
    await visitor.enrol(made.code)
    form = aiohttp.FormData()
    form.add_field("files", b"age,n\n40,12\n", filename="t.csv")
    async with client.post(f"{visitor.address}/files", data=form) as answer:
        assert answer.status == 200, await answer.text()
        text = await answer.text()
        assert "t.csv" in text, text
    await visitor.send("declare", origin="Charité", legal_basis="Convention", licence="Interne")
    await visitor.fetch(status=409)
    await visitor.send("submit")
    assert state_of(desk, request_id) is State.SUBMITTED
    assert state_of(desk, other) is State.DRAFT
    assert advance(desk, request_id, now=world.clock())
    composing.withdraw(desk, request_id, By(ANA, world.clock()))
    await visitor.get(status=409)
