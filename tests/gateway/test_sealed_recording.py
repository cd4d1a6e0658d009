"""Cells recorded by the gateway after a ceremony: the disk opens none, a quorum opens each, an author the own ones."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit import hybrid, shares
from audit.auditors import Auditor, plan
from audit.client import AsyncLedger
from audit.errors import Malformed
from audit.events import Kind
from audit.index import Index
from audit.shares import OpenedShare
from audit.trace_keys import Cause
from audit.unsealing import UnsealRefused, open_own, unseal
from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch
from hub_extensions.gateway.messages import Message
from hub_extensions.gateway.recording import Recording, about
from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.presence.origin import NOWHERE
from tests.audit.recorder_process import RecorderProcess

PASSWORDS = {"ana": "ana's long password", "ben": "ben's long password"}


class Site:
    """A recorder and a gateway's recording on one server; auditors elsewhere."""

    def __init__(self, recorder: RecorderProcess) -> None:
        self.recorder, self.keys = recorder, recorder.keys
        pairs = {name: hybrid.generate() for name in ("alice", "bob", "chloe")}
        self.privates = {name: private for name, (_, private) in pairs.items()}
        self.auditors = [Auditor(name, public) for name, (public, _) in pairs.items()]
        for person, password in PASSWORDS.items():
            self.keys.traces.make(self.keys.pseudonym(person), password, Cause.FIRST, datetime.now(UTC))

    def hold(self) -> None:
        self.keys.epochs.hold(plan(1, datetime.now(UTC), 2, self.auditors))

    async def run(self, person: str, *cells: str) -> list[bytes]:
        """Record cells as the gateway does; returns the frames."""
        ledger = AsyncLedger(self.recorder.socket, self.keys)
        recording = Recording(ledger, Watch(Terms()), "0123456789abcdef", self.keys.pseudonym)
        frames = []
        for number, code in enumerate(cells):
            header = {"msg_type": "execute_request", "msg_id": f"{person}-{number}"}
            frames.append(json.dumps([header, {"code": code}]).encode())
            await recording.message(
                workspace(person),
                about(workspace(person), "kernel", "k", NOWHERE),
                Message("shell", header, {}, {}, {"code": code}),
                frames[-1],
            )
        await ledger.settle()
        await ledger.close()
        return frames

    def bring(self, *names: str) -> list[OpenedShare]:
        held = [share for key in self.keys.epochs.all() for share in self.keys.epochs.shares(key)]
        return [shares.open_share(one, self.privates[one.slot.auditor]) for one in held if one.slot.auditor in names]

    def files(self) -> dict[Path, bytes]:
        """Everything on the server's disk."""
        roots = (self.recorder.places.root, self.keys.directory)
        return {path: path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}


def workspace(person: str) -> OpenWorkspace:
    return OpenWorkspace(
        id="0" * 32,
        person=person,
        project="etude",
        folder="/run/x",
        owner_uid=61000,
        inner_token="inner",
        hub_token="hub",
        oauth_client_id="client",
        image_digest="sha256:abc",
        mounted=(),
        data_sha256="0" * 64,
    )


@pytest.fixture(autouse=True)
def cheap_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are not about the cost of a guess."""
    monkeypatch.setattr("audit.passphrase.MEMORY_KIB", 64)
    monkeypatch.setattr("audit.passphrase.PASSES", 1)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every private key that this process makes."""
    keys: list[bytes] = []
    real = hybrid.generate

    def generate() -> tuple[bytes, bytes]:
        pair = real()
        keys.append(pair[1])
        return pair

    monkeypatch.setattr(hybrid, "generate", generate)
    return keys


@pytest.fixture
def site(made: list[bytes], tmp_path: Path) -> Iterator[Site]:
    recorder = RecorderProcess(tmp_path / "ledger").start()
    yield Site(recorder)
    recorder.close()


@pytest.fixture
def index(site: Site) -> Iterator[Index]:
    opened = Index(site.recorder.places)
    yield opened
    opened.close()


def places(site: Site) -> list[int]:
    index = Index(site.recorder.places)
    found = [row.index for row in index.search(kind=Kind.KERNEL_MESSAGE)]
    index.close()
    return sorted(found)


def pieces(secret: bytes) -> list[bytes]:
    """Forms in which a key or a message might lie on a disk; halves, because a key has two parts."""
    halves = (secret[:64], secret[64:]) if len(secret) == hybrid.PRIVATE_SIZE else (secret,)
    return [form for half in halves for form in (half, half.hex().encode(), base64.b64encode(half)[: len(half)])]


async def test_after_the_ceremony_the_servers_disk_opens_nothing(site: Site, made: list[bytes]):
    site.hold()
    del made[:]
    frames = await site.run("ana", "zw = df[df.nir == 1]", "zw.head()") + await site.run("ben", "1 + zw")
    assert len(made) == 1, "one key for the project and month, made after the ceremony"
    disk = site.files()
    assert sum(len(data) for data in disk.values()) > 10_000
    for secret in (*made, *site.privates.values(), *frames, b"df.nir"):
        for form in pieces(secret):
            assert [path.name for path, data in disk.items() if form in data] == []
    with pytest.raises(Malformed, match="not here"):
        site.keys.unseal(_blob(site, places(site)[0]), "etude", "0" * 32)


async def test_before_the_ceremony_the_same_search_finds_the_key(site: Site, made: list[bytes]):
    await site.run("ana", "1 + 1")
    disk = site.files()
    (holders,) = {tuple(path for path, data in disk.items() if form in data) for form in pieces(made[-1])[:1]}
    assert [path.parent.parent.name for path in holders] == ["private"]


async def test_two_auditors_open_one_does_not_and_each_author_opens_the_own(site: Site, index: Index):
    site.hold()
    hers, his = await site.run("ana", "a = 1", "a + 1"), await site.run("ben", "b = 2")
    numbers, now = places(site), datetime.now(UTC)
    client = site.recorder.client()
    asked = {"entries": numbers, "reason": "incident", "actor": "system:audit.root", "now": now}
    with pytest.raises(UnsealRefused, match="1 of 2"):
        unseal(index, site.keys, client.append, brought=site.bring("bob"), **asked)
    opened = unseal(index, site.keys, client.append, brought=site.bring("alice", "bob"), **asked)
    assert [each.message for each in opened] == [*hers, *his]

    def read(person: str, password: str, *entries: int) -> list[bytes]:
        mine = {"person": person, "password": password, "entries": entries, "now": now}
        return [each.message for each in open_own(index, site.keys, client.append, **mine)]

    assert read("ana", PASSWORDS["ana"], *numbers[:2]) == hers
    assert read("ben", PASSWORDS["ben"], numbers[2]) == his
    for person, password, entry in (
        ("ana", PASSWORDS["ana"], numbers[2]),
        ("ben", PASSWORDS["ben"], numbers[0]),
        ("ana", PASSWORDS["ben"], numbers[0]),
    ):
        with pytest.raises(UnsealRefused):
            read(person, password, entry)


def _blob(site: Site, place: int) -> bytes:
    index = Index(site.recorder.places)
    blob = index.sealed(place)
    index.close()
    assert blob is not None
    return blob
