"""A small platform around the import desk, for the tests of this room and of those that show it.

The people are the export desk's (``exports.testing``) and three stewards; scanner and inspector judge by what is
written in the files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hub_extensions.exports.checks.findings import block, flag
from hub_extensions.exports.testing import AUTHOR, DAY, NOW, PROJECT, SETUP
from hub_extensions.imports import composing, reviewing
from hub_extensions.imports.acting import By
from hub_extensions.imports.advancing import advance, state_of
from hub_extensions.imports.composing import Declaration, Target
from hub_extensions.imports.desk import ImportDesk, Rules, open_import_desk
from hub_extensions.imports.inspecting import Inspected, InspectOrder
from hub_extensions.imports.records import Content
from hub_extensions.imports.scanning import Scan
from hub_extensions.imports.states import State
from project_spaces.errors import Unavailable
from project_spaces.facts import PlatformRole
from project_spaces.layout import Layout
from project_spaces.people import create_person, grant_role
from project_spaces.store import LedgerLike, Store
from project_spaces.text import Text

#: Stewards from outside the project.
SAM, SUE = "sam", "sue"
DECLARATION = Declaration(Content.DATA, "Registre REIN 2024", "Article 6.1.e du RGPD", "Licence Ouverte 2.0", True)
ENGINE = "Test engine 1"


@dataclass
class SettableScanner:
    """Finds what says it is found; *away* is an engine that does not answer."""

    away: bool = False
    seen: list[Path] = field(default_factory=list)

    def __call__(self, files: Sequence[Path], now: datetime) -> list[Scan]:  # noqa: ARG002 - the protocol's signature
        if self.away:
            raise Unavailable(Text("L'antivirus ne répond pas.", "The malware scanner does not answer."))
        self.seen += files
        return [Scan(("Test.Virus",) if b"VIRUS" in file.read_bytes() else (), ENGINE) for file in files]


@dataclass
class SettableInspector:
    """Judges by what is written in a file: BLOCK, FLAG, CRASH."""

    orders: list[InspectOrder] = field(default_factory=list)

    def __call__(self, order: InspectOrder) -> Sequence[Inspected]:
        self.orders.append(order)
        return [self._look(path) for path, _, _ in order.files]

    def _look(self, path: Path) -> Inspected:
        data = path.read_bytes()
        if b"CRASH" in data:
            raise Unavailable(Text("Le contrôle s'est arrêté.", "The check stopped."))
        found = [block("type.refused", "", "Refusé.", "Refused.")] if b"BLOCK" in data else []
        found += [flag("identifier.header", "id", "Identifiant.", "Identifier.")] if b"FLAG" in data else []
        return Inspected("csv", tuple(found))


@dataclass
class ImportBench:
    """The desk under test, and short names for what tests do with it again and again."""

    desk: ImportDesk
    ledger: LedgerLike
    scanner: SettableScanner
    inspector: SettableInspector
    home: Path
    now: datetime = NOW

    def by(self, actor: str = AUTHOR) -> By:
        """Who acts, at this bench's time."""
        return By(actor, self.now)

    def send(self, request_id: str, name: str, data: bytes, by: By | None = None) -> None:
        """Receive one file."""
        with composing.receiving(self.desk, request_id, name, by or self.by()) as part:
            part.write_bytes(data)

    def draft(self, files: dict[str, bytes] | None = None, target: Target | None = None, actor: str = AUTHOR) -> str:
        """An import with these files and a declaration."""
        request_id = composing.create(self.desk, target or Target(PROJECT), "Registre", self.by(actor))
        for name, data in (files or {"rein.csv": b"age,n\n40,12\n"}).items():
            self.send(request_id, name, data, self.by(actor))
        composing.declare(self.desk, request_id, DECLARATION, self.by(actor))
        return request_id

    def submitted(self, files: dict[str, bytes] | None = None) -> str:
        """An import that waits for the programs."""
        request_id = self.draft(files)
        composing.submit(self.desk, request_id, self.by())
        return request_id

    def checked(self, files: dict[str, bytes] | None = None) -> str:
        """An import that the programs have looked at."""
        request_id = self.submitted(files)
        advance(self.desk, request_id, now=self.now)
        return request_id

    def placed(self, files: dict[str, bytes] | None = None) -> str:
        """An import that went all the way."""
        request_id = self.checked(files)
        reviewing.approve(self.desk, request_id, self.by(SAM))
        advance(self.desk, request_id, now=self.now)
        return request_id

    def state(self, request_id: str) -> State:
        """Where an import stands."""
        return state_of(self.desk, request_id)

    def folder(self) -> Path:
        """The project's imports."""
        return self.desk.layout.imports_dir(PROJECT)


def open_import_bench(
    home: Path, ledger: LedgerLike, *, url: str | None = None, rules: Rules | None = None
) -> ImportBench:
    """Open the desk whose state is in *home* and in the database at *url* (a SQLite file in *home* by default)."""
    scanner, inspector = SettableScanner(), SettableInspector()
    opened = open_import_desk(
        Store(url or f"sqlite:///{home}/bureau.sqlite", ledger),
        quarantine_dir=home / "quarantine",
        layout=Layout(home / "storage"),
        rules=rules or Rules(),
        scanner=scanner,
    )
    desk = ImportDesk(opened.store, opened.quarantine, opened.layout, opened.rules, scanner, inspector)
    return ImportBench(desk, ledger, scanner, inspector, home)


def add_stewards(store: Store) -> None:
    """Two stewards from outside the project; the author holds the role too."""
    for name in (SAM, SUE):
        create_person(
            store, username=name, display_name=name.title(), email=f"{name}@example.org", actor=SETUP, now=NOW - DAY
        )
    for name in (SAM, SUE, AUTHOR):
        grant_role(store, name, PlatformRole.STEWARD, actor=SETUP, now=NOW - DAY)
