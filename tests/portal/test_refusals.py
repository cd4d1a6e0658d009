"""What the portal refuses stays: who was turned away, from what, with every reason; runs are told before they run."""

import json
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ANA, BEN, OTHER, PAUL, PROJECT, SETUP, World
from project_spaces.people import disable_person
from tests.portal.test_access import sign_in, token

RUN = {"template": "readmission-30j", "run_id": "1", "parameters": {"source": "diabetes130"}}


@dataclass
class Calls:
    """Calls of the API; the answer is the status."""

    world: World
    client: aiohttp.ClientSession

    async def __call__(self, who: str, address: str, body: Any = None) -> int:
        method, path = address.split()
        async with self.client.request(method, self.world.api + path, json=body, headers=token(who)) as answer:
            return answer.status


@pytest.fixture
def call(world: World, client: aiohttp.ClientSession) -> Calls:
    return Calls(world, client)


def only(events: list[Event]) -> Event:
    (event,) = events
    return event


@pytest.mark.parametrize(
    ("address", "body", "what"),
    [
        (f"POST /workspaces/{OTHER}/start", {}, "verbs.home.start"),
        ("GET /audit", None, "verbs.audit.search"),
        ("POST /audit/verify", {}, "verbs.audit.verify"),
        ("POST /admin/roles", {"username": ANA, "role": "auditor"}, "verbs.admin.grant_role"),
        (f"POST /projects/{OTHER}/runs", RUN, "verbs.runs.announce"),
    ],
)
async def test_a_refusal_is_recorded_with_its_reasons(
    call: Calls, ledger: MemoryLedger, address: str, body: Any, what: str
) -> None:
    assert await call(ANA, address, body) == 403
    refused = only(ledger.of(Kind.REFUSAL))
    assert (refused.actor, refused.project) == (ANA, OTHER if OTHER in address else None)
    assert refused.subject == {"what": what, "status": 403}
    assert refused.private is not None
    assert len(refused.private["reason"]) > 10


async def test_a_page_that_is_refused_is_recorded_too(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    await sign_in(world, client, BEN)
    async with client.get(f"{world.address}audit") as page:
        assert page.status == 403
    assert only(ledger.of(Kind.REFUSAL)).actor == BEN


async def test_a_person_who_was_disabled_is_recorded_at_the_door(
    world: World, call: Calls, ledger: MemoryLedger
) -> None:
    disable_person(world.portal.store, ANA, actor=SETUP, now=world.clock(), reason="départ")
    assert await call(ANA, "GET /projects") == 403
    assert only(ledger.of(Kind.REFUSAL)).subject["what"] == "entry"


async def test_what_cannot_be_recorded_is_not_answered_as_a_refusal(call: Calls, ledger: MemoryLedger) -> None:
    ledger.stop()
    assert await call(ANA, "GET /audit") == 503


async def test_a_run_is_told_with_the_notebook_that_runs_and_nothing_chosen_in_the_leaf(
    call: Calls, ledger: MemoryLedger
) -> None:
    assert await call(ANA, f"POST /projects/{PROJECT}/runs", RUN) == 201
    run = only(ledger.of(Kind.JOB_RUN))
    assert set(run.subject) == {"template", "version", "notebook_sha256"}
    assert json.loads(run.content or b"")["parameters"]["source"] == "diabetes130"
    for bad in ({**RUN, "template": "nothing"}, {**RUN, "parameters": {"x": 1}}, {**RUN, "run_id": "../x"}):
        assert await call(ANA, f"POST /projects/{PROJECT}/runs", bad) in {404, 422}
    assert len(ledger.of(Kind.JOB_RUN)) == 1
    assert await call(PAUL, f"POST /projects/{PROJECT}/runs", RUN) == 403
