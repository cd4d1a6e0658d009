"""Leaves are published and kept for ever: a whole day of every writer leaves no name, address, path or code in one.

The day is driven through the domain's verbs, the sign-in, the gateway's recording and the export desk, with the real
keys. Whatever a person is called or writes is marked, and each mark is looked for in every leaf, plain and encoded.
"""

import base64
import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from audit.events import Kind
from audit.index import IndexWriter
from audit.keystore import KeyStore
from audit.leaf import prepare
from audit.places import Places
from audit.private import PrivateStore
from audit.records import pack, unpack
from audit.testing import MemoryLedger, PlainKeys
from hub_extensions.detection.catalogue import Terms
from hub_extensions.detection.watch import Watch
from hub_extensions.exports import downloads, drafting, reviewing
from hub_extensions.exports.details import detail
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.reading import read_file
from hub_extensions.exports.requests import OutputKind
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, PROJECT, Bench, open_bench, populate
from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.messages import Message
from hub_extensions.gateway.recording import Recording, about
from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.presence.origin import Origin
from project_spaces.accounts import Accounts, SignInRefused
from project_spaces.datasets import register_dataset
from project_spaces.errors import Locked, Refused
from project_spaces.facts import Classification, PlatformRole
from project_spaces.habilitations import grant_habilitation, revoke_habilitation
from project_spaces.lockout import LockPolicy
from project_spaces.memberships import grant_membership, revoke_membership
from project_spaces.passwords import Passwords
from project_spaces.people import create_person, disable_person, enable_person, grant_role, revoke_role
from project_spaces.projects import change_project, create_project, set_quota
from project_spaces.quotas import Quota
from project_spaces.retention import lift_hold, place_hold, set_retention
from project_spaces.secret_box import SecretBox
from project_spaces.sign_ins import Terminal
from project_spaces.store import Store
from project_spaces.text import Text

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = "system:test"
PERSON, AUDITOR, MEMBER = "zwmarie", "zwluc", "zwyann"
#: Words that no leaf may hold; each begins with letters that no hash and no word of ours holds.
MARKS = {
    "user name": PERSON,
    "auditor": AUDITOR,
    "display name": "Zwmarie Zwdupont-Zwlévy",
    "e-mail": "zwm@zwhopital.example",
    "reason": "zwreason: madame Zwmartin est partie",
    "title": "zwtitle of the study",
    "purpose": "zwpurpose of the study",
    "address": "203.0.113.77",
    "session": "zwsession of a browser",
    "path": "zwprive/zwpatient-zwdurand.ipynb",
    "code": "zwcode = df[df.nir == '2800175zw']",
    "terminal": "zwgrep -r zwdurand",
    "label": "zwkernel-zwname",
    "message id": "zwmsgid-01",
    "comment": "zwcomment on the table",
    "table": "zwage,n\n40,120\n",
    "password": "zwpassword des grandes marées",
}
WORDS = re.compile(r"zw[\w.@=-]*|203\.0\.113\.77", re.IGNORECASE)


class KeyedLedger(MemoryLedger):
    """A ledger in memory with the real keys, which keeps what would reach the recorder."""

    def __init__(self, keys: KeyStore) -> None:
        super().__init__()
        self._keys = keys  # type: ignore[assignment]


def leaks(leaf: bytes) -> set[str]:
    """Name the marks that a leaf holds: plain, escaped, in base64 or in hexadecimal, or as a hash without a key."""
    text = leaf.decode()
    texts = [text, json.dumps(json.loads(leaf), ensure_ascii=True)]
    found = {word for one in texts for word in WORDS.findall(one)}
    for name, mark in MARKS.items():
        data = mark.encode()
        digests = [hashlib.new(kind, data).hexdigest() for kind in ("md5", "sha1", "sha256")]
        encoded = [base64.b64encode(data).decode().rstrip("="), data.hex(), *(digest[:16] for digest in digests)]
        found |= {name for form in encoded if form in text}
    return found


