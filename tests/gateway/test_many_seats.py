"""A hundred workspaces behind one gateway: what each of them is told while the others are decided anew."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub_extensions.gateway import seat as one_seat
from hub_extensions.gateway.egress import Egress
from hub_extensions.gateway.seat import OpenWorkspace, Seat
from hub_extensions.gateway.seats import AT_ONCE, Asked, Seats, Standing
from hub_extensions.gateway.upstream import SOCKET_NAME
from project_spaces.decisions import Decision
from project_spaces.errors import Refused, Unavailable
from tests.gateway.conftest import AMPLE, REVOKED, FakeCounts, SignedIn

MANY = 100
ALLOWED = Decision(allowed=True, reasons=(), until=None)
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@dataclass
class CrowdedDomain:
    """A domain in which everybody has a workspace; tests withdraw people's rights and look on at each question."""

    folder: str
    number: int = 1
    withdrawn: set[str] = field(default_factory=set)
    on_question: Callable[[Sequence[Asked]], None] = lambda _asked: None
    sizes: list[int] = field(default_factory=list)

    def revision(self) -> int:
        return self.number

    def workspace(self, person: str, project: str) -> OpenWorkspace:
        names = (f"w-{person}", person, project)
        return OpenWorkspace(*names, self.folder, os.geteuid(), "inner", "hub", "client", "sha256:abc", (), "d" * 64)

    def standings(self, asked: Sequence[Asked], now: datetime) -> list[Standing]:
        decided = [REVOKED if each.workspace.person in self.withdrawn else ALLOWED for each in asked]
        self.sizes.append(len(asked))
        self.on_question(asked)
        return [
            Standing(True, own, dict.fromkeys(each.sessions, own)) for each, own in zip(asked, decided, strict=True)
        ]

    def warning(self, workspace: OpenWorkspace, now: datetime) -> None:
        return None


async def _nothing_shown(*_: object) -> None:
    """Nobody's budget is touched here."""


@pytest.fixture
def domain(socket_folder: Path) -> Iterator[CrowdedDomain]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(socket_folder / SOCKET_NAME))
        yield CrowdedDomain(str(socket_folder))


@pytest.fixture
async def seats(domain: CrowdedDomain) -> AsyncIterator[Seats]:
    counts: Any = FakeCounts()
    made = Seats(
        domain, lambda _workspace: SignedIn(), 0.1, Egress(counts, AMPLE, ZoneInfo("Europe/Paris"), _nothing_shown)
    )
    yield made
    await made.close()


async def everybody(seats: Seats) -> list[Seat]:
    taken = [await seats.find(f"p{number:03d}", "etude") for number in range(MANY)]
    for seat in taken:
        await seats.admit(seat, "browser", "127.0.0.1")
    return taken


async def test_a_move_is_decided_for_all_with_few_questions(seats: Seats, domain: CrowdedDomain) -> None:
    taken = await everybody(seats)
    domain.sizes.clear()
    domain.withdrawn, domain.number = {"p007", "p099"}, 2
    await seats.refresh()
    assert len(domain.sizes) == -(-MANY // AT_ONCE)
    assert {each.workspace.person for each in taken if not each.allows_in("browser", NOW)} == domain.withdrawn


async def test_who_is_decided_already_works_while_the_others_wait(
    seats: Seats, domain: CrowdedDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass over all may last longer than a decision counts: that is no reason to refuse those it found right."""
    taken = await everybody(seats)
    loop = asyncio.get_running_loop()
    refused: list[set[str]] = []
    clock = {"now": time.monotonic()}
    monkeypatch.setattr(one_seat.time, "monotonic", lambda: clock["now"])
    await seats.refresh()

    async def look() -> None:
        out = set()
        for seat in taken:
            try:
                seats.require(seat, "browser")
            except Unavailable:
                out.add(seat.workspace.person)
        refused.append(out)

    def slowly(_asked: Sequence[Asked]) -> None:
        clock["now"] += 0.5
        asyncio.run_coroutine_threadsafe(look(), loop).result(5)

    clock["now"] += 1
    domain.on_question, domain.number = slowly, 2
    await seats.refresh()
    first, last = refused[0], refused[-1]
    assert not first
    assert 0 < len(last) <= AT_ONCE, "only the last ones were not found right for too long, and these are shut out"
    await seats.refresh()
    await look()
    assert not refused[-1]


async def test_a_session_that_comes_by_during_a_pass_is_decided_again(seats: Seats, domain: CrowdedDomain) -> None:
    """Its decision is from before the move, and the pass does not know it: it must not be kept as if it did."""
    seat = await seats.find("p000", "etude")
    await seats.admit(seat, "browser", "127.0.0.1")
    loop = asyncio.get_running_loop()

    def another_comes_by(_asked: Sequence[Asked]) -> None:
        domain.on_question = lambda _asked: None
        seat.seen["other"] = time.monotonic()
        loop.call_soon_threadsafe(seat.sessions.__setitem__, "other", ALLOWED)

    domain.on_question, domain.withdrawn, domain.number = another_comes_by, {"p000"}, 2
    await seats.refresh()
    assert seat.sessions["other"] == REVOKED
    with pytest.raises(Refused):
        seats.require(seat, "other")
