"""Whoever is not let into the portal leaves an entry before any verb is asked, and fills no ledger."""

import asyncio

import aiohttp
import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ANA, OUT, World
from hub_extensions.strangers.counted import EACH, SOMEBODY
from tests.portal.test_access import token


async def refusals(world: World, ledger: MemoryLedger) -> list[Event]:
    """What is in the ledger once everything that was noted is written."""
    await world.app.settings["strangers"].close()
    return ledger.of(Kind.REFUSAL)


async def test_a_call_without_a_sign_in_is_recorded(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    async with client.get(world.api + "/audit/entries?person=ana") as answer:
        assert answer.status == 401
    (entry,) = await refusals(world, ledger)
    assert (entry.actor, entry.project, dict(entry.subject)) == (SOMEBODY, None, {"what": "entry", "status": 403})
    assert entry.private == {"what": "GET /services/bureau/api/v1/audit/entries", "reason": "Sign in first."}


async def test_a_flood_of_them_is_counted(world: World, client: aiohttp.ClientSession, ledger: MemoryLedger) -> None:
    for _ in range(EACH + 9):
        async with client.get(world.api + "/trace") as answer:
            assert answer.status == 401
    found = await refusals(world, ledger)
    assert len(found) == EACH + 1
    assert found[-1].private == {"more": "9"}


@pytest.mark.parametrize(("method", "path"), [("POST", "/projects"), ("GET", "/nowhere"), ("PROPFIND", "/projects")])
async def test_what_no_verb_answers_is_recorded_under_whoever_asked(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, method: str, path: str
) -> None:
    headers = {**token(OUT), "Origin": "http://ana.bureau.localhost:8000"}
    async with client.request(method, world.api + path, headers=headers) as answer:
        assert answer.status in {403, 404, 405}
    (entry,) = await refusals(world, ledger)
    assert entry.private["what"] == f"{method} /services/bureau/api/v1{path}"
    assert entry.actor == (OUT if path == "/nowhere" else SOMEBODY), "another origin is refused before anybody is asked"


async def test_the_door_of_people_without_an_account_is_kept_nowhere(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    """Its address is half of what opens it."""
    secret = "S" * 43
    async with client.get(f"{world.address}outside/{secret}") as answer:
        assert answer.status == 404
    (entry,) = await refusals(world, ledger)
    assert secret not in str(entry)


async def test_a_host_that_is_none_is_recorded(world: World, ledger: MemoryLedger) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    writer.write(b"GET /services/bureau/trace HTTP/1.1\r\nHost: a b\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()
    (entry,) = await refusals(world, ledger)
    assert entry.private["what"] == "GET /services/bureau/trace HTTP/1.1"


async def test_a_page_that_renews_itself_leads_to_the_sign_in_instead_of_asking_on(
    world: World, client: aiohttp.ClientSession
) -> None:
    asked = {"Sec-Fetch-Mode": "cors", "HX-Request": "true"}
    async with client.get(world.address, headers=asked) as answer:
        assert (answer.status, answer.headers.get("HX-Refresh")) == (403, "true")
    async with client.get(world.address, headers={**asked, **token(ANA)}) as answer:
        assert (answer.status, answer.headers.get("HX-Refresh")) == (200, None)


async def test_without_a_ledger_they_are_told_once_it_answers(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    ledger.stop()
    async with client.get(world.api + "/trace") as answer:
        assert answer.status == 401
    assert await refusals(world, ledger) == []
    ledger.start()
    (entry,) = await refusals(world, ledger)
    assert entry.private == {"more": "1"}
