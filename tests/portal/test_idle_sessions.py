"""The portal and a session that nobody uses: what counts as being there, the warning before, the way back after."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import aiohttp
import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from hub_extensions.portal.testing import ANA, PREFIX, World
from hub_extensions.presence.browser import by_hand
from project_spaces.rules import Rules
from project_spaces.sessions.activity import SessionActivity
from project_spaces.sessions.idleness import IdleLimit
from tests.portal.test_access import token
from tests.portal.test_sessions_of_people import sign_in

LIMIT = IdleLimit(timedelta(minutes=30))
MINUTE = timedelta(minutes=1)
HAND = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}
HERE = token(f"{ANA}~here")


@pytest.fixture
def idle(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The installation ends sessions that nobody uses."""
    monkeypatch.setattr(world.portal.store, "_rules", Rules(idle=LIMIT))
    activity = SessionActivity(f"sqlite:///{world.home}/bureau.sqlite", LIMIT)
    object.__setattr__(world.portal, "activity", activity)
    sign_in(world, "here", lasts=timedelta(hours=12))
    yield world
    activity.close()


async def page(world: World, client: aiohttp.ClientSession, path: str = "", **options) -> tuple[int, str]:
    headers = {**HERE, **HAND, **options.pop("headers", {})}
    async with client.get(world.address + path, headers=headers, allow_redirects=False, **options) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


@pytest.mark.parametrize(
    ("how", "stays"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-User": "?1"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, False),
        ({"Sec-Fetch-Dest": "iframe"}, False),
        ({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, False),
        ({"Referer": "itself"}, False),
        ({"Referer": "itself", "Sec-Fetch-User": "?1"}, True),
    ],
)
async def test_only_a_hand_keeps_a_session(
    idle: World, client: aiohttp.ClientSession, how: dict[str, str], stays: bool
) -> None:
    """Polling by pages, refreshes without script, frames and pictures elsewhere, other origins' scripts: none does."""
    headers = {name: f"{idle.address}sessions" if value == "itself" else value for name, value in how.items()}
    for _ in range(4):
        idle.clock.now += 10 * MINUTE
        status, _ = await page(idle, client, "sessions", headers=headers)
    assert (status == 200) is stays


async def test_calls_that_only_look_keep_no_session_and_an_act_does(idle: World, client: aiohttp.ClientSession) -> None:
    looking = {**HERE, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}
    for method, path, stays in (("GET", "sessions", False), ("POST", "sessions/here", True)):
        sign_in(idle, method)
        headers = {**looking, **token(f"{ANA}~{method}")}
        for _ in range(4):
            idle.clock.now += 10 * MINUTE
            async with client.request(method, f"{idle.api}/{path}", headers=headers) as answer:
                status = answer.status
        assert (status == 200) is stays
    assert status == 200


async def test_afterwards_a_person_signs_in_again_and_a_program_is_told_why(
    idle: World, client: aiohttp.ClientSession
) -> None:
    idle.clock.now += 31 * MINUTE
    status, where = await page(idle, client, "why?action=open_workspace")
    assert (status, where.partition("?")[0]) == (302, f"{idle.hub.url}/hub/api/oauth2/authorize")
    for language, sentence in (("fr", LIMIT.sentence.fr), ("en", LIMIT.sentence.en)):
        async with client.get(f"{idle.api}/sessions", headers={**HERE, "Accept-Language": language}) as answer:
            assert answer.status == 401
            assert (await answer.json())["detail"] == sentence


async def test_a_form_that_comes_too_late_does_nothing_and_says_so(idle: World, client: aiohttp.ClientSession) -> None:
    idle.clock.now += 31 * MINUTE
    form = {"act": "end_others", "_xsrf": "x"}
    async with client.post(f"{idle.address}sessions", data=form, headers=HERE, allow_redirects=False) as answer:
        assert answer.status == 403
        assert LIMIT.sentence.fr in html.unescape(await answer.text())


async def test_the_page_warns_by_style_alone_and_says_until_when(idle: World, client: aiohttp.ClientSession) -> None:
    _, text = await page(idle, client)
    notice = re.search(r'<div class="idle-notice.*?</div>', text, re.DOTALL)
    assert notice
    assert "23 nov. 2026 à 10:31" in re.sub(r"<[^>]+>", "", notice.group(0))
    assert 'target="_blank"' in notice.group(0)
    style = re.search(r'href="([^"]+idle\.css\?after=(\d+))"', text)
    assert style
    assert int(style.group(2)) == 25 * 60
    async with client.get(idle.url + style.group(1)) as answer:
        assert answer.headers["Content-Type"].startswith("text/css")
        assert "1500s forwards !important" in await answer.text()


@pytest.mark.parametrize("after", ["", "x", "1;}", "-5", "٣", "9" * 9])
async def test_the_style_takes_a_number_only(world: World, client: aiohttp.ClientSession, after: str) -> None:
    async with client.get(f"{world.address}idle.css", params={"after": after}) as answer:
        assert answer.status == 404


async def test_without_a_limit_nothing_is_said(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "here")
    _, text = await page(world, client)
    assert "idle" not in text


def test_browsers_without_fetch_metadata_count_by_what_they_do() -> None:
    def asked(method: str, **headers: str) -> bool:
        line = RequestStartLine(method, f"{PREFIX}sessions?x=1", "HTTP/1.1")
        return by_hand(HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "bureau.test", **headers})))

    assert asked("GET")
    assert asked("POST")
    assert not asked("GET", Referer=f"http://bureau.test{PREFIX}sessions?x=1")