def administer(store: Store) -> None:
    """People, projects, rights and their ends, with words typed in every field that takes some."""
    reason, at = MARKS["reason"], {"actor": PERSON, "now": NOW}
    create_person(
        store,
        username=PERSON,
        display_name=MARKS["display name"],
        email=MARKS["e-mail"],
        actor=SYSTEM,
        now=NOW - DAY,
    )
    for name in (AUDITOR, MEMBER):
        create_person(store, username=name, display_name=name, email=f"{name}@zw.example", actor=SYSTEM, now=NOW - DAY)
    grant_role(store, PERSON, PlatformRole.ADMINISTRATOR, actor=SYSTEM, now=NOW - DAY)
    grant_role(store, AUDITOR, PlatformRole.AUDITOR, actor=SYSTEM, now=NOW - DAY)
    grant_role(store, AUDITOR, PlatformRole.REVIEWER, **at)
    revoke_role(store, AUDITOR, PlatformRole.REVIEWER, **at)
    disable_person(store, AUDITOR, reason=reason, **at)
    enable_person(store, AUDITOR, reason=reason, **at)
    window = {"starts_at": NOW - DAY, "ends_at": NOW + 30 * DAY}
    texts = {"title": MARKS["title"], "purpose": MARKS["purpose"]}
    create_project(store, slug="etude", **texts, **window, quota=Quota(), actor=SYSTEM, now=NOW - DAY)
    change_project(store, "etude", title=MARKS["title"] + " II", **at)
    set_quota(store, "etude", Quota(), **at)
    membership = grant_membership(store, person=MEMBER, project="etude", **window, actor=SYSTEM, now=NOW)
    habilitation = habilitate(store, window)
    revoke_habilitation(store, habilitation, reason=reason, actor=SYSTEM, now=NOW)
    revoke_membership(store, membership, reason=reason, actor=SYSTEM, now=NOW)
    set_retention(store, "etude", 36, reason=reason, actor=SYSTEM, now=NOW)
    place_hold(store, "etude", reason=reason, actor=AUDITOR, now=NOW)
    lift_hold(store, "etude", reason=reason, actor=AUDITOR, now=NOW)


def habilitate(store: Store, window: dict[str, datetime]) -> str:
    register_dataset(
        store,
        slug="sejours",
        title=Text(MARKS["title"], MARKS["title"]),
        owner="Zwowner",
        classification=Classification.SYNTHETIC,
        min_persons=11,
        person_column="ID",
        actor=SYSTEM,
        now=NOW - DAY,
    )
    person = {"person": MEMBER, "project": "etude", "dataset": "sejours"}
    return grant_habilitation(store, **person, **window, actor=SYSTEM, now=NOW)


def sign_in(store: Store) -> None:
    """Enrol, fail until the lock, and sign in."""
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = Accounts(store, SecretBox(Fernet.generate_key()), LockPolicy(), cheap)
    before, password, address = NOW - timedelta(minutes=10), MARKS["password"], MARKS["address"]
    activation = accounts.create(PERSON, actor=SYSTEM, now=before)
    secret = accounts.enrol(activation, password, now=before).secret
    accounts.confirm_enrolment(activation, pyotp.TOTP(secret).at(before), now=before)
    accounts.verify(PERSON, password, pyotp.TOTP(secret).at(NOW), now=NOW, terminal=Terminal(address))
    for name in (PERSON,) * 10 + ("zwnobody",):
        with contextlib.suppress(SignInRefused, Locked):
            accounts.verify(name, MARKS["password"] + "!", "000000", now=NOW, terminal=Terminal(address))
    accounts.create(PERSON, actor=SYSTEM, now=NOW)


async def work(ledger: KeyedLedger) -> None:
    """Everything that the gateway writes, with marks wherever a client chooses."""
    recording = Recording(ledger.aio, Watch(Terms()), "0123456789abcdef", PlainKeys().pseudonym)  # type: ignore[arg-type]
    workspace = OpenWorkspace(
        id="0" * 32,
        person=PERSON,
        project="etude",
        folder="/run/x",
        owner_uid=61000,
        inner_token="inner",
        hub_token="hub",
        oauth_client_id="client",
        image_digest="sha256:abc",
        mounted=("sejours",),
        data_sha256="0" * 64,
    )
    header = {"msg_type": "execute_request", "msg_id": MARKS["message id"], "username": PERSON, "session": "zwsession"}
    message = Message("shell", header, {}, {}, {"code": MARKS["code"]})
    origin = Origin(recording.sign_in(MARKS["session"]), MARKS["address"])
    kernel, terminal = (about(workspace, end, MARKS["label"], origin) for end in ("kernel", "terminal"))
    await recording.message(workspace, kernel, message, json.dumps([header, MARKS["code"]]))
    body = json.dumps({"path": MARKS["path"], "content": MARKS["code"]}).encode()
    request = Forwarded("PUT", f"/api/contents/{MARKS['path']}", {"X-Real-Ip": MARKS["address"]}, body)
    for kind in (Kind.FILE_WRITE, Kind.FILE_CHANGE, Kind.KERNEL_LIFECYCLE, Kind.SESSION_CHANGE, Kind.REQUEST):
        await recording.request(workspace, kind, "write", request, origin)
    await recording.opening(workspace, MARKS["label"], request, origin)
    await recording.terminal(workspace, terminal, json.dumps(["stdin", MARKS["terminal"]]))
    await recording.shown(workspace, MARKS["label"], 3, 4096)
    refusal = Refused(Text(MARKS["reason"], MARKS["reason"]))
    await recording.refusal(PERSON, "etude", f"GET /files/{MARKS['path']}", refusal, origin)


