"""A small platform around the desk, for the tests of this room and of those that show it (as ``audit.testing``).

Two projects, an author who is also a reviewer elsewhere, a colleague, a stranger, three reviewers from outside and one
who was in the project once; a checker that judges by what is written in the files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub_extensions.exports import drafting, reviewing, submitting
from hub_extensions.exports.acting import load
from hub_extensions.exports.checking import CheckOrder
from hub_extensions.exports.checks import FileVerdict, Finding, Severity, Verdict
from hub_extensions.exports.desk import Desk, Rules, open_desk
from hub_extensions.exports.details import detail
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.requests import OutputKind
from hub_extensions.exports.states import State
from hub_extensions.exports.voting import Ballot
from project_spaces.facts import PlatformRole
from project_spaces.memberships import grant_membership, revoke_membership
from project_spaces.people import create_person, grant_role
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.store import LedgerLike, Store
from project_spaces.text import Text

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
SETUP = "system:test"

AUTHOR, COLLEAGUE, STRANGER = "alice", "carl", "zoe"
#: Reviewers from outside; the last one was in the project once and is no outsider any more.
ADA, BEA, CYD, ONCE = "ada", "bea", "cyd", "eve"
PROJECT = "readmission"
DECLARATION = Declaration(OutputKind.TABLE, "Taux par âge", "Effectifs < 11 masqués", "analysis.ipynb")


class SettableChecker:
    """Judges by what is written in a file: BLOCK, FLAG, CRASH, LIE; normalises by ending lines the same way."""

    def __init__(self) -> None:
        self.orders: list[CheckOrder] = []
        self.during: Callable[[], object] = lambda: None

    def __call__(self, order: CheckOrder) -> Sequence[FileVerdict]:
        self.orders.append(order)
        self.during()
        verdicts = [self._judge(order, number, file) for number, file in enumerate(order.files)]
        return verdicts[:-1] if any(b"LIE" in file.read_bytes() for file in order.files) else verdicts

    def _judge(self, order: CheckOrder, number: int, file: Path) -> FileVerdict:
        data = file.read_bytes()
        if b"CRASH" in data:
            raise MemoryError
        rule = Finding("table.small_count", Severity.BLOCK, "B3", Text("Effectif de 4.", "Count of 4."))
        if b"BLOCK" in data:
            return FileVerdict(file, Verdict.BLOCK, "text/csv", None, (rule,))
        normalised = order.out_dir / f"{number}.csv"
        normalised.write_bytes(data.replace(b"\r\n", b"\n"))
        return FileVerdict(file, Verdict.FLAG if b"FLAG" in data else Verdict.PASS, "text/csv", normalised, ())


@dataclass
class Bench:
    """The desk under test and short names for what tests do with it again and again."""

    desk: Desk
    ledger: LedgerLike
    checker: SettableChecker
    home: Path
    now: datetime = NOW

    @property
    def project_dir(self) -> Path:
        """The project's shared folder, as its members write in it."""
        return self.desk.project_dir(PROJECT)

    def clock(self) -> datetime:
        """The time of this bench."""
        return self.now

    def write(self, name: str, data: bytes = b"age,n\r\n40,120\r\n") -> str:
        """Write a file into the project folder and return its path there."""
        file = self.project_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return name

    def draft(self, *names: str, recipients: Sequence[str] = ()) -> str:
        """A draft with these files (written when they do not exist)."""
        request_id = drafting.create(
            self.desk,
            actor=AUTHOR,
            project=PROJECT,
            title="Réadmissions",
            purpose="Article",
            now=self.now,
            recipients=recipients,
        )
        for name in names:
            if not (self.project_dir / name).exists():
                self.write(name)
            drafting.add_file(self.desk, request_id, name, DECLARATION, actor=AUTHOR, now=self.now)
        return request_id

    def submit(self, request_id: str) -> State:
        """Submit as the author."""
        return submitting.submit(self.desk, request_id, actor=AUTHOR, now=self.now).state

    def submitted(self, *names: str, recipients: Sequence[str] = ()) -> str:
        """A request in the reviewers' hands."""
        request_id = self.draft(*(names or ("rate.csv",)), recipients=recipients)
        self.submit(request_id)
        return request_id

    def vote(self, request_id: str, reviewer: str, ballot: Ballot = Ballot.APPROVE) -> State:
        """The same vote on every file that this reviewer still owes."""
        page = detail(self.desk, request_id, reviewer, now=self.now)
        state = State(page["state"])
        for file in page["files"]:
            if file["owed"]:
                state = reviewing.vote(
                    self.desk, request_id, file["id"], ballot, actor=reviewer, now=self.now, comment="Voir le tableau."
                )
        return state

    def released(self, *names: str, recipients: Sequence[str] = ()) -> str:
        """A request that went all the way."""
        request_id = self.submitted(*names, recipients=recipients)
        self.vote(request_id, ADA)
        self.vote(request_id, BEA)
        return request_id

    def state(self, request_id: str) -> State:
        """Where a request stands."""
        with self.desk.store.read() as session:
            return load(session, request_id).state

    def join(self, person: str, starts_at: datetime | None = None) -> None:
        """Make somebody a member of the project."""
        grant_membership(
            self.desk.store,
            person=person,
            project=PROJECT,
            starts_at=starts_at or self.now,
            ends_at=self.now + 30 * DAY,
            actor=SETUP,
            now=self.now,
        )


def open_bench(home: Path, ledger: LedgerLike, *, rules: Rules | None = None, url: str | None = None) -> Bench:
    """Open the desk whose state is in *home* and in the database at *url* (a SQLite file in *home* by default)."""
    checker = SettableChecker()
    desk = open_desk(
        Store(url or f"sqlite:///{home}/bureau.sqlite", ledger),
        exports_dir=home / "exports",
        key_file=home / "release.pem",
        project_dir=lambda slug: home / "projects" / slug,
        dataset_dir=lambda slug, version: home / "data" / slug / version,
        rules=rules or Rules(),
        checker=checker,
    )
    return Bench(desk, ledger, checker, home)


def populate(store: Store) -> None:
    """People, roles, projects and memberships."""
    for name in (AUTHOR, COLLEAGUE, STRANGER, ADA, BEA, CYD, ONCE):
        create_person(
            store, username=name, display_name=name.title(), email=f"{name}@example.org", actor=SETUP, now=NOW - DAY
        )
    for name in (ADA, BEA, CYD, ONCE, AUTHOR):  # the author holds the role too: not for own requests
        grant_role(store, name, PlatformRole.REVIEWER, actor=SETUP, now=NOW - DAY)
    for slug in (PROJECT, "other"):
        create_project(
            store,
            slug=slug,
            title=slug.title(),
            purpose="Étude",
            starts_at=NOW - 30 * DAY,
            ends_at=NOW + 300 * DAY,
            quota=Quota(),
            actor=SETUP,
            now=NOW - DAY,
        )
    for name in (AUTHOR, COLLEAGUE, ONCE):
        membership = grant_membership(
            store,
            person=name,
            project=PROJECT,
            starts_at=NOW - 30 * DAY,
            ends_at=NOW + 300 * DAY,
            actor=SETUP,
            now=NOW - DAY,
        )
        if name == ONCE:
            revoke_membership(store, membership, actor=SETUP, now=NOW - DAY)
