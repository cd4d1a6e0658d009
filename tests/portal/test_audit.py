"""The audit page over a real recorder: search with a cursor, live verification, and every look recorded."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from audit.client import Ledger
from audit.events import Event, Kind
from audit.keystore import KeyStore
from hub_extensions.portal.ledger_view import PublishedLedger
from hub_extensions.portal.testing import ANA, AUD, PROJECT, World, open_world, populate
from tests.portal.conftest import in_the_room

ROOT = Path(__file__).resolve().parents[2]
AUDITOR = {"Authorization": f"token token-{AUD}"}


@dataclass
class Recorder:
    """A recorder that runs, and a client of it."""

    folder: Path
    client: Ledger


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """The real recorder, with the world's own history in it."""
    home = Path(tempfile.mkdtemp(dir="/tmp", prefix="bv"))
    command = [sys.executable, "-m", "audit.recorder", "--dir", str(home / "ledger"), "--socket", str(home / "l.sock")]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("READY")
        client = Ledger(home / "l.sock", KeyStore(home / "keys"))
        populate(f"sqlite:///{home}/bureau.sqlite", client)
        client.settle()
        yield Recorder(home, client)
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(home, ignore_errors=True)


@in_the_room
async def audited(recorder: Recorder, tmp_path: Path) -> AsyncIterator[World]:
    """A portal over that recorder."""
    shutil.copyfile(recorder.folder / "bureau.sqlite", tmp_path / "bureau.sqlite")
    view = PublishedLedger(recorder.folder / "ledger", tmp_path / "remembered")
    async with open_world(tmp_path, recorder.client, view=view) as world:
        yield world


async def search(world: World, client: aiohttp.ClientSession, **query: str) -> dict:
    async with client.get(f"{world.api}/audit", params=query, headers=AUDITOR) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_pages_follow_each_other_by_a_cursor(audited: World, client: aiohttp.ClientSession) -> None:
    seen: list[int] = []
    query = {"limit": "9"}
    while True:
        page = await search(audited, client, **query)
        seen += [entry["index"] for entry in page["entries"]]
        if page["next"] is None:
            break
        query = {"limit": "9", "before": str(page["next"])}
    assert seen == sorted(set(seen), reverse=True)
    assert seen[-1] == 0


async def test_search_by_kind_person_project_and_day(audited: World, client: aiohttp.ClientSession) -> None:
    granted = await search(audited, client, kind="habilitation.granted", person=ANA, project=PROJECT)
    assert {entry["kind"] for entry in granted["entries"]} == {"habilitation.granted"}
    assert {entry["persons"]["beneficiary"] for entry in granted["entries"]} == {ANA}
    assert len(granted["entries"]) == 3
    day = await search(audited, client, kind="habilitation.revoked", since="2026-11-22", until="2026-11-22")
    assert len(day["entries"]) == 1
    other = await search(audited, client, kind="habilitation.revoked", until="2026-11-21")
    assert other["entries"] == []


async def test_looking_is_recorded_before_anything_is_shown(
    audited: World, client: aiohttp.ClientSession, recorder: Recorder
) -> None:
    before = recorder.client.ping().size
    await search(audited, client, person=ANA, project=PROJECT)
    assert recorder.client.ping().size >= before + 1
    recorder.client.settle()
    newest = (await search(audited, client, kind="audit.read"))["entries"][0]
    assert newest["actor"] == AUD
    assert newest["persons"]["about"] == ANA
    assert newest["subject"]["about_project"] == PROJECT


async def test_a_whole_log_verifies_and_the_next_time_continues_the_last(
    audited: World, client: aiohttp.ClientSession, recorder: Recorder
) -> None:
    recorder.client.settle()
    for expected in (None, int):
        recorder.client.append(Event(Kind.LEDGER_HEARTBEAT, "system:ledger", None, datetime.now(UTC)))
        recorder.client.settle()
        async with client.post(f"{audited.api}/audit/verify", headers=AUDITOR) as answer:
            report = await answer.json()
        assert report["good"], report
        assert report["checked_entries"] == report["size"] > 40
        assert (report["continues"] is None) == (expected is None)
        recorder.client.settle()  # the look itself was recorded: the log has grown


async def test_a_changed_entry_shows_and_is_not_remembered_as_good(
    recorder: Recorder, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    recorder.client.settle()
    folder = tmp_path / "ledger"
    shutil.copytree(recorder.folder / "ledger", folder)
    for bundle in [path for path in (folder / "log" / "tile" / "entries").rglob("*") if path.is_file()]:
        damaged = bytearray(bundle.read_bytes())
        damaged[40] ^= 1
        bundle.chmod(0o600)
        bundle.write_bytes(damaged)
    shutil.copyfile(recorder.folder / "bureau.sqlite", tmp_path / "bureau.sqlite")
    view = PublishedLedger(folder, tmp_path / "remembered")
    async with (
        open_world(tmp_path, recorder.client, view=view) as world,
        client.post(f"{world.api}/audit/verify", headers=AUDITOR) as answer,
    ):
        report = await answer.json()
    assert not report["good"]
    assert report["problems"][0]["text"]["fr"]
    assert not (tmp_path / "remembered").exists()


async def test_a_folder_without_a_log_is_said(
    client: aiohttp.ClientSession, recorder: Recorder, tmp_path: Path
) -> None:
    shutil.copyfile(recorder.folder / "bureau.sqlite", tmp_path / "bureau.sqlite")
    view = PublishedLedger(tmp_path / "none", tmp_path / "remembered")
    async with open_world(tmp_path, recorder.client, view=view) as world:
        for method, path in (("POST", "/audit/verify"), ("GET", "/audit")):
            async with client.request(method, world.api + path, headers=AUDITOR) as answer:
                assert answer.status == 503
