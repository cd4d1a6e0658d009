"""Whoever knocks without a sign-in is recorded, and can't fill the ledger."""

import asyncio

import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch
from hub_extensions.gateway import strangers
from hub_extensions.gateway.recording import Recording
from hub_extensions.gateway.strangers import EACH, SOMEBODY
from project_spaces.errors import Refused, Unavailable
from project_spaces.text import Text
from tests.gateway.conftest import PREFIX, Bench

NO = Refused(Text("Connectez-vous d'abord.", "Sign in first."))
FLOOD = 300


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def recording(ledger: MemoryLedger) -> Recording:
    return Recording(ledger.aio, Watch(Terms()))  # type: ignore[arg-type]


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


async def test_a_minute_ends_by_itself_and_the_next_begins_anew(
    ledger: MemoryLedger, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "MINUTE_S", 0.0)
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
