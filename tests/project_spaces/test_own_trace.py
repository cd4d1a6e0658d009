"""What a person did opens for that person alone: through sign-ins, changed and lost passwords, and guesses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from audit.events import Event, Kind
from audit.index import Index
from audit.trace_keys import Cause
from project_spaces.accounts import Accounts
from project_spaces.errors import Conflict, Invalid, Locked, Refused, Unavailable
from project_spaces.lockout import LockPolicy
from project_spaces.own_trace import OwnTrace
from project_spaces.passwords import Passwords
from project_spaces.people import create_person
from project_spaces.secret_box import SecretBox
from project_spaces.store import Store
from tests.audit.recorder_process import RecorderProcess
from tests.project_spaces.conftest import NOW, SYSTEM

FIRST, SECOND = "the tides of Iroise", "the lights of Ouessant"
MINUTE = timedelta(minutes=1)


@dataclass
class Site:
    """A recorder, a database and two people with accounts."""

    recorder: RecorderProcess
    store: Store
    own: OwnTrace
    accounts: Accounts

    def enrol(self, person: str, password: str, at=NOW) -> None:
        """Make the account, or reset it, and sign in once."""
        code = self.accounts.create(person, actor=SYSTEM, now=at)
        secret = self.accounts.enrol(code, password, now=at).secret
        self.accounts.confirm_enrolment(code, pyotp.TOTP(secret).at(at), now=at)
        self.own.signed_in(person, password, now=at)

    def run(self, person: str, code: bytes) -> int:
        self.own.keys._sessions.clear()  # a minute has passed
        (receipt,) = self.store.record(Event(Kind.KERNEL_MESSAGE, person, "etude", NOW, {}, code))
        return receipt.index

    def read(self, person: str, password: str, *entries: int, at=NOW) -> list[bytes]:
        self.store.ledger.settle()
        index = Index(self.recorder.places)
        try:
            return [one.message for one in self.own.open_own(index, person, password, entries, now=at)]
        finally:
            index.close()

    def kinds(self, kind: Kind, person: str) -> list[dict]:
        self.store.ledger.settle()
        index = Index(self.recorder.places)
        found = [dict(row.subject) for row in index.search(kind=kind, actor=person)]
        index.close()
        return found[::-1]


@pytest.fixture(autouse=True)
def cheap_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are not about the cost of a guess."""
    monkeypatch.setattr("audit.passphrase.MEMORY_KIB", 64)
    monkeypatch.setattr("audit.passphrase.PASSES", 1)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    recorder = RecorderProcess(tmp_path / "ledger").start()
    store = Store(sqlite_url, recorder.client())
    for name in ("ana", "ben"):
        address = f"{name}@example.org"
        create_person(store, username=name, display_name=name, email=address, actor=SYSTEM, now=NOW - MINUTE)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = Accounts(store, SecretBox(Fernet.generate_key()), LockPolicy(), cheap)
    yield Site(recorder, store, OwnTrace(store, recorder.keys, LockPolicy(failures=3)), accounts)
    store.close()
    recorder.close()


def test_what_a_person_ran_opens_with_the_persons_password_and_the_look_is_recorded(site: Site):
    site.enrol("ana", FIRST)
    entry = site.run("ana", b"a = 1")
    assert site.read("ana", FIRST, entry) == [b"a = 1"]
    assert site.kinds(Kind.AUDIT_READ, "ana") == [{"what": "own", "own": True, "entries": 1}]
    assert {"change": "trace key", "cause": "first"} in site.kinds(Kind.ACCOUNT_CHANGED, "ana")


def test_nobody_elses_entry_opens_whoever_knows_which_password(site: Site):
    site.enrol("ana", FIRST)
    site.enrol("ben", SECOND)
    hers = site.run("ana", b"a = 1")
    for password in (FIRST, SECOND):
        with pytest.raises(Refused):
            site.read("ben", password, hers)


def test_signing_in_again_makes_nothing_and_the_same_password_hashed_anew_keeps_the_pair(site: Site):
    site.enrol("ana", FIRST)
    (key,) = site.own.standing("ana")
    assert site.own.signed_in("ana", FIRST, now=NOW) is None
    site.enrol("ana", FIRST, NOW + MINUTE)  # reset by an administrator; she takes the same password
    assert [one.id for one in site.own.standing("ana")] == [key.id]


def test_a_reset_without_the_old_password_is_told_and_the_old_entries_wait_for_the_old_password(site: Site):
    site.enrol("ana", FIRST)
    before = site.run("ana", b"before")
    site.enrol("ana", SECOND, NOW + MINUTE)
    after = site.run("ana", b"after")
    assert [key.cause for key in site.own.standing("ana")] == [Cause.RESET, Cause.FIRST]
    assert {"change": "trace key", "cause": "reset"} in site.kinds(Kind.ACCOUNT_CHANGED, "ana")
    assert site.read("ana", SECOND, after) == [b"after"]
    with pytest.raises(Refused):
        site.read("ana", SECOND, before)
    assert site.own.change_passphrase("ana", FIRST, SECOND, now=NOW) == 1
    assert site.read("ana", SECOND, before, after) == [b"before", b"after"]


