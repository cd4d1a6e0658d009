"""The ceremony and the unsealing, on a real recorder: a quorum opens, nobody else, and never without a record."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit import hybrid, shares
from audit.auditors import Auditor, make_key, plan, read_private, read_public
from audit.errors import KeysUnusable, Malformed
from audit.events import Event, Kind
from audit.index import Index
from audit.keystore import KeyStore
from audit.passphrase import WrongPassphrase
from audit.shares import OpenedShare
from audit.trace_keys import Cause
from audit.unsealing import Opened, UnsealRefused, open_own, unseal

from .verifiers.programs import installed

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
CODE = b"df.groupby('secret_column').size()"
NAMES = ("alice", "bob", "chloe")


class Site:
    """A recorder, its keys, and three auditors with theirs."""

    def __init__(self, recorder) -> None:
        self.recorder, self.client = recorder, recorder.client()
        self.keys: KeyStore = recorder.keys
        made = {name: make_key(name, None) for name in NAMES}
        self.auditors = [read_public(made[name][0], name) for name in NAMES]
        self.privates = {name: read_private(made[name][1], None) for name in NAMES}

    def hold(self, number: int = 1, threshold: int = 2, auditors: list[Auditor] | None = None) -> int:
        return self.keys.epochs.hold(plan(number, NOW, threshold, auditors or self.auditors))

    def run(self, person: str = "ana", code: bytes = CODE) -> int:
        event = Event(Kind.KERNEL_MESSAGE, person, "stays", NOW, {"channel": "shell"}, code)
        (receipt,) = self.client.append(event)
        self.client.settle()
        return receipt.index

    def bring(self, *names: str) -> list[OpenedShare]:
        sealed = [share for key in self.keys.epochs.all() for share in self.keys.epochs.shares(key)]
        return [
            shares.open_share(share, self.privates[share.slot.auditor])
            for share in sealed
            if share.slot.auditor in names
        ]

    def unseal(self, *entries: int, brought: list[OpenedShare], reason: str = "incident 7") -> list[Opened]:
        index = Index(self.recorder.places)
        asked = {"entries": entries, "brought": brought, "reason": reason, "actor": "system:audit.root", "now": NOW}
        try:
            return unseal(index, self.keys, self.client.append, **asked)
        finally:
            index.close()

    def unsealings(self) -> int:
        self.client.settle()
        index = Index(self.recorder.places)
        found = index.search(kind=Kind.AUDIT_UNSEALED)
        index.close()
        return len(found)


@pytest.fixture
def site(recorder):
    return Site(recorder)


def test_two_of_three_open_and_it_is_recorded_with_its_reason(site):
    site.hold()
    entry = site.run()
    (opened,) = site.unseal(entry, brought=site.bring("alice", "chloe"))
    assert (opened.index, opened.message) == (entry, CODE)
    index = Index(site.recorder.places)
    site.client.settle()
    (row,) = index.search(kind=Kind.AUDIT_UNSEALED)
    assert row.private["reason"] == "incident 7"
    assert row.private["auditors"] == "alice, chloe"
    assert row.names[row.persons["author"]] == "ana"
    index.close()


def test_nothing_on_the_server_opens_a_message_after_the_ceremony(site):
    before = site.run()
    assert site.keys.private_parts() > 0
    site.hold()
    site.keys._sessions.clear()
    after = site.run()
    assert site.keys.private_parts() == 0
    secrets = [file.read_bytes() for file in site.keys.directory.rglob("*") if file.is_file()]
    publics = {key.public for key in site.keys.epochs.all()}
    for data in secrets:
        for at in range(max(0, len(data) - hybrid.PRIVATE_SIZE) + 1):
            piece = data[at : at + hybrid.PRIVATE_SIZE]
            assert len(piece) != hybrid.PRIVATE_SIZE or len(data) > 4096 or hybrid.public_of(piece) not in publics
    for entry in (before, after):
        with pytest.raises(UnsealRefused, match="No quorum"):
            site.unseal(entry, brought=[])
    assert [each.message for each in site.unseal(before, after, brought=site.bring("bob", "chloe"))] == [CODE, CODE]


def test_one_share_does_not_open_and_nothing_is_recorded_as_opened(site):
    site.hold()
    entry = site.run()
    with pytest.raises(UnsealRefused, match="1 of 2"):
        site.unseal(entry, brought=site.bring("alice"))
    twice = site.bring("alice") * 2
    with pytest.raises(UnsealRefused, match="1 of 2"):
        site.unseal(entry, brought=twice)
    assert site.unsealings() == 0


def test_a_wrong_share_is_named(site):
    site.hold()
    entry = site.run()
    good, other = site.bring("alice", "bob")
    bad = OpenedShare(other.slot, bytes(len(other.value)))
    with pytest.raises(UnsealRefused, match="share of bob"):
        site.unseal(entry, brought=[good, bad])


def test_shares_of_another_month_do_not_count(site):
    site.hold()
    entry = site.run()
    site.keys.seal(b"x", "stays", NOW + timedelta(days=30), "0" * 32)
    december = [share for share in site.bring("alice", "bob") if share.slot.epoch == "2026-12"]
    assert len(december) == 2
    with pytest.raises(UnsealRefused, match="0 of 2"):
        site.unseal(entry, brought=december)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_without_a_reason_nothing_is_opened(site, reason):
    site.hold()
    entry = site.run()
    with pytest.raises(UnsealRefused, match="reason"):
        site.unseal(entry, brought=site.bring(*NAMES), reason=reason)


@pytest.mark.parametrize("entries", [(), (-1,), (10_000_000,)])
def test_entries_that_are_not_there_are_refused(site, entries):
    site.hold()
    site.run()
    with pytest.raises(UnsealRefused):
        site.unseal(*entries, brought=site.bring(*NAMES))


def test_with_the_ledger_gone_nothing_is_opened(site):
    site.hold()
    entry = site.run()
    brought, index = site.bring(*NAMES), Index(site.recorder.places)

    def refuse(_event: Event) -> None:
        raise KeysUnusable("down")

    asked = {"entries": [entry], "brought": brought, "reason": "r", "actor": "system:audit.root", "now": NOW}
    with pytest.raises(KeysUnusable):
        unseal(index, site.keys, refuse, **asked)
    index.close()


def test_another_auditors_key_does_not_open_a_share(site):
    site.hold()
    site.run()
    sealed = next(s for key in site.keys.epochs.all() for s in site.keys.epochs.shares(key) if s.slot.auditor == "bob")
    with pytest.raises(Malformed):
        shares.open_share(sealed, site.privates["alice"])


def test_a_later_ceremony_changes_who_opens_what_is_sealed_from_then_on(site):
    site.hold()
    first = site.run()
    site.hold(2, 2, site.auditors[1:])
    site.keys._sessions.clear()
    second = site.run()
    assert site.unseal(first, brought=site.bring("alice", "bob"))
    with pytest.raises(UnsealRefused, match="No quorum"):
        site.unseal(second, brought=site.bring("alice"))
    assert site.unseal(second, brought=site.bring("bob", "chloe"))


def test_a_ceremony_that_stopped_half_way_is_brought_to_its_end(site, monkeypatch):
    site.run()
    monkeypatch.setattr("audit.epochs.destroy", lambda _place: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(KeysUnusable):
        site.hold()
    monkeypatch.undo()
    assert site.keys.private_parts() > 0
    site.keys.epochs.finish()
    assert site.keys.private_parts() == 0


@pytest.mark.parametrize("threshold", [1, 4])
def test_a_threshold_that_one_person_or_nobody_meets_is_refused(site, threshold):
    with pytest.raises(Malformed, match="threshold"):
        plan(1, NOW, threshold, site.auditors)


def test_the_same_key_twice_is_refused(site):
    with pytest.raises(Malformed, match="same"):
        plan(1, NOW, 2, [site.auditors[0], Auditor("eve", site.auditors[0].public)])


def test_debians_ssss_puts_a_block_together(site):
    site.hold()
    site.run()
    brought = [share for share in site.bring("alice", "bob") if share.slot.project == "stays"]
    private = shares.combine(brought)
    typed = "".join(f"{share.slot.index}-{share.value[:16].hex()}\n" for share in brought)
    command = [installed("ssss-combine", "ssss"), "-t", "2", "-x", "-D", "-q"]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, check=True)
    assert private[:16].hex() in (done.stdout + done.stderr).lower()


def test_a_locked_key_opens_with_its_passphrase_alone():
    _, data = make_key("alice", "correct horse")
    assert len(read_private(data, "correct horse")) == hybrid.PRIVATE_SIZE
    for wrong in ("correct horsf", "", None):
        with pytest.raises(WrongPassphrase):
            read_private(data, wrong)


def test_keys_are_not_made_anew_beside_a_log_that_exists(tmp_path: Path):
    with pytest.raises(KeysUnusable):
        KeyStore(tmp_path / "gone", make=False)


class Own:
    """Somebody who reads own entries."""

    def __init__(self, site: Site, person: str) -> None:
        self.site, self.person = site, person

    def read(self, password: str, *entries: int) -> list[Opened]:
        index = Index(self.site.recorder.places)
        asked = {"person": self.person, "password": password, "entries": entries, "now": NOW}
        try:
            return open_own(index, self.site.keys, self.site.client.append, **asked)
        finally:
            index.close()


def test_the_author_opens_own_entries_and_nobody_elses(site):
    site.hold()
    for person in ("ana", "bruno"):
        site.keys.traces.make(site.keys.pseudonym(person), f"{person}'s password", Cause.FIRST, NOW)
    hers, his = site.run("ana"), site.run("bruno")
    assert [each.message for each in Own(site, "ana").read("ana's password", hers)] == [CODE]
    with pytest.raises(UnsealRefused, match="not yours"):
        Own(site, "ana").read("ana's password", his)
    with pytest.raises(UnsealRefused, match="password"):
        Own(site, "ana").read("bruno's password", hers)


def test_a_changed_password_locks_the_same_pair_and_a_reset_makes_another(site):
    pseudonym = site.keys.pseudonym("ana")
    assert site.keys.traces.ensure(pseudonym, "first", "m1", NOW) is not None
    entry = site.run()
    assert site.keys.traces.ensure(pseudonym, "first", "m1", NOW) is None
    site.keys.traces.relock(pseudonym, "first", "second", "m2")
    assert [each.message for each in Own(site, "ana").read("second", entry)] == [CODE]
    assert site.keys.traces.ensure(pseudonym, "third", "m3", NOW + timedelta(seconds=1)) is not None
    with pytest.raises(UnsealRefused, match="reset"):
        Own(site, "ana").read("third", entry)
    assert Own(site, "ana").read("second", entry)
