"""A sign-out at the identity provider closes what is open here: at the first look after it, in that session alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import aiohttp
import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.gateway.domain import StoreDomain
from hub_extensions.gateway.seats import Asked, Standing
from hub_extensions.settings import Settings
from project_spaces.identities import end_at_provider, session_name
from project_spaces.sign_ins import Proof, SignInMethod, Terminal, keep_sign_in
from project_spaces.store import Store
from tests.gateway.conftest import Bench, FakeDomain
from tests.gateway.test_gateway import answer, frame
from tests.project_spaces.conftest import World, populate

ISSUER = "https://id.example.org"
SESSIONS = ("here", "elsewhere")


class RealDecisions(FakeDomain):
    """The bench's workspace, and the real domain's answers about who may use it."""

    real: StoreDomain

    def revision(self) -> int:
        return self.real.revision()

    def standings(self, asked: Sequence[Asked], now: datetime) -> list[Standing]:
        mounting = [replace(each, workspace=replace(each.workspace, mounted=("sejours",))) for each in asked]
        return [replace(each, runs=True) for each in self.real.standings(mounting, now)]


@pytest.fixture
def store(quick_store: Store, memory_ledger: MemoryLedger, gateway: Bench) -> Store:
    """The gateway decides by this; Ana works here now, in two browsers."""
    now = datetime.now(UTC)
    store = populate(World(quick_store, memory_ledger, now)).store
    for name in SESSIONS:
        there = session_name(ISSUER, f"sid of {name}")
        proof = Proof(("mfa",), now, method=SignInMethod.OPENID, provider_session=there)
        with store.write(Event(Kind.SIGNIN_SUCCESS, "ana", None, now)) as session:
            keep_sign_in(session, "ana", proof, Terminal("10.0.0.9", session=name, device=name), now=now)
    domain = RealDecisions(gateway.domain.folder)
    domain.real = StoreDomain(SimpleNamespace(store=store), SimpleNamespace(seen=lambda *_: None))  # type: ignore[arg-type]
    gateway.seats._domain = domain
    return store


async def test_the_first_look_after_it_closes_the_sockets_of_that_session_and_no_other(
    gateway: Bench, store: Store
) -> None:
    async with (
        gateway.channels(session="here") as here,
        gateway.channels(session="here") as again,
        gateway.channels(session="elsewhere") as elsewhere,
    ):
        for socket in (here, again, elsewhere):
            await socket.send_str(str(frame()))
            assert (await answer(socket)).type is not aiohttp.WSMsgType.CLOSE
        assert end_at_provider(store, ISSUER, subject=None, provider_session="sid of here", now=datetime.now(UTC)) == 1
        await gateway.seats.refresh()
        for socket in (here, again):
            message = await answer(socket)
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4403)
            assert message.extra == "Session close. Le calcul continue. / Session closed. What runs goes on."
        await elsewhere.send_str(str(frame(2)))
        assert (await answer(elsewhere)).type is not aiohttp.WSMsgType.CLOSE


def test_a_look_is_taken_at_least_twice_a_second() -> None:
    """So that the sockets are closed within a second, with half of it to close them."""
    bounds = Settings.model_fields["revocation_poll_ms"].metadata
    assert max(each.le for each in bounds if hasattr(each, "le")) <= 500
