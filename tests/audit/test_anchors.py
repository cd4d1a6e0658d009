"""Real witness, real time-stamp authority, second place: each holds the log to its word, and shows a broken one."""

import hashlib
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.anchor_checks import WITNESSED, check_stamps, check_witnesses
from audit.anchors import Anchors
from audit.errors import LedgerUnavailable
from audit.events import Event, Kind
from audit.http_post import Unreachable
from audit.places import Places
from audit.policy import Policy
from audit.standings import COPY, COSIGNED, STAMP, standings
from audit.timestamp import Authority, kept
from audit.verify import Report, verify_log
from hub_extensions.commands.ledger import command

from .conftest import Log
from .lite_witness import LiteWitness
from .local_authority import LocalAuthority

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


class Site:
    """A ledger's folder with a log that a test grows, and everything outside that it is anchored to."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "ledger")
        self.places.prepare()
        self.log = Log(self.places.log)
        self.lite = LiteWitness().knows(self.log.signer.vkey).start()
        self.authority = LocalAuthority(folder / "authority")
        self.elsewhere = folder / "elsewhere"
        self.events: list[Event] = []

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.lite.policy)

    def anchors(self) -> Anchors:
        return Anchors(
            self.places,
            self.events.append,
            policy=self.policy,
            authority=Authority(self.authority.chain),
            authority_url=self.authority.url,
            copy_to=self.elsewhere,
        )

    def set(self, now: datetime) -> None:
        """Do what is due, one after the other: the copy comes last and holds what was set before it."""
        anchors = self.anchors()
        for name in anchors.tasks:
            anchors.run(name, now)

    def judge(self) -> Report:
        report = verify_log(self.places.log, self.log.signer.vkey)
        assert report.good
        check_witnesses(self.places.log, self.policy, self.log.signer_verifier, report)
        return report


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.elsewhere.mkdir()
    yield made
    made.lite.close()


def test_all_three_are_set_and_hold_on_the_log_and_on_its_copy(site):
    site.log.grow_to(300)
    site.set(NOW)
    assert [event.kind for event in site.events] == [Kind.LEDGER_COSIGNED, Kind.LEDGER_STAMPED, Kind.LEDGER_COPIED]
    assert kept(site.places.log) == [300]
    for folder in (site.places.log, site.elsewhere):
        report = verify_log(folder, site.log.signer.vkey)
        verifier = site.log.signer_verifier
        witnesses = check_witnesses(folder, site.policy, verifier, report)
        stamps = check_stamps(folder, Authority(site.authority.chain), verifier, report)
        assert report.good, report.problems
        assert [(each.who, each.size) for each in witnesses] == [("w1", 300)]
        assert [each.size for each in stamps] == [300]


def test_cosignatures_are_one_entry_an_hour_that_commits_to_what_was_cosigned(site):
    """Every cosignature is told of, and telling does not make the log grow by itself for ever."""
    for minute in range(121):
        site.log.grow_to(10 + minute)
        anchors = site.anchors()
        anchors.run(COSIGNED, NOW + timedelta(minutes=minute))
    told = [event for event in site.events if event.kind is Kind.LEDGER_COSIGNED]
    assert [(each.subject["size"], each.subject["fetched"]) for each in told] == [(10, 1), (70, 60), (130, 60)]
    assert all(each.subject["witnesses"] == "w1" and each.subject["enough"] for each in told)
    assert told[-1].content == (site.places.log / WITNESSED).read_bytes()
    assert told[-1].subject["digest"] == hashlib.sha256(told[-1].content).hexdigest()


def test_a_time_stamp_is_an_entry_that_commits_to_the_answer(site):
    site.log.grow_to(10)
    site.set(NOW)
    (told,) = [event for event in site.events if event.kind is Kind.LEDGER_STAMPED]
    answer = (site.places.log / "timestamp/10.tsr").read_bytes()
    assert told.content == answer
    assert told.subject["digest"] == hashlib.sha256(answer).hexdigest()


@pytest.mark.parametrize("off_s", [0, 60, -60])
def test_a_clock_that_was_wrong_from_the_start_is_seen_by_whoever_states_the_time(site, off_s):
    """Nothing on the machine jumps, and every entry is in order: only others know better."""
    site.log.grow_to(10)
    site.set(datetime.now(UTC) + timedelta(seconds=off_s))
    kinds = {Kind.LEDGER_COSIGNED, Kind.LEDGER_STAMPED}
    told = [event.subject["ahead_s"] for event in site.events if event.kind in kinds]
    assert told == pytest.approx([off_s] * 2, abs=5 if off_s else 0)
    found = standings(site.places)
    assert [found[name].ahead_s for name in ("witness w1", STAMP)] == pytest.approx([off_s] * 2, abs=5 if off_s else 0)


def test_a_witness_that_hangs_holds_up_neither_the_time_stamp_nor_the_copy(site, monkeypatch):
    site.log.grow_to(10)
    others_done = threading.Barrier(3)

    def hang(*_arguments: object) -> None:
        others_done.wait(timeout=30)  # breaks, and fails the test, when the others come after it
        raise Unreachable("at last")

    def record(event: Event) -> None:
        site.events.append(event)
        others_done.wait(timeout=30)

    monkeypatch.setattr("audit.anchors.cosign", hang)
    anchors = site.anchors()
    anchors._record = record
    anchors.tick(NOW)
    assert {event.kind for event in site.events} == {Kind.LEDGER_STAMPED, Kind.LEDGER_COPIED}
    assert standings(site.places)["witness w1"].why == "at last"


def test_openssl_verifies_a_stamp_as_the_page_says(site, tmp_path):
    site.log.grow_to(300)
    site.set(NOW)
    (tmp_path / "CHAIN.pem").write_bytes(site.authority.chain)
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    (line,) = re.findall(r"^(openssl ts -verify .*?) +#", page, re.MULTILINE)
    asked = line.replace("SIZE", "300").replace("CHAIN.pem", str(tmp_path / "CHAIN.pem")).split()
    done = subprocess.run(asked, cwd=site.elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (site.elsewhere / "timestamp/300.checkpoint").write_text("another")
    assert subprocess.run(asked, cwd=site.elsewhere, capture_output=True, check=False).returncode == 1


def test_each_is_set_again_when_its_time_has_come_also_by_another_process(site):
    site.log.grow_to(10)
    site.set(NOW)
    site.log.grow_to(20)
    site.set(NOW + timedelta(seconds=59))
    assert standings(site.places)["witness w1"].size == 10
    site.set(NOW + timedelta(minutes=60))
    found = standings(site.places)
    assert (found["witness w1"].size, found[STAMP].size, found[COPY].size) == (20, 20, 10)
    site.set(NOW - timedelta(days=400))  # a clock that was set back puts nothing off
    assert standings(site.places)[COPY].size == 20


def test_a_witness_that_joins_later_is_asked_about_the_same_checkpoint_as_the_others(site):
    site.log.grow_to(10)
    site.set(NOW)
    second = LiteWitness("witness.test/w2").knows(site.log.signer.vkey).start()
    try:
        first = site.lite.policy.partition("quorum")[0]
        policy = Policy.parse(f"{first}witness w2 {second.vkey} {second.url}\ngroup both all w1 w2\nquorum both\n")
        for seconds in (30, 60, 90):
            site.log.grow_to(10 + seconds)
            Anchors(site.places, site.events.append, policy=policy).tick(NOW + timedelta(seconds=seconds))
        judged = policy.judge((site.places.log / WITNESSED).read_text(), site.log.signer_verifier)
        assert judged.enough
        assert judged.checkpoint.size == 100
    finally:
        second.close()


@pytest.mark.parametrize("what", ["fork", "rollback"])
def test_a_rewritten_log_is_refused_by_the_witness_and_kept_as_contradicted(site, tmp_path, what):
    site.log.grow_to(300)
    site.set(NOW)
    good = (site.places.log / WITNESSED).read_text()
    rewritten = Log(tmp_path / "rewritten")
    rewritten.signer = site.log.signer
    rewritten.grow(b'{"n":"other"}')
    rewritten.grow_to(400 if what == "fork" else 200)
    for file in rewritten.folder.rglob("*"):
        if file.is_file():
            target = site.places.log / file.relative_to(rewritten.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (site.places.log / "log.vkey").write_text(site.log.signer.vkey + "\n")
    site.set(NOW + timedelta(minutes=2))
    standing = standings(site.places)["witness w1"]
    assert standing.contradicted == what
    assert [event.subject["what"] for event in site.events if event.kind is Kind.LEDGER_CONTRADICTED] == [what]
    assert (site.places.log / WITNESSED).read_text() == good
    report = verify_log(site.places.log, site.log.signer.vkey)
    check_witnesses(site.places.log, site.policy, site.log.signer_verifier, report)
    assert not report.good


def test_what_is_gone_is_kept_as_failing_with_its_reason_and_tried_again(site):
    site.log.grow_to(5)
    site.elsewhere.rmdir()
    site.lite.stop()
    site.set(NOW)
    found = standings(site.places)
    assert "is not there" in found[COPY].why
    assert found[COPY].failing_since == found["witness w1"].failing_since == NOW
    site.elsewhere.mkdir()
    site.lite.start()
    site.set(NOW + timedelta(minutes=6))
    assert all(each.failing_since is None for each in standings(site.places).values())


def test_an_anchor_that_the_ledger_did_not_take_is_set_again(site):
    site.log.grow_to(5)
    anchors = site.anchors()

    def refuse(_event: Event) -> None:
        raise LedgerUnavailable("down")

    anchors._record = refuse
    with pytest.raises(LedgerUnavailable):
        anchors.tick(NOW)
    assert STAMP not in standings(site.places)
    site.set(NOW + timedelta(minutes=1))
    assert standings(site.places)[STAMP].size == 5


def test_a_log_that_no_witness_cosigned_does_not_satisfy_a_policy(site):
    site.log.grow_to(5)
    assert [problem.where for problem in site.judge().problems] == [WITNESSED]
    (site.places.log / WITNESSED).write_text((site.places.log / "checkpoint").read_text())
    assert "too few witnesses" in site.judge().problems[0].en


def test_the_command_checks_what_others_state(site, tmp_path):
    site.log.grow_to(300)
    site.set(NOW)
    (tmp_path / "policy").write_text(site.lite.policy)
    (tmp_path / "tsa.pem").write_bytes(site.authority.chain)
    asked = ["verify", str(site.elsewhere), "--policy", str(tmp_path / "policy"), "--tsa", str(tmp_path / "tsa.pem")]
    good = CliRunner().invoke(command, [*asked, "--json"])
    assert good.exit_code == 0, good.output
    assert [each["size"] for each in json.loads(good.output)["anchored"]] == [300, 300]
    stamp = site.elsewhere / "timestamp/300.tsr"
    stamp.write_bytes(stamp.read_bytes()[:-1])
    bad = CliRunner().invoke(command, asked)
    assert bad.exit_code == 1
    assert "timestamp/300.tsr" in bad.output