def export(bench: Bench) -> None:
    """A request with a marked file, sent back, answered, released, fetched, revoked; a refused one; a withdrawn one."""
    desk, at = bench.desk, {"now": bench.now}
    words = {"title": MARKS["title"], "purpose": MARKS["purpose"]}
    told = Declaration(OutputKind.TABLE, MARKS["title"], MARKS["comment"], MARKS["path"])
    path = bench.write(MARKS["path"].replace(".ipynb", ".csv"), MARKS["table"].encode())
    number = drafting.create(desk, actor=AUTHOR, project=PROJECT, **words, **at)
    drafting.add_file(desk, number, path, told, actor=AUTHOR, **at)
    bench.submit(number)
    for file in detail(desk, number, ADA, **at)["files"]:
        read_file(desk, number, file["id"], actor=ADA, **at)
    reviewing.comment(desk, number, MARKS["comment"], actor=ADA, public=False, **at)
    bench.vote(number, ADA)
    bench.vote(number, BEA)
    link = downloads.issue_link(desk, number, AUTHOR, actor=AUTHOR, **at)
    b"".join(downloads.open_download(desk, link, actor=AUTHOR, clock=bench.clock).chunks)
    downloads.revoke(desk, number, actor=AUTHOR, message=MARKS["reason"], **at)
    with pytest.raises(Refused):
        reviewing.reject(desk, bench.submitted("zwother.csv"), actor=AUTHOR, message=MARKS["reason"], **at)
    drafting.withdraw(desk, bench.draft("zwthird.csv"), actor=AUTHOR, message=MARKS["reason"], **at)


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


@pytest.fixture
async def day(keys: KeyStore, sqlite_template: Path, tmp_path: Path) -> KeyedLedger:
    """What one day leaves behind."""
    ledger = KeyedLedger(keys)
    (tmp_path / "projects" / PROJECT).mkdir(parents=True)
    shutil.copyfile(sqlite_template, tmp_path / "bureau.sqlite")
    bench = open_bench(tmp_path, ledger)
    try:
        populate(bench.desk.store)
        administer(bench.desk.store)
        sign_in(bench.desk.store)
        await work(ledger)
        export(bench)
    finally:
        bench.desk.store.close()
    return ledger


async def test_no_leaf_holds_a_name_an_address_a_path_or_a_word_that_somebody_typed(day: KeyedLedger):
    told = {event.kind: found for event, leaf in zip(day.events, day.leaves, strict=True) if (found := leaks(leaf))}
    assert told == {}
    assert len({event.kind for event in day.events}) > 40, "the day has become too short to prove anything"
    people = {event.actor for event in day.events} | {name for event in day.events for name in event.persons.values()}
    names = re.compile(rf"\b({'|'.join(sorted(name for name in people if ':' not in name))})\b")
    assert [leaf for leaf in day.leaves if names.search(leaf.decode())] == []


@pytest.mark.parametrize("mark", sorted(MARKS))
def test_each_mark_would_be_found(mark: str):
    for value in (MARKS[mark], f"x{MARKS[mark]}", MARKS[mark].encode().hex()):
        assert leaks(json.dumps({"subject": {"what": value}}).encode())
    assert leaks(json.dumps({"subject": {"what": hashlib.sha256(MARKS[mark].encode()).hexdigest()}}).encode())


async def test_who_knows_every_name_but_not_the_key_can_tell_nobody_apart(day: KeyedLedger, tmp_path: Path):
    pseudonyms = {value for leaf in day.leaves for value in _pseudonyms(json.loads(leaf))}
    stranger = KeyStore(tmp_path / "strangers-keys")
    people = {event.actor for event in day.events if ":" not in event.actor}
    assert {day._keys.pseudonym(name) for name in people} <= pseudonyms  # type: ignore[attr-defined]
    guessed = {stranger.pseudonym(name) for name in people}
    for name in people:
        for kind in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            for data in (name.encode(), b"person\n" + name.encode()):
                guessed.add("p" + hashlib.new(kind, data).hexdigest()[:32])
    assert not guessed & pseudonyms


def _pseudonyms(body: dict) -> Iterator[str]:
    yield from (
        value for value in (body["actor"], *body.get("persons", {}).values()) if not value.startswith("system:")
    )


async def test_once_a_name_is_forgotten_nothing_kept_tells_it(day: KeyedLedger, keys: KeyStore, tmp_path: Path):
    places = Places(tmp_path / "ledger")
    places.prepare()
    private, index = PrivateStore(places), IndexWriter(places)
    entries = [next(unpack(pack(prepare(event, keys)))) for event in day.events]
    private.add(0, entries)
    index.add(0, [entry.leaf for entry in entries])
    pseudonym = keys.pseudonym(PERSON)
    assert private.names([pseudonym]) == {pseudonym: PERSON}
    private.forget_person(pseudonym)
    private.forget(range(len(entries)))
    assert private.names([pseudonym]) == {}
    for store in (private, index):
        store.make_durable()
        store.close()
    left = b"".join(file.read_bytes() for file in places.root.rglob("*") if file.is_file())
    assert PERSON.encode() not in left
    assert MARKS["address"].encode() not in left
