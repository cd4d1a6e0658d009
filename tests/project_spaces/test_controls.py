"""The monthly control: each hit marked, a signature that commits to all of it, and nobody over own traces."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audit import canonical, merkle
from audit.events import Event, Kind
from audit.index import Index, IndexWriter
from audit.leaf import prepare
from audit.places import Places
from audit.private import PrivateStore
from audit.records import pack, unpack
from audit.tiles import TileWriter
from project_spaces.control_periods import END, ControlState, ControlTerms, month, month_of
from project_spaces.controls import Verdict, control_of, controls, mark, overdue
from project_spaces.errors import Conflict, Invalid, Refused
from project_spaces.facts import PlatformRole
from project_spaces.findings import FindingClass
from project_spaces.projects import change_project
from project_spaces.signing.signatures import sign
from project_spaces.signing.verified_log import Verified

from .conftest import NOW

TERMS = ControlTerms(ZoneInfo("Europe/Paris"), 10)
DAY = timedelta(days=1)
NEXT_MONTH = datetime(2026, 12, 3, 9, tzinfo=UTC)


class Log:
    """What the memory ledger holds, published so that it can be searched."""

    def __init__(self, folder, ledger) -> None:
        self.places, self.ledger, self.done = Places(folder), ledger, 0
        self.places.prepare()
        self.tiles = TileWriter(self.places.log, 0)
        self.writer, self.private = IndexWriter(self.places), PrivateStore(self.places)

    def record(self, *events: Event) -> list[int]:
        return [receipt.index for receipt in self.ledger.append(*events)]

    def index(self) -> Index:
        new = self.ledger.events[self.done :]
        packed = [entry for event in new for entry in unpack(pack(prepare(event, self.ledger._keys)))]
        for entry in packed:
            self.tiles.append(entry.leaf, merkle.hash_leaf(entry.leaf))
        self.tiles.publish()
        self.private.add(self.done, packed)
        self.writer.add(self.done, [entry.leaf for entry in packed])
        self.done = len(self.ledger.events)
        return Index(self.places)


@pytest.fixture
def world(world, tmp_path):
    world.person("odile", PlatformRole.AUDITOR)
    world.person("max", PlatformRole.AUDITOR)
    world.log = Log(tmp_path / "ledger", world.ledger)
    return world


def hit(world, *rules: str, actor: str = "ana", project: str | None = "etude", at: datetime = NOW) -> int:
    event = Event(Kind.KERNEL_MESSAGE, actor, project, at, rules=rules or ("outside@1",), content=b"cell")
    return world.log.record(event)[0]


def look(world, scope="etude", period="2026-11", now=NEXT_MONTH):
    with world.store.read() as session:
        return control_of(session, world.log.index(), scope, period, terms=TERMS, now=now)


def judge(world, *entries, scope="etude", verdict=Verdict.EXPLAINED, actor="odile", comment="Vu avec elle."):
    mark(
        world.store, world.log.index(), scope, entries,
        verdict=verdict, comment=comment, terms=TERMS, actor=actor, now=NEXT_MONTH,
    )  # fmt: skip


def verified(world, at: datetime, size: int | None = None) -> Verified:
    return Verified(len(world.ledger.events) if size is None else size, "ab" * 32, at)


def signed(world, scope="etude", period="2026-11", *, actor="odile", now=NEXT_MONTH, log: Verified | None = None):
    log = log or verified(world, now)
    return sign(world.store, world.log.index(), scope, period, terms=TERMS, verified=log, actor=actor, now=now)


def state(world, now, scope="etude", period="2026-11") -> ControlState:
    with world.store.read() as session:
        return {each.period.name: each.state for each in controls(session, scope, TERMS, now)}[period]


def test_a_signature_is_an_entry_that_commits_to_the_list_and_to_every_decision(world) -> None:
    first, second = hit(world), hit(world, "hours@1", "volume@1")
    refusal = world.log.record(Event(Kind.REFUSAL, "ana", "etude", NOW, {"status": 403}))[0]
    unsealing = world.log.record(Event(Kind.AUDIT_UNSEALED, "max", "etude", NOW))[0]
    judge(world, first)
    judge(world, second, verdict=Verdict.INCIDENT, comment="Signalé au RSSI.")
    row = signed(world)
    (event,) = world.ledger.of(Kind.AUDIT_REVIEWED)
    assert (event.actor, event.project, event.subject["period"]) == ("odile", "etude", "2026-11")
    counts = {key: event.subject[key] for key in ("hit", "refusal", "unsealing", "explained", "incident")}
    assert counts == {"hit": 2, "refusal": 1, "unsealing": 1, "explained": 1, "incident": 1}
    assert event.subject["digest"] == row.digest == hashlib.sha256(event.content).hexdigest()
    document = json.loads(event.content)
    assert canonical.dumps(document) == event.content
    assert [(each["entry"], each["verdict"], each["rules"]) for each in document["hits"]] == [
        (first, "explained", ["outside@1"]),
        (second, "incident", ["hours@1", "volume@1"]),
    ]
    assert document["hits"][0]["leaf"] == merkle.hash_leaf(world.ledger.leaves[first]).hex()
    assert (document["refusal"], document["unsealing"]) == ([refusal], [unsealing])
    assert state(world, NEXT_MONTH) is ControlState.SIGNED


def test_a_signature_names_the_log_that_was_verified_and_nothing_less_is_signed_over(world) -> None:
    """A hit that is in no list is absent; whoever holds a copy of the log that was named finds it."""
    entry = hit(world)
    judge(world, entry)
    end, index = month("2026-11", TERMS).until, world.log.index()
    late = end + timedelta(days=5)
    for log in (None, verified(world, late - DAY - timedelta(seconds=1)), verified(world, late + timedelta(seconds=1))):
        with pytest.raises(Conflict, match="Verify the ledger first"):
            sign(world.store, index, "etude", "2026-11", terms=TERMS, verified=log, actor="odile", now=late)
    early = verified(world, end - timedelta(seconds=1))
    with pytest.raises(Conflict, match="Verify the ledger first"):
        signed(world, now=end + timedelta(hours=1), log=early)
    with pytest.raises(Conflict, match="verify it again"):
        signed(world, log=verified(world, NEXT_MONTH, size=entry))
    log = verified(world, NEXT_MONTH - timedelta(hours=23))
    row = signed(world, log=log)
    assert json.loads(row.document)["verified"] == {"size": log.size, "root": log.root, "at": log.at.isoformat()}
    (event,) = world.ledger.of(Kind.AUDIT_REVIEWED)
    assert (event.subject["log_size"], event.subject["root"], row.log_size) == (log.size, log.root, log.size)


def test_each_hit_needs_a_verdict_first(world) -> None:
    first, second = hit(world), hit(world)
    judge(world, first)
    assert [each.index for each in look(world).unmarked] == [second]
    with pytest.raises(Invalid, match="1 hit"):
        signed(world)
    judge(world, second)
    signed(world)


def test_a_period_that_is_not_over_is_not_signed(world) -> None:
    with pytest.raises(Conflict, match="not over"):
        signed(world, now=NOW)
    signed(world, now=month("2026-11", TERMS).until)


def test_what_is_signed_does_not_change(world) -> None:
    entry = hit(world)
    judge(world, entry, verdict=Verdict.INCIDENT)
    judge(world, entry)  # before the signature a verdict may be given anew
    before = signed(world).document
    with pytest.raises(Conflict, match="does not change"):
        judge(world, entry, verdict=Verdict.INCIDENT)
    with pytest.raises(Conflict, match="signed already"):
        signed(world)
    assert look(world).summary.signed[0].document == before
    assert len(world.ledger.of(Kind.AUDIT_REVIEWED)) == 1


def test_a_hit_that_comes_after_the_signature_shows_as_late_and_makes_a_further_edition(world) -> None:
    judge(world, hit(world))
    first = signed(world)
    late = hit(world, "volume@1")
    assert [each.index for each in look(world).late] == [late]
    with pytest.raises(Invalid):
        signed(world)
    judge(world, late, verdict=Verdict.INCIDENT)
    second = signed(world)
    assert (first.edition, second.edition) == (1, 2)
    assert [each["entry"] for each in json.loads(second.document)["hits"]] == [late]
    assert [row.digest for row in look(world).summary.signed] == [first.digest, second.digest]
    assert look(world).late == ()


def test_members_and_people_without_the_role_control_nothing(world) -> None:
    entry = hit(world)
    world.member("max", "etude", days=1)
    for actor in ("max", "ana", "ben", "nobody"):
        with pytest.raises(Refused):
            judge(world, entry, actor=actor)
        with pytest.raises(Refused):
            signed(world, actor=actor)
    assert not look(world).marks


def test_an_auditors_own_hit_is_marked_by_another_and_then_either_may_sign(world) -> None:
    own = hit(world, "hours@1", actor="odile", project=None)
    named = world.log.record(
        Event(Kind.SIGNIN_FAILURE, "system:sign-in", None, NOW, persons={"claimed": "odile"}, rules=("signin@1",))
    )[0]
    for entry in (own, named):
        with pytest.raises(Refused, match="trace of yours"):
            judge(world, entry, scope=None)
    with pytest.raises(Invalid):
        signed(world, scope=None)
    judge(world, own, named, scope=None, actor="max")
    signed(world, scope=None)


def test_the_platform_takes_what_belongs_to_no_project(world) -> None:
    mine = hit(world)
    nowhere = hit(world, project=None)
    invented = hit(world, project="invented-by-a-client")
    assert [each.index for each in look(world, None).findings if each.what is FindingClass.HIT] == [nowhere, invented]
    for scope, entry in ((None, mine), ("etude", nowhere)):
        with pytest.raises(Invalid, match="no rule hit of this scope"):
            judge(world, entry, scope=scope)


def test_only_hits_are_marked_and_only_those_that_exist(world) -> None:
    plain = world.log.record(Event(Kind.MOUNT, "ana", "etude", NOW))[0]
    for entries in ((plain,), (10**6,), (-1,), ()):
        with pytest.raises(Invalid):
            judge(world, *entries)
    with pytest.raises(Invalid):
        judge(world, hit(world), comment=" ")


def test_months_are_those_of_paris(world) -> None:
    last_evening = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # half past midnight in Paris
    entry = hit(world, at=last_evening)
    before = hit(world, at=datetime(2026, 10, 31, 22, 30, tzinfo=UTC))
    assert [each.index for each in look(world).findings if each.what is FindingClass.HIT] == [entry]
    assert [each.index for each in look(world, period="2026-10").findings] == [before]
    assert month_of(last_evening, TERMS) == "2026-11"


def test_a_control_that_is_late_is_found_until_it_is_signed(world) -> None:
    assert state(world, NOW) is ControlState.RUNNING
    assert state(world, NEXT_MONTH) is ControlState.DUE
    last = datetime(2026, 12, 10, 22, 59, tzinfo=UTC)
    assert state(world, last) is ControlState.DUE
    assert state(world, last + timedelta(minutes=1)) is ControlState.OVERDUE
    with world.store.read() as session:
        late = [(each.scope, each.period.name) for each in overdue(session, TERMS, last + DAY)]
    assert late == [(None, "2026-11"), ("etude", "2026-11")]
    signed(world)
    signed(world, scope=None)
    with world.store.read() as session:
        assert overdue(session, TERMS, last + DAY) == []


def test_a_project_is_controlled_as_a_whole_at_its_end(world) -> None:
    with world.store.read() as session:
        assert END not in {each.period.name for each in controls(session, "etude", TERMS, NOW)}
    entry = hit(world)
    judge(world, entry)
    signed(world)
    change_project(world.store, "etude", ends_at=NEXT_MONTH, actor="system:test", now=NOW)
    assert state(world, NEXT_MONTH + DAY, period=END) is ControlState.DUE
    assert state(world, NEXT_MONTH + 32 * DAY, period=END) is ControlState.OVERDUE
    row = signed(world, period=END, now=NEXT_MONTH + DAY)
    assert [each["entry"] for each in json.loads(row.document)["hits"]] == [entry]  # the verdict given for its month
    with pytest.raises(Invalid):
        signed(world, scope=None, period=END)


def test_nothing_is_signed_while_the_ledger_is_silent(world) -> None:
    index = world.log.index()
    log = verified(world, NEXT_MONTH)
    world.ledger.stop()
    with pytest.raises(Exception, match="ledger"):
        sign(world.store, index, "etude", "2026-11", terms=TERMS, verified=log, actor="odile", now=NEXT_MONTH)
    world.ledger.start()
    assert state(world, NEXT_MONTH) is ControlState.DUE
