"""My trace: what I wrote opens for me with my password, on the page and in the API, and for nobody else."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from audit.events import Event, Kind
from audit.trace_keys import Cause
from hub_extensions.oversight.key_standing import NO_CEREMONY
from hub_extensions.portal import app as portal_app
from hub_extensions.portal.ledger_view import PublishedLedger
from hub_extensions.portal.testing import ANA, AUD, BEN, NOW, PROJECT, World, open_world, populate
from project_spaces.own_trace import OwnTrace
from tests.audit.recorder_process import RecorderProcess
from tests.portal.conftest import in_the_room

PASSWORD = " the tides of Iroise "
CODE = "print('café <b>') # zwcode"


@pytest.fixture(autouse=True)
def cheap_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are not about the cost of a guess."""
    monkeypatch.setattr("audit.passphrase.MEMORY_KIB", 64)
    monkeypatch.setattr("audit.passphrase.PASSES", 1)


@dataclass
class Site:
    """A portal over a real recorder, and one cell of Ana's in it."""

    world: World
    entry: int

    def calls(self, client: aiohttp.ClientSession, who: str, body: object):
        path = f"{self.world.api}/trace/entries/{self.entry}/open"
        return client.post(path, json=body, headers={"Authorization": f"token token-{who}"})


@in_the_room
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    recorder = RecorderProcess(tmp_path / "ledger").start()
    try:
        ledger = recorder.client()
        populate(f"sqlite:///{tmp_path}/bureau.sqlite", ledger)
        recorder.keys.traces.make(recorder.keys.pseudonym(ANA), PASSWORD, Cause.FIRST, NOW)
        (receipt,) = ledger.append(Event(Kind.KERNEL_MESSAGE, ANA, PROJECT, NOW, {"channel": "shell"}, CODE.encode()))
        ledger.settle()
        real = portal_app.make_app

        def make_app(portal, *given, **named):
            own = OwnTrace(portal.store, recorder.keys)
            return real(replace(portal, own=own, seal=lambda: NO_CEREMONY), *given, **named)

        monkeypatch.setattr("hub_extensions.portal.testing.make_app", make_app)
        view = PublishedLedger(tmp_path / "ledger", tmp_path / "remembered")
        async with open_world(tmp_path, ledger, view=view) as world:
            yield Site(world, receipt.index)
    finally:
        await asyncio.to_thread(recorder.close)


async def sign_in(site: Site, client: aiohttp.ClientSession, name: str) -> str:
    async with client.get(f"{site.world.hub.url}/become/{name}"):
        pass
    async with client.get(f"{site.world.address}trace/entries/{site.entry}") as page:
        assert page.status == (200 if name == ANA else 404)
        found = await page.text()
    token = re.search(r'name="_xsrf" value="([^"]+)"', found)
    return token.group(1) if token else ""


async def test_the_page_opens_what_i_wrote_with_my_password_as_typed(site: Site, client: aiohttp.ClientSession) -> None:
    token = await sign_in(site, client, ANA)
    address = f"{site.world.address}trace/entries/{site.entry}"
    wrong = {"act": "open", "_xsrf": token, "password": PASSWORD.strip()}
    async with client.post(address, data=wrong) as answer:
        assert answer.status == 403
        assert "zwcode" not in await answer.text()
    async with client.post(address, data={**wrong, "password": PASSWORD}) as answer:
        page = await answer.text()
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "zwcode" in page
    assert "<b>" not in page
    async with client.get(address) as answer:
        assert "zwcode" not in await answer.text()


async def test_the_api_opens_it_for_its_author_alone(site: Site, client: aiohttp.ClientSession) -> None:
    async with site.calls(client, ANA, {"password": PASSWORD}) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.json())["message"] == CODE
    for who, body, status in (
        (BEN, {"password": PASSWORD}, 403),
        (AUD, {"password": PASSWORD}, 403),
        (ANA, {"password": PASSWORD + "x"}, 403),
        (ANA, {"password": ""}, 422),
        (ANA, {}, 422),
    ):
        async with site.calls(client, who, body) as answer:
            text = await answer.text()
            assert answer.status == status, text
            assert "zwcode" not in text


async def test_an_auditor_is_told_while_the_server_holds_the_keys(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.world.hub.url}/become/{AUD}"):
        pass
    async with client.get(f"{site.world.address}audit/entries/{site.entry}") as page:
        assert NO_CEREMONY.fr.split(",")[0] in (await page.text()).replace("&#39;", "'")


async def test_who_signs_in_elsewhere_sets_changes_and_replaces_a_phrase_on_a_page(
    site: Site, client: aiohttp.ClientSession, ledger_of: Callable[[], list[str]]
) -> None:
    """Ben has no password here. Each step says what follows from it, and nothing typed comes back on a page."""
    async with client.get(f"{site.world.hub.url}/become/{BEN}"):
        pass
    address = f"{site.world.address}trace/key"
    async with client.get(address) as answer:
        page = await answer.text()
    assert "Personne ne peut retrouver cette phrase" in page
    token = re.search(r'name="_xsrf" value="([^"]+)"', page).group(1)

    async def act(act: str, status: int, **fields: str) -> str:
        async with client.post(address, data={"_xsrf": token, "act": act, **fields}) as answer:
            text = await answer.text()
            assert answer.status == status, text
            assert not [value for value in fields.values() if value in text]
            return text

    first, second, third = " les marées d'Iroise ", "les phares d'Ouessant", "les vents de Molène"
    await act("set", 422, phrase=first, again=first.strip())
    await act("set", 422, phrase="court", again="court")
    assert "Changer de phrase" in await act("set", 200, phrase=first, again=first)
    await act("set", 409, phrase=second, again=second)
    await act("change", 403, old=first.strip(), phrase=second, again=second)
    await act("change", 200, old=first, phrase=second, again=second)
    page = await act("replace", 200, phrase=third, again=third)
    assert "ancienne" in page
    assert ledger_of() == ["trace key", "trace key locked anew", "trace key"]


async def test_the_api_shows_and_sets_the_own_key_only(site: Site, client: aiohttp.ClientSession) -> None:
    key, headers = f"{site.world.api}/trace/key", {"Authorization": f"token token-{BEN}"}
    async with client.get(key, headers=headers) as answer:
        assert await answer.json() == {"keys": [], "follows_password": False}
    async with client.post(key, json={"phrase": PASSWORD, "again": PASSWORD}, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        assert [each["cause"] for each in (await answer.json())["keys"]] == ["first"]
    async with client.get(key, headers={"Authorization": f"token token-{ANA}"}) as answer:
        assert len((await answer.json())["keys"]) == 1
    async with site.calls(client, BEN, {"password": PASSWORD}) as answer:
        assert answer.status == 403  # Ana's entry stays hers


@pytest.fixture
def ledger_of(site: Site) -> Callable[[], list[str]]:
    """What the ledger says of changed accounts, oldest first."""

    def changes() -> list[str]:
        site.world.portal.store.settle()
        with site.world.portal.ledger.open() as index:
            return [str(row.subject["change"]) for row in index.search(kind=Kind.ACCOUNT_CHANGED)][::-1]

    return changes
