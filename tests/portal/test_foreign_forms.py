"""Every address that takes a form or a call, walked: nothing is done without the page's own token and origin.

Mechanical over the tables of pages and operations, so that an address that is added is walked too. The control sends
the same from the portal's own page, and is heard.
"""

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from audit.testing import MemoryLedger
from hub_extensions.portal.api.operations import OPERATIONS
from hub_extensions.portal.app import OUTSIDE_PAGES, PAGES, PUBLIC_PAGES
from hub_extensions.portal.base import PortalHandler
from hub_extensions.portal.testing import ANA, PAUL, PREFIX, PROJECT, World

FILLED = {
    "project": PROJECT,
    "dataset": "omop-1001",
    "charter": "cgu",
    "person": ANA,
    "scope": PROJECT,
    "table": "T",
    "section": "project",
    "period": "2026-10",
    "index": "0",
    "token": "x" * 43,
}
#: Another site, a workspace beside the portal, a page without an origin, and what a browser says of the first two.
FOREIGN: tuple[Mapping[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": f"http://{ANA}.bureau.localhost:8000"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


def filled(pattern: str) -> str:
    """An address that *pattern* takes."""
    named = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: FILLED.get(found[1], "0" * 32), pattern)
    return named.replace("\\", "").replace(".*", "x")


def addresses() -> list[str]:
    return [filled(pattern) for pattern, _ in (*PAGES, *OUTSIDE_PAGES, *PUBLIC_PAGES)]


def calls() -> list[tuple[str, str]]:
    asked = [each for each in OPERATIONS if each.method != "GET"]
    return [
        (each.method, re.sub(r"{(\w+)}", lambda found: FILLED.get(found[1], "0" * 32), each.path)) for each in asked
    ]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the product on behalf of somebody, by the name of the verb."""
    heard: list[str] = []
    before = PortalHandler.run

    async def watched(self: PortalHandler, verb: Any, body: Any) -> Any:
        heard.append(verb.__name__)
        return await before(self, verb, body)

    monkeypatch.setattr(PortalHandler, "run", watched)
    return heard


async def signed_in(world: World, client: aiohttp.ClientSession, who: str) -> str:
    """Sign in as a browser does; the token of its pages."""
    client.cookie_jar.clear()
    async with client.get(f"{world.hub.url}/become/{who}"):
        pass
    async with client.get(world.address):
        pass
    return next(cookie.value for cookie in client.cookie_jar if cookie.key == "_xsrf" and cookie["path"] == PREFIX)


async def posted(
    client: aiohttp.ClientSession, address: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> int:
    """Send a form; a server that hangs up on the body, which receivers of files do, has refused."""
    try:
        async with client.post(address, data=form, headers=headers, allow_redirects=False) as answer:
            return answer.status
    except aiohttp.ClientOSError:
        return 403


@pytest.mark.parametrize("who", [ANA, PAUL])
async def test_no_form_is_heard_without_the_page_s_token_or_from_elsewhere(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, done: list[str], who: str
) -> None:
    token = await signed_in(world, client, who)
    size, heard = len(ledger.events), []
    done.clear()
    for address in addresses():
        whole = {"_xsrf": token, "act": "create", "title": "x"}
        outside = address.startswith("outside/")
        tries = [({}, whole | {"_xsrf": wrong}) for wrong in ("", "x" * len(token)) if not outside]
        for headers, fields in [*tries, *((each, whole) for each in FOREIGN)]:
            form = {name: value for name, value in fields.items() if value}
            status = await posted(client, world.address + address, form, headers)
            if status not in {401, 403, 404, 405} or done:
                heard.append(f"{address} {dict(headers)} {status} {done}")
                done.clear()
    assert heard == []
    assert {event.kind.value for event in ledger.events[size:]} <= {"refusal"}


async def test_no_call_is_heard_by_cookie_without_token_or_from_elsewhere(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, done: list[str]
) -> None:
    token = await signed_in(world, client, PAUL)
    size, heard = len(ledger.events), []
    done.clear()
    for method, path in calls():
        for headers in ({}, {"X-XSRFToken": "x" * len(token)}, *({**each, "X-XSRFToken": token} for each in FOREIGN)):
            async with client.request(method, world.api + path, json={}, headers=headers) as answer:
                if answer.status not in {401, 403} or done:
                    heard.append(f"{method} {path} {dict(headers)} {answer.status} {done}")
                    done.clear()
    assert heard == []
    assert {event.kind.value for event in ledger.events[size:]} <= {"refusal"}


async def test_the_same_from_the_portal_s_own_page_is_heard(
    world: World, client: aiohttp.ClientSession, done: list[str]
) -> None:
    """The control: without it, silence would prove nothing."""
    token = await signed_in(world, client, PAUL)
    own = {"Origin": world.url, "Sec-Fetch-Site": "same-origin"}
    answers = {}
    for address in addresses():
        form = {"_xsrf": token, "act": "nothing"}
        answers[address] = await posted(client, world.address + address, form, own)
    refused = [address for address, status in answers.items() if status in {401, 403}]
    assert len(refused) < len(answers) / 4, refused
    async with client.post(f"{world.api}/notifications/read", json={}, headers={**own, "X-XSRFToken": token}) as answer:
        assert answer.status not in {401, 403}
    assert "read" in done
