"""Every path, tried at random: nothing is in place that the scanner, the checks and an outside steward did not pass."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from audit.testing import MemoryLedger
from hub_extensions.exports import storage
from hub_extensions.exports.testing import AUTHOR, COLLEAGUE, DAY, PROJECT, SETUP, STRANGER
from hub_extensions.imports import composing, reviewing
from hub_extensions.imports.acting import load
from hub_extensions.imports.advancing import resume
from hub_extensions.imports.composing import Target
from hub_extensions.imports.states import FINAL, State
from hub_extensions.imports.testing import DECLARATION, SAM, SUE, ImportBench, open_import_bench
from project_spaces.errors import BureauError
from project_spaces.facts import PlatformRole
from project_spaces.memberships import grant_membership
from project_spaces.people import create_person, grant_role, revoke_role
from project_spaces.store import Store

NAMES = ("a.csv", "b.csv")
GOOD, BAD = (b"n\n120\n", b"n\n240\n"), (b"VIRUS", b"BLOCK", b"CRASH")
#: A steward whom the random part leaves alone, so that somebody can always finish.
FRESH = "dan"
EVERYBODY = (AUTHOR, COLLEAGUE, STRANGER, SAM, SUE)

names, anybody = st.sampled_from(NAMES), st.sampled_from(EVERYBODY)


class Killed(BaseException):
    """The process ends here."""


class ImportMachine(RuleBasedStateMachine):
    """One import and everybody who could touch it."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")  # noqa: S108 - removed in teardown
        self.home = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None, prefix="bv-in-"))
        shutil.copyfile(self.template, self.home / "bureau.sqlite")
        self.ledger = MemoryLedger()
        self.bench = self.opened()
        self.request = composing.create(self.bench.desk, Target(PROJECT), "Registre", self.bench.by())
        #: Model: who accepted which files, as they were before his eyes.
        self.accepted: list[tuple[str, dict[str, bytes]]] = []
        self.unable = {AUTHOR, COLLEAGUE, STRANGER}
        self.recorded = 0
        self.countdown: int | None = None
        self.patch = pytest.MonkeyPatch()
        sync = storage.os.fsync
        self.patch.setattr(storage.os, "fsync", lambda descriptor: self.tick() or sync(descriptor))

    def opened(self) -> ImportBench:
        """The installation as a new process finds it."""
        return open_import_bench(self.home, self.ledger)

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
            away = self.bench.scanner.away
            self.bench.desk.store.close()
            self.bench = self.opened()
            self.bench.scanner.away = away
            return False
        return True

    def files(self) -> dict[str, bytes]:
        """Name → bytes in quarantine."""
        with self.bench.desk.store.read() as session:
            found = {file.name: file.sha256 for file in load(session, self.request).files}
        return {name: self.bench.desk.quarantine.path(sha256).read_bytes() for name, sha256 in found.items()}

    @rule(name=names, data=st.sampled_from(GOOD * 2 + BAD), who=st.sampled_from([AUTHOR] * 3 + [COLLEAGUE]))
    def somebody_sends(self, name: str, data: bytes, who: str) -> None:
        self.attempt(lambda: self.bench.send(self.request, name, data, self.bench.by(who)))

    @rule(who=st.sampled_from([AUTHOR] * 3 + [SAM]))
    def somebody_submits(self, who: str) -> None:
        desk = self.bench.desk
        self.attempt(lambda: composing.declare(desk, self.request, DECLARATION, self.bench.by(who)))
        self.attempt(lambda: composing.submit(desk, self.request, self.bench.by(who)))

    @rule(who=anybody)
    def somebody_accepts(self, who: str) -> None:
        files = self.files()
        if self.attempt(lambda: reviewing.approve(self.bench.desk, self.request, self.bench.by(who))):
            self.accepted.append((who, files))
            assert who not in self.unable

    @rule(who=anybody)
    def somebody_returns(self, who: str) -> None:
        self.attempt(lambda: reviewing.return_(self.bench.desk, self.request, "Précisez.", self.bench.by(who)))

    @rule(who=anybody)
    def somebody_takes_it_out(self, who: str) -> None:
        self.attempt(lambda: reviewing.remove(self.bench.desk, self.request, "Erreur.", self.bench.by(who)))

    @rule(has=st.sampled_from([True, True, False]))
    def the_role_comes_and_goes(self, *, has: bool) -> None:
        change = grant_role if has else revoke_role
        if self.attempt(
            lambda: change(self.bench.desk.store, SAM, PlatformRole.STEWARD, actor=SETUP, now=self.bench.now)
        ):
            (self.unable.discard if has else self.unable.add)(SAM)

    @precondition(lambda self: SUE not in self.unable)
    @rule()
    def a_steward_joins_the_project(self) -> None:
        window = {"starts_at": self.bench.now, "ends_at": self.bench.now + DAY}
        say = {"actor": SETUP, "now": self.bench.now}
        store = self.bench.desk.store
        if self.attempt(lambda: grant_membership(store, person=SUE, project=PROJECT, **window, **say)):
            self.unable.add(SUE)

    @rule(away=st.sampled_from([True, False, False]))
    def the_scanner_comes_and_goes(self, *, away: bool) -> None:
        self.bench.scanner.away = away

    @rule()
    def the_system_goes_on(self) -> None:
        self.attempt(lambda: resume(self.bench.desk, now=self.bench.now))

    @rule()
    def the_ledger_is_away_for_a_moment(self) -> None:
        self.ledger.stop()
        before = self.bench.state(self.request)
        self.the_system_goes_on()
        assert self.bench.state(self.request) is before, "something moved without its record"
        self.ledger.start()

    @rule(after=st.integers(0, 4))
    def the_process_will_die(self, after: int) -> None:
        self.countdown = after

    @invariant()
    def what_is_in_place_was_accepted_by_a_steward_from_outside(self) -> None:
        state = self.bench.state(self.request)
        if state is not State.RELEASED:
            return
        (folder,) = self.bench.folder().iterdir()
        found = {file.name: file.read_bytes() for file in folder.iterdir() if file.name in NAMES}
        assert self.accepted
        assert self.accepted[-1][1] == found
        assert not set(found.values()) & set(BAD)

    @invariant()
    def nothing_is_in_place_before(self) -> None:
        if self.bench.state(self.request) not in {State.RELEASED, State.REMOVED, State.APPROVED, State.IN_REVIEW}:
            folder = self.bench.folder()
            assert not folder.exists() or not [each for each in folder.iterdir() if not each.name.startswith(".")]

    @invariant()
    def the_record_only_grows(self) -> None:
        assert len(self.ledger.events) >= self.recorded
        self.recorded = len(self.ledger.events)

    def teardown(self) -> None:
        """No path dead-ends: from wherever this one stopped, willing people finish."""
        try:
            self.countdown = None
            self.bench.scanner.away = False
            for _ in range(6):
                if self.finish_one_step():
                    break
            assert self.bench.state(self.request) in FINAL | {State.RELEASED}
            self.what_is_in_place_was_accepted_by_a_steward_from_outside()
        finally:
            self.patch.undo()
            self.bench.desk.store.close()
            for folder in self.bench.folder().glob("*"):
                folder.chmod(0o700)
            shutil.rmtree(self.home)

    def finish_one_step(self) -> bool:
        """Do what is asked of whoever's turn it is; True at the end."""
        desk = self.bench.desk
        resume(desk, now=self.bench.now)
        state = self.bench.state(self.request)
        if state in FINAL | {State.RELEASED}:
            return True
        if state is State.IN_REVIEW:
            self.accepted.append((FRESH, self.files()))
            reviewing.approve(desk, self.request, self.bench.by(FRESH))
        elif state is State.SUBMITTED:  # a file that the checker can't get through
            composing.withdraw(desk, self.request, self.bench.by())
        else:
            for name in NAMES:
                self.bench.send(self.request, name, b"n\n999\n")
            composing.declare(desk, self.request, DECLARATION, self.bench.by())
            composing.submit(desk, self.request, self.bench.by())
        return False


@pytest.fixture(scope="module")
def with_a_fresh_steward(with_stewards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populated database and one more steward."""
    file = tmp_path_factory.mktemp("machine") / "bureau.sqlite"
    shutil.copyfile(with_stewards, file)
    store = Store(f"sqlite:///{file}", MemoryLedger())
    say = {"actor": SETUP, "now": open_import_bench(file.parent, MemoryLedger()).now - DAY}
    create_person(store, username=FRESH, display_name=FRESH, email="dan@example.org", **say)
    grant_role(store, FRESH, PlatformRole.STEWARD, **say)
    store.close()
    return file


def test_every_path(with_a_fresh_steward: Path) -> None:
    machine = type("Machine", (ImportMachine,), {"template": with_a_fresh_steward})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