def test_guessing_locks_as_guessing_at_sign_in_does_and_is_recorded(site: Site):
    site.enrol("ana", FIRST)
    entry = site.run("ana", b"a = 1")
    for number in range(3):
        with pytest.raises(Locked if number == 2 else Refused):
            site.read("ana", f"{FIRST} {number}", entry)
    with pytest.raises(Locked):
        site.read("ana", FIRST, entry)
    with pytest.raises(Locked):
        site.own.change_passphrase("ana", FIRST, SECOND, now=NOW)
    with pytest.raises(Locked):
        site.accounts.verify("ana", FIRST, "000000", now=NOW)
    assert site.kinds(Kind.AUDIT_READ, "ana") == []
    assert site.kinds(Kind.REFUSAL, "ana") == [{"what": "own trace", "cause": "password"}] * 3
    assert site.read("ana", FIRST, entry, at=NOW + timedelta(hours=1)) == [b"a = 1"]


def test_without_the_ledger_no_pair_is_made_and_nothing_opens(site: Site):
    site.enrol("ben", FIRST)
    entry = site.run("ben", b"b = 1")
    code = site.accounts.create("ana", actor=SYSTEM, now=NOW)
    site.accounts.enrol(code, FIRST, now=NOW)
    site.store.ledger.settle()
    site.recorder.stop()
    with pytest.raises(Unavailable):
        site.own.signed_in("ana", FIRST, now=NOW)
    assert site.own.standing("ana") == []
    index = Index(site.recorder.places)
    with pytest.raises(Unavailable):
        site.own.open_own(index, "ben", FIRST, [entry], now=NOW)
    index.close()
    site.recorder.start()


def test_who_signs_in_elsewhere_sets_a_phrase_once(site: Site):
    for phrase in ("short", "x" * 300):
        with pytest.raises(Invalid):
            site.own.set_passphrase("ana", phrase, now=NOW)
    site.own.set_passphrase("ana", FIRST, now=NOW)
    entry = site.run("ana", b"a = 1")
    assert site.read("ana", FIRST, entry) == [b"a = 1"]
    with pytest.raises(Conflict):
        site.own.set_passphrase("ana", SECOND, now=NOW)
    site.own.change_passphrase("ana", FIRST, SECOND, now=NOW)
    assert site.read("ana", SECOND, entry) == [b"a = 1"]


def test_a_forgotten_phrase_is_replaced_and_what_was_before_stays_closed(site: Site):
    with pytest.raises(Conflict):
        site.own.replace_passphrase("ana", FIRST, now=NOW)  # there is nothing to replace
    site.own.set_passphrase("ana", FIRST, now=NOW)
    before = site.run("ana", b"before")
    site.own.replace_passphrase("ana", SECOND, now=NOW + MINUTE)
    after = site.run("ana", b"after")
    assert [key.cause for key in site.own.standing("ana")] == [Cause.RESET, Cause.FIRST]
    assert site.read("ana", SECOND, after) == [b"after"]
    with pytest.raises(Refused):
        site.read("ana", SECOND, before)
    assert site.read("ana", FIRST, before) == [b"before"]  # who remembers it after all
    assert site.kinds(Kind.ACCOUNT_CHANGED, "ana") == [
        {"change": "trace key", "cause": "first"},
        {"change": "trace key", "cause": "reset"},
    ]


def test_pairs_are_not_made_without_end(site: Site, monkeypatch: pytest.MonkeyPatch):
    """Each pair is tried when an entry is opened: thousands of them would keep a core busy for an hour."""
    monkeypatch.setattr("project_spaces.own_trace.MOST_PAIRS", 3)
    site.own.set_passphrase("ana", FIRST, now=NOW)
    for number in (1, 2):
        site.own.replace_passphrase("ana", SECOND, now=NOW + number * MINUTE)
    with pytest.raises(Conflict):
        site.own.replace_passphrase("ana", FIRST, now=NOW + 3 * MINUTE)
    assert len(site.own.standing("ana")) == 3


def test_a_key_that_follows_a_password_gets_no_phrase_of_its_own(site: Site):
    """Who sits at an open session of somebody else locks that person out of nothing."""
    site.enrol("ana", FIRST)
    entry = site.run("ana", b"a = 1")
    for act in (site.own.set_passphrase, site.own.replace_passphrase):
        with pytest.raises(Conflict):
            act("ana", SECOND, now=NOW)
    with pytest.raises(Refused):
        site.own.change_passphrase("ana", FIRST, SECOND, now=NOW)  # SECOND is not the password
    assert site.read("ana", FIRST, entry) == [b"a = 1"]
    assert len(site.own.standing("ana")) == 1


def test_without_the_ledger_a_phrase_is_neither_set_nor_replaced(site: Site):
    site.own.set_passphrase("ana", FIRST, now=NOW)
    site.recorder.stop()
    with pytest.raises(Unavailable):
        site.own.replace_passphrase("ana", SECOND, now=NOW)
    with pytest.raises(Unavailable):
        site.own.set_passphrase("ben", SECOND, now=NOW)
    assert len(site.own.standing("ana")) == 1
    assert not site.own.standing("ben")
