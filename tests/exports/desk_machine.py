"""Every path, tried at random: the desk against a model that knows only who said what on which bytes.

No path releases without two outside approvals of the very bytes that leave; no path ends where nothing can be done;
a stop in the middle of anything resumes. Attempts are made by everybody at every moment; most are refused.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.exports import drafting, reviewing, storage
from hub_extensions.exports.acting import load
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import revoke
from hub_extensions.exports.reading import read_file
from hub_extensions.exports.releasing import release, resume
from hub_extensions.exports.states import FINAL, UNDER_REVIEW, State
from hub_extensions.exports.testing import (
    ADA,
    AUTHOR,
    BEA,
    COLLEAGUE,
    CYD,
    DECLARATION,
    NOW,
    ONCE,
    SETUP,
    STRANGER,
    Bench,
    open_bench,
)
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import BureauError
from project_spaces.facts import PlatformRole
from project_spaces.people import grant_role, revoke_role

NAMES = ("a.csv", "b.csv")
GOOD, BAD = (b"n\n120\n", b"n\n240\n"), (b"BLOCK", b"CRASH")
#: Reviewers whom the random part leaves alone, so that somebody can always finish.
FRESH = ("dan", "fay", "gus")
VOTERS = (ADA, BEA, CYD, ONCE, AUTHOR, COLLEAGUE, STRANGER)

#: A reviewer approves more often than not.
LIKELY = (Ballot.APPROVE, Ballot.APPROVE, Ballot.REFUSE)
names, voters, ballots = st.sampled_from(NAMES), st.sampled_from(VOTERS), st.sampled_from(Ballot)


class Killed(BaseException):
    """The process ends here."""


class DeskMachine(RuleBasedStateMachine):
    """One request and everybody who could touch it."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")  # noqa: S108 - removed in teardown
        self.home = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None, prefix="bv-desk-"))
        shutil.copyfile(self.template, self.home / "bureau.sqlite")
        (self.home / "projects" / "readmission").mkdir(parents=True)
        self.ledger = MemoryLedger()
        self.bench = self.opened()
        self.request = self.bench.draft(*NAMES)
        #: Model: (reviewer, path, bytes that the reviewer was shown) → what the reviewer last said of them.
        self.said: dict[tuple[str, str, bytes], Ballot] = {}
        self.insiders = {AUTHOR, COLLEAGUE, ONCE, STRANGER}
        self.released = False
        self.recorded = 0
        self.countdown: int | None = None
        self.patch = pytest.MonkeyPatch()
        sync = storage.os.fsync
        self.patch.setattr(storage.os, "fsync", lambda descriptor: self.tick() or sync(descriptor))

    def opened(self) -> Bench:
        """The installation as a new process finds it."""
        return open_bench(self.home, self.ledger)

    def tick(self) -> None:
        """Count down to the chosen moment of death."""
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown < 0:
                self.countdown = None
                raise Killed

    def attempt(self, act: Callable[[], object]) -> bool:
        """Try; a refusal is an answer, a kill is followed by a restart."""
        try:
            act()
        except BureauError:
            return False
        except Killed:
            self.bench.desk.store.close()
            self.bench = self.opened()
            return False
        return True

    def files(self) -> dict[str, str]:
        """Path → id of the files in the request."""
        with self.bench.desk.store.read() as session:
            return {file.path: file.id for file in load(session, self.request).files}

    def shown(self, reviewer: str, path: str) -> bytes | None:
        """The bytes that a reviewer is shown, None when none."""
        desk = self.bench.desk
        try:
            return read_file(desk, self.request, self.files()[path], actor=reviewer, now=NOW).path.read_bytes()
        except (BureauError, KeyError):
            return None

    @rule(name=names, data=st.sampled_from(GOOD * 3 + BAD))
    def somebody_writes_in_the_workspace(self, name: str, data: bytes) -> None:
        self.bench.write(name, data)

    @rule(name=names)
    def the_author_takes_a_file_out_or_in(self, name: str) -> None:
        desk, files = self.bench.desk, self.files()
        who = {"actor": AUTHOR, "now": NOW}
        if name in files:
            self.attempt(lambda: drafting.remove_file(desk, self.request, files[name], **who))
        else:
            self.attempt(lambda: drafting.add_file(desk, self.request, name, DECLARATION, **who))

    @rule(recipients=st.sets(st.sampled_from([AUTHOR, COLLEAGUE, STRANGER]), max_size=2))
    def the_author_names_recipients(self, recipients: set[str]) -> None:
        desk = self.bench.desk
        self.attempt(
            lambda: drafting.describe(desk, self.request, actor=AUTHOR, now=NOW, recipients=sorted(recipients))
        )

    @initialize(
        begun=st.sampled_from(
            [
                "returned",
                "killed at the release",
                "approved by one who joined",
                "approved by one",
                "in conflict",
                "refused",
                "submitted",
                "draft",
            ]
        )
    )
    def it_begins(self, begun: str) -> None:
        """As a draft, submitted, judged by one or two, or killed while leaving: short ways to the rare places."""
        if begun == "draft":
            return
        self.bench.submit(self.request)
        if begun != "submitted":
            self.a_reviewer_votes_on_everything(ADA, Ballot.REFUSE if begun == "refused" else Ballot.APPROVE)
        if begun == "killed at the release":
            self.the_process_dies_while_a_reviewer_approves(BEA, 0)
            assert self.bench.state(self.request) is State.APPROVED
        if begun == "approved by one who joined":
            self.a_reviewer_joins_the_project(ADA)
        if begun == "returned":
            self.somebody_returns(BEA)
        if begun in {"in conflict", "refused"}:
            self.a_reviewer_votes_on_everything(BEA, Ballot.REFUSE)
            assert self.bench.state(self.request) is State.REVIEWED

    @rule(who=st.sampled_from([AUTHOR] * 4 + [COLLEAGUE, ADA]))
    def somebody_submits(self, who: str) -> None:
        from hub_extensions.exports.submitting import submit

        self.attempt(lambda: submit(self.bench.desk, self.request, actor=who, now=NOW))

    @rule(who=voters, name=names, ballot=ballots)
    def somebody_votes(self, who: str, name: str, ballot: Ballot) -> None:
        self.vote(who, name, ballot)

    @rule(who=st.sampled_from([ADA, BEA, CYD] * 2 + [AUTHOR, COLLEAGUE, ONCE]), ballot=st.sampled_from(LIKELY))
    def a_reviewer_votes_on_everything(self, who: str, ballot: Ballot) -> None:
        for name in NAMES:
            self.vote(who, name, ballot)

    def vote(self, who: str, name: str, ballot: Ballot) -> None:
        """Vote, and let the model note what the reviewer had before the eyes."""
        data, desk, file_id = self.shown(who, name), self.bench.desk, self.files().get(name, "0")
        before = self.live(who, file_id)
        self.attempt(
            lambda: reviewing.vote(desk, self.request, file_id, ballot, actor=who, now=NOW, comment="Parce que.")
        )
        if self.live(who, file_id) != before:  # it stands, even when the process died while releasing
            assert data is not None, "a vote on bytes that the voter could not see"
            self.said[who, name, data] = ballot

    def live(self, who: str, file_id: str) -> set[str]:
        """Ids of every vote that a person ever gave on a file."""
        with self.bench.desk.store.read() as session:
            votes = load(session, self.request).votes
            live = [vote for vote in votes if vote.void_at is None]
            assert len({(vote.reviewer, vote.file_id) for vote in live}) == len(live)
            return {vote.id for vote in votes if (vote.reviewer, vote.file_id) == (who, file_id)}

    @rule(who=st.sampled_from([ADA, BEA, CYD]), name=names)
    def a_reviewer_takes_a_vote_back(self, who: str, name: str) -> None:
        data, desk, file_id = self.shown(who, name), self.bench.desk, self.files().get(name, "0")
        if self.attempt(lambda: reviewing.unvote(desk, self.request, file_id, actor=who, now=NOW)):
            self.said.pop((who, name, data or b""), None)

    @rule(who=voters)
    def somebody_returns(self, who: str) -> None:
        desk = self.bench.desk
        self.attempt(lambda: reviewing.return_(desk, self.request, actor=who, now=NOW, message="Précisez."))

    @rule(who=voters)
    def somebody_rejects(self, who: str) -> None:
        desk = self.bench.desk
        self.attempt(lambda: reviewing.reject(desk, self.request, actor=who, now=NOW, message="Non."))

    @rule()
    def the_author_answers(self) -> None:
        desk = self.bench.desk
        self.attempt(lambda: reviewing.answer(desk, self.request, "Voici.", actor=AUTHOR, now=NOW))

    @precondition(lambda self: len(self.insiders) < 6)
    @rule(who=st.sampled_from([ADA, BEA]))
    def a_reviewer_joins_the_project(self, who: str) -> None:
        if self.attempt(lambda: self.bench.join(who)):
            self.insiders.add(who)

    @rule(who=st.sampled_from([ADA, BEA, CYD]), has=st.sampled_from([True, True, False]))
    def the_role_comes_and_goes(self, who: str, *, has: bool) -> None:
        change = grant_role if has else revoke_role
        store = self.bench.desk.store
        if self.attempt(lambda: change(store, who, PlatformRole.REVIEWER, actor=SETUP, now=NOW)):
            (self.insiders.discard if has and not self.joined(who) else self.insiders.add)(who)

    def joined(self, who: str) -> bool:
        """Whether a person was ever in the project."""
        from project_spaces.memberships import memberships

        with self.bench.desk.store.read() as session:
            return bool(memberships(session, person=who, project="readmission"))

    @rule()
    def the_system_resumes(self) -> None:
        self.attempt(lambda: resume(self.bench.desk, now=NOW))

    @rule()
    def somebody_asks_for_the_release(self) -> None:
        self.attempt(lambda: release(self.bench.desk, self.request, now=NOW))

    @rule(away=st.sampled_from([True, False, False]))
    def the_disk_loses_and_finds_its_files(self, *, away: bool) -> None:
        for file in self.home.glob("exports/objects/*/*"):
            if away != (file.suffix == ".away"):
                file.rename(file.with_suffix(".away" if away else ""))

    @rule(act=st.sampled_from(["submit", "vote", "resume"]))
    def the_ledger_is_away_for_a_moment(self, act: str) -> None:
        self.ledger.stop()
        before = self.bench.state(self.request)
        match act:
            case "submit":
                self.somebody_submits(AUTHOR)
            case "vote":
                self.a_reviewer_votes_on_everything(ADA, Ballot.APPROVE)
            case _:
                self.the_system_resumes()
        assert self.bench.state(self.request) is before, "something moved without its record"
        self.ledger.start()

    @rule(after=st.integers(0, 6))
    def the_process_will_die(self, after: int) -> None:
        self.countdown = after

    @rule(who=st.sampled_from([BEA, CYD]), after=st.integers(0, 2))
    def the_process_dies_while_a_reviewer_approves(self, who: str, after: int) -> None:
        self.countdown = after
        self.a_reviewer_votes_on_everything(who, Ballot.APPROVE)

    @rule(who=voters)
    def somebody_revokes(self, who: str) -> None:
        self.attempt(lambda: revoke(self.bench.desk, self.request, actor=who, now=NOW, message="Erreur."))

    @invariant()
    def what_left_was_approved_by_two_from_outside(self) -> None:
        if self.released or self.bench.state(self.request) not in {State.RELEASED, State.REVOKED}:
            return
        self.released = True
        with self.bench.desk.store.read() as session:
            request = load(session, self.request)
            package = self.bench.desk.vault.path(request.release.sha256)
            paths = [file.path for file in request.files]
        with zipfile.ZipFile(package) as archive:
            left = {name.removeprefix("files/"): archive.read(name) for name in archive.namelist() if "files/" in name}
        assert set(left) == set(paths)
        for path, data in left.items():
            approved = {
                reviewer
                for (reviewer, said_of, seen), ballot in self.said.items()
                if (said_of, seen, ballot) == (path, data, Ballot.APPROVE)
            }
            assert len(approved - self.insiders) >= 2, (path, self.said)
            assert data not in BAD

    @invariant()
    def the_record_only_grows(self) -> None:
        assert len(self.ledger.events) >= self.recorded
        self.recorded = len(self.ledger.events)
        assert len(self.ledger.of(Kind.EXPORT_RELEASED)) <= 1

    def teardown(self) -> None:
        """No path dead-ends: from wherever this one stopped, willing people finish."""
        try:
            self.countdown = None
            self.the_disk_loses_and_finds_its_files(away=False)
            for _ in range(6):
                if self.finish_one_step():
                    break
            assert self.bench.state(self.request) in FINAL | {State.RELEASED}
            self.what_left_was_approved_by_two_from_outside()
        finally:
            self.patch.undo()
            self.bench.desk.store.close()
            shutil.rmtree(self.home)

    def finish_one_step(self) -> bool:
        """Do what is asked of whoever's turn it is; True at the end."""
        desk, say = self.bench.desk, {"now": NOW}
        resume(desk, now=NOW)
        state = self.bench.state(self.request)
        if state in FINAL | {State.RELEASED}:
            return True
        if state in UNDER_REVIEW:
            for reviewer in FRESH:
                if self.bench.state(self.request) in UNDER_REVIEW:
                    for file in detail(desk, self.request, reviewer, now=NOW)["files"]:
                        self.vote(reviewer, file["path"], Ballot.APPROVE)
            if self.bench.state(self.request) is State.REVIEWED:
                reviewing.return_(desk, self.request, actor=FRESH[0], message="Corrigez.", **say)
        else:
            assert state is not State.APPROVED, "approved, nothing is lost, and no restart releases it"
            self.mend()
        return False

    def mend(self) -> None:
        """The author's turn: harmless bytes, an answer, at least one file, and submit again."""
        desk, say = self.bench.desk, {"actor": AUTHOR, "now": NOW}
        for name in NAMES:
            self.bench.write(name, b"n\n%d\n" % (1000 + len(self.said)))
        if self.bench.state(self.request) is State.RETURNED:
            reviewing.answer(desk, self.request, "Corrigé.", **say)
        if not self.files():
            drafting.add_file(desk, self.request, NAMES[0], DECLARATION, **say)
        self.bench.submit(self.request)
