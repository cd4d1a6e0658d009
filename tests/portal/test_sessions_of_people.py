"""The browser session behind a request: its own sign-in is judged, and nothing is answered once it has ended."""

from datetime import timedelta

import aiohttp
import pytest

from audit.events import Event, Kind
from hub_extensions.portal.testing import ANA, NOW, PROJECT, World
from project_spaces.requirements import Requirement, network
from project_spaces.rules import Rules
from project_spaces.sign_ins import Proof, SignInEnd, Terminal, end_sign_in, keep_sign_in
from tests.portal.test_access import token

HOUR = timedelta(hours=1)


def sign_in(
    world: World,
    session: str,
    *,
    person: str = ANA,
    amr: tuple[str, ...] = ("pwd", "otp"),
    lasts: timedelta | None = None,
) -> str:
    terminal = Terminal("10.0.0.9", session=session, device=session, lasts=lasts)
    with world.portal.store.write(Event(Kind.SIGNIN_SUCCESS, person, None, world.clock.now)) as writing:
        return keep_sign_in(writing, person, Proof(amr, world.clock.now), terminal, now=world.clock.now)


async def opening(world: World, client: aiohttp.ClientSession, session: str) -> tuple[int, list[str]]:
    """Status, and why the workspace may not be opened."""
    async with client.get(f"{world.api}/projects/{PROJECT}", headers=token(f"{ANA}~{session}")) as answer:
        body = await answer.json()
        return answer.status, [each["code"] for each in body.get("opening", {}).get("reasons", [])]


async def test_a_weak_session_does_not_profit_from_a_strong_one(
    world: World, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.portal.store, "_rules", Rules(everybody=Requirement(sign_in_max_age=8 * HOUR)))
    sign_in(world, "weak", amr=("pwd",))
    sign_in(world, "strong")
    assert await opening(world, client, "weak") == (200, ["sign_in_weak"])
    assert await opening(world, client, "strong") == (200, [])


async def test_a_session_from_an_accepted_place_opens_nothing_from_elsewhere(
    world: World, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Rules(everybody=Requirement(networks=(network("10.0.0.0/8"),)))
    monkeypatch.setattr(world.portal.store, "_rules", rules)
    sign_in(world, "here")
    found = {}
    for seen in ("10.7.7.7", "192.0.2.7", "10.0.0.9, 192.0.2.7"):
        headers = {**token(f"{ANA}~here"), "X-Forwarded-For": seen}
        async with client.get(f"{world.api}/projects/{PROJECT}", headers=headers) as answer:
            found[seen] = [each["code"] for each in (await answer.json())["opening"]["reasons"]]
    assert found == {"10.7.7.7": [], "192.0.2.7": ["place_left"], "10.0.0.9, 192.0.2.7": ["place_left"]}


async def test_a_session_that_ended_is_answered_nothing_at_once(world: World, client: aiohttp.ClientSession) -> None:
    """The Hub's answer about the token may be kept for a while; the sign-in is asked at every request."""
    here, _there = sign_in(world, "here"), sign_in(world, "there")
    assert (await opening(world, client, "here"))[0] == 200
    end_sign_in(world.portal.store, here, SignInEnd.ASKED, actor=ANA, now=NOW)
    assert (await opening(world, client, "here"))[0] in {401, 403}
    assert (await opening(world, client, "there"))[0] == 200


async def test_a_session_ends_with_its_hours(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "here", lasts=HOUR)
    assert (await opening(world, client, "here"))[0] == 200
    world.clock.now += HOUR
    assert (await opening(world, client, "here"))[0] in {401, 403}


async def test_the_others_are_signed_out_and_this_one_stays(world: World, client: aiohttp.ClientSession) -> None:
    for name in ("here", "there"):
        sign_in(world, name)
    here = token(f"{ANA}~here")
    async with client.get(f"{world.api}/sessions", headers=here) as answer:
        found = (await answer.json())["sessions"]
    assert sorted(each["current"] for each in found) == [False, True]
    async with client.delete(f"{world.api}/sessions/others", headers=here) as answer:
        assert await answer.json() == {"ended": 1}
    assert (await opening(world, client, "here"))[0] == 200
    assert (await opening(world, client, "there"))[0] in {401, 403}


async def test_a_programs_token_ends_no_session(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "here")
    async with client.delete(f"{world.api}/sessions/others", headers=token(ANA)) as answer:
        assert answer.status == 403
    assert (await opening(world, client, "here"))[0] == 200


async def test_nobody_sees_the_sessions_of_another(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "here")
    async with client.get(f"{world.api}/sessions", headers=token("ben")) as answer:
        assert (await answer.json())["sessions"] == []


async def test_right_after_signing_in_one_sees_when_one_was_here_before(
    world: World, client: aiohttp.ClientSession
) -> None:
    """A stranger's sign-in is noticed by whoever it was not, over or not; nobody else is told of it."""
    stolen = sign_in(world, "stolen")
    world.clock.now += HOUR
    sign_in(world, "here")
    for over in (False, True):
        async with client.get(world.address, headers=token(f"{ANA}~here")) as page:
            text = " ".join((await page.text()).split())
        assert "Connexion précédente : <time" in text
        assert "10:00</time>" in text
        assert ("Autres sessions ouvertes : 1." in text) is not over
        end_sign_in(world.portal.store, stolen, SignInEnd.ASKED, actor=ANA, now=world.clock.now)
    async with client.get(f"{world.address}sessions", headers=token(f"{ANA}~here")) as page:
        assert "10.0.0.9" in (await page.text()).partition("previous")[2].partition("</p>")[0]
    async with client.get(f"{world.api}/sessions", headers=token("ben")) as answer:
        assert (await answer.json()).get("previous") is None


async def test_a_first_sign_in_has_none_before_it(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "first")
    async with client.get(world.address, headers=token(f"{ANA}~first")) as page:
        assert "last-sign-in" not in await page.text()


async def reads(world: World, client: aiohttp.ClientSession, who: str) -> int:
    async with client.get(f"{world.api}/sessions", headers=token(who)) as answer:
        return answer.status


@pytest.mark.parametrize("way", ["with the others", "alone"])
async def test_programs_end_at_once_where_that_is_asked(world: World, client: aiohttp.ClientSession, way: str) -> None:
    """What the Hub said of a token a moment ago does not count; a new token works a little later."""
    sign_in(world, "here")
    assert await reads(world, client, ANA) == 200
    path, body = ("others", {"programs": "on"}) if way == "with the others" else ("programs", {})
    headers = token(f"{ANA}~here")
    async with client.delete(f"{world.api}/sessions/{path}", json=body, headers=headers) as answer:
        assert answer.status == 200
    assert await reads(world, client, ANA) == 401
    assert await reads(world, client, f"{ANA}~here") == 200
    assert await reads(world, client, "ben") == 200
    world.clock.now += timedelta(seconds=20)
    assert await reads(world, client, ANA) == 200


async def test_programs_stay_where_nobody_asks(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "here")
    sign_in(world, "there")
    async with client.delete(f"{world.api}/sessions/others", headers=token(f"{ANA}~here")) as answer:
        assert await answer.json() == {"ended": 1}
    assert await reads(world, client, ANA) == 200


async def test_a_program_ends_no_programs(world: World, client: aiohttp.ClientSession) -> None:
    """A stolen token would lock the person's own programs out."""
    async with client.delete(f"{world.api}/sessions/programs", headers=token(ANA)) as answer:
        assert answer.status == 403
    assert await reads(world, client, ANA) == 200
