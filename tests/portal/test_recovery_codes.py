"""The page of recovery codes: both factors once more, the codes on one answer, and nowhere else."""

import re
from datetime import timedelta
from threading import BoundedSemaphore

import aiohttp
import pyotp
import pytest
from argon2 import PasswordHasher

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ANA, NOW, SETUP, World
from hub_extensions.portal.verbs import recovery
from project_spaces.accounts import Accounts
from project_spaces.passwords import Passwords
from tests.portal.test_access import token
from tests.portal.test_sessions_of_people import sign_in

PASSWORD = "le sel de la mer d'Iroise"
HERE = token(f"{ANA}~here")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def secret(world: World) -> str:
    """Ana has an account of this installation, and is signed in."""
    accounts = Accounts(world.portal.store, world.portal.box, passwords=Passwords(CHEAP))
    before = NOW - timedelta(hours=1)
    activation = accounts.create(ANA, actor=SETUP, now=before)
    found = accounts.enrol(activation, PASSWORD, now=before).secret
    accounts.confirm_enrolment(activation, pyotp.TOTP(found).at(before), now=before)
    sign_in(world, "here")
    return found


async def sent(world: World, client: aiohttp.ClientSession, **fields: str) -> tuple[int, str]:
    form = {"act": "renew", **fields}
    async with client.post(f"{world.address}sessions/recovery", data=form, headers=HERE) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.text()


def codes_in(text: str) -> list[str]:
    return re.findall(r"<code>([A-Z2-7-]{19})</code>", text)


async def test_both_factors_show_ten_codes_once(
    world: World, client: aiohttp.ClientSession, secret: str, ledger: MemoryLedger
) -> None:
    status, text = await sent(world, client, password=PASSWORD, code=pyotp.TOTP(secret).at(NOW))
    assert status == 200
    codes = codes_in(text)
    assert len(set(codes)) == 10
    async with client.get(f"{world.address}sessions/recovery", headers=HERE) as answer:
        again = await answer.text()
    assert codes_in(again) == []
    assert "10 / 10" in again
    made = ledger.of(Kind.ACCOUNT_CHANGED)[-1]
    assert (made.actor, made.subject["change"]) == (ANA, "recovery codes made")
    assert not [each for each in codes if each in str(ledger.events)]


@pytest.mark.parametrize("fields", [{"password": "x" * 12}, {"code": "000000"}, {"code": "x"}, {"password": ""}])
async def test_anything_else_shows_none(
    world: World, client: aiohttp.ClientSession, secret: str, fields: dict[str, str]
) -> None:
    right = {"password": PASSWORD, "code": pyotp.TOTP(secret).at(NOW)}
    status, text = await sent(world, client, **{**right, **fields})
    assert status in {403, 422}
    assert codes_in(text) == []
    assert PASSWORD not in text


async def test_a_programs_token_makes_none(world: World, client: aiohttp.ClientSession, secret: str) -> None:
    body = {"password": PASSWORD, "code": pyotp.TOTP(secret).at(NOW)}
    async with client.post(f"{world.api}/sessions/recovery-codes", json=body, headers=token(ANA)) as answer:
        assert answer.status == 403
    async with client.post(f"{world.api}/sessions/recovery-codes", json=body, headers=HERE) as answer:
        assert len((await answer.json())["codes"]) == 10


async def test_who_signs_in_elsewhere_is_told_whom_to_ask(world: World, client: aiohttp.ClientSession) -> None:
    sign_in(world, "here")
    async with client.get(f"{world.address}sessions/recovery", headers=HERE) as answer:
        assert "Vous vous connectez par votre établissement" in await answer.text()
    async with client.get(f"{world.address}sessions", headers=HERE) as answer:
        assert "sessions/recovery" not in await answer.text()
    status, _ = await sent(world, client, password=PASSWORD, code="000000")
    assert status == 409


async def test_passwords_that_wait_too_long_for_their_turn_are_not_checked(
    world: World, client: aiohttp.ClientSession, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each comparison takes 64 MiB: a hundred forms at one moment are not a hundred comparisons."""
    monkeypatch.setattr(recovery, "PATIENCE_S", 0)
    monkeypatch.setattr(recovery, "VERIFIERS", BoundedSemaphore(1))
    with recovery.VERIFIERS:
        status, text = await sent(world, client, password=PASSWORD, code=pyotp.TOTP(secret).at(NOW))
    assert status == 503
    assert "réessayez dans un instant" in text
    assert codes_in(text) == []
    status, _ = await sent(world, client, password=PASSWORD, code=pyotp.TOTP(secret).at(NOW))
    assert status == 200
