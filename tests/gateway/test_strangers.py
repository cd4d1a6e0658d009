"""Whoever knocks without a sign-in is recorded, and can't fill the ledger."""

import asyncio

import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger, PlainKeys
from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch
from hub_extensions.gateway.recording import Recording
from hub_extensions.strangers import counted
from hub_extensions.strangers.counted import EACH, SOMEBODY
from project_spaces.errors import Refused, Unavailable
from project_spaces.text import Text
from tests.gateway.conftest import PREFIX, Bench

NO = Refused(Text("Connectez-vous d'abord.", "Sign in first."))
FLOOD = 300


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


def door(ledger: MemoryLedger, gateways: int = 1) -> Recording:
    """What one of *gateways* records with; the ledger in memory answers as the real one's client does."""
    watch, pseudonym = Watch(Terms()), PlainKeys().pseudonym
    return Recording(ledger.aio, watch, "0123456789abcdef", pseudonym, gateways)  # type: ignore[arg-type]


@pytest.fixture
def recording(ledger: MemoryLedger) -> Recording:
    return door(ledger)


def told(ledger: MemoryLedger) -> list[Event]:
    """Return the entries that stand for several refusals."""
    return [event for event in ledger.of(Kind.REFUSAL) if "more" in event.subject]


async def test_a_flood_without_a_sign_in_does_not_fill_the_ledger(gateway: Bench) -> None:
    for _ in range(FLOOD // 100):
        answers = (gateway.request("POST", f"{PREFIX}/api/kernels", person=None, json={}) for _ in range(100))
        assert {(await answer).status for answer in answers} == {403}
    assert len(gateway.ledger.of(Kind.REFUSAL)) == EACH
    async with gateway.request("POST", f"{PREFIX}/lab/api/build") as got:
        assert got.status == 405
    assert gateway.ledger.of(Kind.REFUSAL)[-1].actor == "ana", "who is known is recorded each time"


async def test_what_was_only_counted_is_told_once(ledger: MemoryLedger, recording: Recording) -> None:
    for _ in range(FLOOD):
        await recording.refusal(SOMEBODY, "etude", "POST /", NO)
    await recording.close()
    (entry,) = told(ledger)
    assert (entry.actor, entry.private) == (SOMEBODY, {"more": str(FLOOD - EACH)})
    assert entry.subject["more"] != FLOOD - EACH, "the leaf tells no exact number that a stranger chose"
    await recording.close()
    assert told(ledger) == [entry]


@pytest.mark.parametrize(("gateways", "entries"), [(3, 18), (16, 16)])
async def test_who_knocks_at_every_gateway_writes_no_more_entries(
    ledger: MemoryLedger, gateways: int, entries: int
) -> None:
    """Attack: the ports of all gateways, one after the other; each says what it refused, if only once."""
    doors = [door(ledger, gateways) for _ in range(gateways)]
    for each in doors:
        for _ in range(EACH):
            await each.refusal(SOMEBODY, "etude", "POST /", NO)
    assert len(ledger.of(Kind.REFUSAL)) == entries
    for each in doors:
        await each.close()
    assert len(told(ledger)) == gateways


async def test_a_minute_ends_by_itself_and_the_next_begins_anew(
    ledger: MemoryLedger, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "MINUTE_S", 0.0)
    for _ in range(2):
        refusals = (recording.refusal(SOMEBODY, "etude", "POST /", NO) for _ in range(EACH + 5))
        await asyncio.gather(*refusals)
        while not told(ledger) or told(ledger)[-1] is not ledger.events[-1]:
            await asyncio.sleep(0)
    assert [entry.private for entry in told(ledger)] == [{"more": "5"}] * 2
    assert len(ledger.events) == 2 * (EACH + 1)


async def test_without_a_ledger_the_first_is_not_answered_as_refused_and_no_number_is_lost(
    ledger: MemoryLedger, recording: Recording
) -> None:
    for _ in range(EACH + 7):
        await recording.refusal(SOMEBODY, "etude", "POST /", NO)
    ledger.stop()
    await recording.close()
    with pytest.raises(Unavailable):
        await recording.refusal(SOMEBODY, "etude", "POST /", NO)
    ledger.start()
    await recording.close()
    assert [entry.private for entry in told(ledger)] == [{"more": "7"}]
