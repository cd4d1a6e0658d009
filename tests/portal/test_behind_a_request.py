"""What reviewers and administrators see behind a request: what left before, the ledger's entries, the figures."""

import aiohttp
import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.exports import drafting, reviewing, submitting
from hub_extensions.exports.testing import DECLARATION
from hub_extensions.exports.voting import Ballot
from hub_extensions.portal.testing import ADA, ANA, BEA, NOW, PAUL, PROJECT, World
from tests.portal.test_api import Caller, token


@pytest.fixture
def call(world: World, client: aiohttp.ClientSession) -> Caller:
    """Calls the API as somebody."""
    return Caller(world, client)


def submitted(world: World, name: str, data: bytes) -> tuple[str, str]:
    """A request and its file."""
    desk, at = world.portal.desk, {"actor": ANA, "now": NOW}
    world.write(name, data)
    request = drafting.create(desk, project=PROJECT, title=f"Titre {name}", purpose="Article", **at)
    file = drafting.add_file(desk, request, name, DECLARATION, **at)
    submitting.submit(desk, request, **at)
    return request, file


def released(world: World, name: str, data: bytes) -> None:
    """A request that is out."""
    request, file = submitted(world, name, data)
    for reviewer in (ADA, BEA):
        reviewing.vote(world.portal.desk, request, file, Ballot.APPROVE, actor=reviewer, now=NOW)


async def test_a_reviewer_sees_the_difference_with_what_left_before(world: World, call: Caller) -> None:
    released(world, "first.csv", b"region,n\nIDF,120\n")
    request, file = submitted(world, "second.csv", b"region,n\nIDF,123\n")
    seen = await call(ADA, "GET", f"/exports/{request}/history")
    assert seen["files"][file]["compared"][0]["small"] == 1
    async with call.client.get(f"{world.address}review/{request}", headers=token(ADA)) as got:
        page = await got.text()
    assert "Titre first.csv" in page
    assert "+3" in page
    await call(ANA, "GET", f"/exports/{request}/history", status=403)


async def test_a_reviewer_sees_that_something_ran_and_never_what(
    world: World, call: Caller, ledger: MemoryLedger
) -> None:
    ran = [
        Event(Kind.KERNEL_MESSAGE, ANA, PROJECT, NOW, {"workspace": "w"}, b"secret_code()"),
        Event(Kind.KERNEL_MESSAGE, "ben", PROJECT, NOW, {"workspace": "w"}, b"other()"),
        Event(Kind.KERNEL_MESSAGE, ANA, "greffes-rein", NOW, {"workspace": "w"}, b"elsewhere()"),
    ]
    world.portal.store.record(*ran)
    request, _ = submitted(world, "rate.csv", b"age,n\n40,120\n")
    seen = await call(ADA, "GET", f"/exports/{request}/origins")
    assert [each["kind_label"]["en"] for each in seen["entries"]] == ["Kernel message"]
    assert "secret_code" not in str(seen)
    assert ledger.events[-1].kind is Kind.AUDIT_READ, "who looked is recorded"
    await call(ANA, "GET", f"/exports/{request}/origins", status=403)


async def test_an_administrator_plants_and_sees_figures_and_nobody_else_does(world: World, call: Caller) -> None:
    request, file = submitted(world, "rate.csv", b"age,n\n40,120\n")
    for who in (ADA, ANA):
        await call(who, "GET", "/admin/exports", status=403)
        await call(who, "POST", f"/admin/exports/{request}/plant", {"reason": "x"}, status=403)
    await call(PAUL, "POST", f"/admin/exports/{request}/plant", {"reason": "Effectif de 4."}, status=201)
    for reviewer in (ADA, BEA):
        await call(reviewer, "POST", f"/exports/{request}/votes", {"file_id": file, "verdict": "approve"})
    figures = await call(PAUL, "GET", "/admin/exports")
    assert [(each["planted_caught"], each["planted_seen"]) for each in figures["reviewers"]] == [(0, 1), (0, 1)]
    assert figures["planted"][0]["state"] == "withdrawn"
    assert (await call(ANA, "GET", "/exports"))["received"] == []
