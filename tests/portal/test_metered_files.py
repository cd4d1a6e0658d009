"""Names of files are written by code that runs inside: listing them was a way to look without being counted."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import aiohttp
import pytest

from audit.events import Kind
from audit.sealing import bucket
from audit.testing import MemoryLedger
from hub_extensions.portal.testing import ANA, PROJECT, World
from project_spaces.egress import Budget, hour_of, uses

HIDDEN = "U0VDUkVU" * 20
FILES = f"/projects/{PROJECT}/files"


async def ask(
    world: World, client: aiohttp.ClientSession, method: str, path: str, body: Any = None
) -> tuple[int, dict[str, Any], int]:
    headers = {"Authorization": f"token token-{ANA}"}
    async with client.request(method, world.api + path, json=body, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text), len(text.encode())


@pytest.mark.parametrize(
    "asked", [("GET", FILES, None), ("POST", f"/projects/{PROJECT}/checks", {"paths": [f"{HIDDEN}.csv"]})]
)
async def test_what_is_told_of_files_is_counted_recorded_and_ends_with_the_budget(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger, asked: tuple[str, str, Any]
) -> None:
    world.write(f"{HIDDEN}.csv", b"age,n\r\n40,120\r\n")
    before = len(ledger.of(Kind.OUTPUT_COUNT))
    status, told, size = await ask(world, client, *asked)
    assert (status, HIDDEN in json.dumps(told)) == (200, True)
    with world.portal.store.read() as session:
        shown = uses(session, world.clock())[ANA, PROJECT].hour
    assert len(HIDDEN) < shown <= size
    *_, counted = ledger.of(Kind.OUTPUT_COUNT)
    assert len(ledger.of(Kind.OUTPUT_COUNT)) == before + 1
    assert (counted.actor, counted.project, counted.private) == (ANA, PROJECT, {"bytes": str(shown)})
    assert counted.subject["bytes"] == bucket(shown), "code chooses how much: the public leaf holds a size class"
    budget: Budget = world.portal.egress_budget
    world.portal.counts.add({(ANA, PROJECT): budget.hour}, hour_of(world.clock()))
    status, told, _ = await ask(world, client, *asked)
    assert (status, HIDDEN in json.dumps(told)) == (429, False)
    assert "pause" in str(told)


async def test_what_can_not_be_counted_is_not_shown(
    world: World, client: aiohttp.ClientSession, ledger: MemoryLedger
) -> None:
    world.write(f"{HIDDEN}.csv", b"age,n\r\n40,120\r\n")
    before = len(ledger.of(Kind.OUTPUT_COUNT))
    with closing(sqlite3.connect(world.home / "bureau.sqlite")) as database:
        database.execute("ALTER TABLE egress_use RENAME TO elsewhere")
    status, told, _ = await ask(world, client, "GET", FILES)
    assert (status, HIDDEN in json.dumps(told)) == (503, False)
    assert "budget" in str(told)
    assert len(ledger.of(Kind.OUTPUT_COUNT)) == before


async def test_a_request_is_read_and_changed_during_a_pause(world: World, client: aiohttp.ClientSession) -> None:
    world.write("rate.csv", b"age,n\r\n40,120\r\n")
    body = {"project": PROJECT, "title": "Taux", "purpose": "Article", "files": ["rate.csv"]}
    status, made, _ = await ask(world, client, "POST", "/exports", body)
    assert status == 201
    world.portal.counts.add({(ANA, PROJECT): 2**40}, hour_of(world.clock()))
    headers = {"Authorization": f"token token-{ANA}"}
    async with client.get(f"{world.address}exports/{made['id']}", headers=headers) as page:
        assert page.status == 200
        assert "Taux" in await page.text()
