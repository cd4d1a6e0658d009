"""Where a sign-in is too old, weak or missing, the page says how to sign in again, and leads back to what was asked."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from hub_extensions.portal.testing import ANA, PAUL, PREFIX, PROJECT, World
from project_spaces.requirements import Requirement
from project_spaces.rules import Rules
from tests.portal.test_access import token
from tests.portal.test_sessions_of_people import sign_in

HERE = token(f"{ANA}~here")


@pytest.fixture
def strict(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two factors proved in the last five minutes are asked of everybody, and were proved six minutes ago."""
    rules = Rules(everybody=Requirement(sign_in_max_age=timedelta(minutes=5)))
    monkeypatch.setattr(world.portal.store, "_rules", rules)
    sign_in(world, "here")
    sign_in(world, "pauls", person=PAUL)
    world.clock.now += timedelta(minutes=6)
    return world


async def links(world: World, client: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> list[str]:
    """Where the page leads whoever signs in again there."""
    async with client.get(world.address + path, headers=headers) as answer:
        text = html.unescape(await answer.text())
    found = re.findall(rf'href="{re.escape(world.portal.public_url)}(/hub/again\?[^"]+)"', text)
    return [parse_qs(urlsplit(each).query)["next"][0] for each in found]


async def test_a_refused_page_leads_back_to_itself(strict: World, client: aiohttp.ClientSession) -> None:
    for path in ("admin/projects", f"admin/projects/{PROJECT}?tab=x&name=%C3%A9"):
        assert PREFIX + path in await links(strict, client, path, token(f"{PAUL}~pauls"))


async def test_why_not_leads_back_to_the_same_question(strict: World, client: aiohttp.ClientSession) -> None:
    question = f"why?action=open_workspace&project={PROJECT}"
    (back,) = set(await links(strict, client, question, HERE))
    assert parse_qs(urlsplit(back).query) == {"action": ["open_workspace"], "project": [PROJECT]}
    assert urlsplit(back).path == f"{PREFIX}why"


async def test_the_home_page_offers_it_beside_the_project(strict: World, client: aiohttp.ClientSession) -> None:
    assert set(await links(strict, client, "", HERE)) == {PREFIX}
    assert set(await links(strict, client, f"workspaces/{PROJECT}", HERE)) == {PREFIX}, "not to a fragment of a page"


async def test_nothing_is_offered_where_it_would_change_nothing(strict: World, client: aiohttp.ClientSession) -> None:
    assert await links(strict, client, "admin/projects", token(f"{ANA}~here")) != []
    sign_in(strict, "fresh")
    assert await links(strict, client, "admin/projects", token(f"{ANA}~fresh")) == [], "no administrator, however fresh"


async def test_a_programs_token_has_nothing_to_sign_in_again_to(strict: World, client: aiohttp.ClientSession) -> None:
    assert await links(strict, client, "admin/projects", token(PAUL)) == []


async def test_somebody_elses_conditions_are_not_changed_by_signing_in_oneself(
    strict: World, client: aiohttp.ClientSession
) -> None:
    sign_in(strict, "auditors", person="aude")
    assert await links(strict, client, f"why?action=open_workspace&person={ANA}", token("aude~auditors")) == []
