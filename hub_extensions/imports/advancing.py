"""What happens by itself: submitted files are scanned and looked into, accepted ones put in their place.

State is committed before effects and every effect can be repeated, so a stop between any two lines is taken up by
``resume``, which the worker calls every few seconds. What prevents a step is written on the import's page.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from hub_extensions.exports.checks.findings import Finding, block, verdict_of
from hub_extensions.imports.acting import By, Turn, acting, load
from hub_extensions.imports.contents import SCHEMA_SUFFIX, asked_columns
from hub_extensions.imports.desk import SYSTEM, ImportDesk
from hub_extensions.imports.inspecting import Inspected, InspectOrder
from hub_extensions.imports.permissions import may_judge
from hub_extensions.imports.placing import place_of, put_in_project, take_out, write_version
from hub_extensions.imports.records import ImportFile, ImportRequest
from hub_extensions.imports.scanning import Scan
from hub_extensions.imports.states import ADVANCING, FINAL, Act, State
from project_spaces.catalogue.publications import CatalogueCard, read_card
from project_spaces.catalogue.schema import field_type, table_schema
from project_spaces.datasets import DatasetVersion, get_dataset, latest_version, register_manifest
from project_spaces.errors import BureauError, Conflict, Unavailable
from project_spaces.facts import PlatformRole
from project_spaces.manifests import Manifest, read_verified
from project_spaces.notifications import Topic
from project_spaces.owner_perimeters import stewards_of
from project_spaces.people import holders
from project_spaces.text import Text

AWAITED = Text("Un import vers {} attend votre examen.", "An import into {} awaits your judgement.")
BLOCKED = Text(
    "Votre import vers {} est bloqué par les contrôles : lisez ce qu'ils ont trouvé.",
    "Your import into {} is blocked by the checks: read what they found.",
)
IN_PLACE = Text("Votre import vers {} est en place.", "Your import into {} is in place.")
NOT_ANY_MORE = Text(
    "La personne qui a accepté l'import n'en a plus le droit : une autre doit le juger.",
    "Whoever accepted the import may no longer do so: somebody else must judge it.",
)
DAMAGED = Text("Un fichier en quarantaine est endommagé.", "A file in quarantine is damaged.")
TAKEN = Text(
    "Une autre version de ce nom a été enregistrée entre-temps : renvoyez ou abandonnez l'import.",
    "Another version of that name was registered in the meantime: return or withdraw the import.",
)
MOVED = Text("L'import a changé entre-temps.", "The import changed in the meantime.")


@dataclass(frozen=True)
class Resumed:
    """Imports that moved, and those that wait on: what prevents them is on their page."""

    moved: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    """An import as it was when the slow part began."""

    edition: int
    files: tuple[tuple[str, str, str], ...]  # id, name, sha256
    schemas: Mapping[str, Mapping[str, Any]]
    asked: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Seen:
    """What the scanner said, and what the files hold where it found nothing."""

    scans: Sequence[Scan]
    looked: Sequence[Inspected] | None

    def of(self, number: int) -> tuple[Finding, ...]:
        """Everything that was found in one file."""
        return (*_malware(self.scans[number]), *(self.looked[number].findings if self.looked else ()))


def resume(desk: ImportDesk, *, now: datetime) -> Resumed:
    """Do every step that waits, each by itself; doing it again changes nothing."""
    with desk.store.read() as session:
        query = select(ImportRequest.id).where(ImportRequest.state.in_(ADVANCING))
        waiting = list(session.scalars(query.order_by(ImportRequest.changed_at, ImportRequest.id)))
        gone = [
            (str(each.project), str(each.place))
            for each in session.scalars(select(ImportRequest).where(ImportRequest.state == State.REMOVED))
        ]
    for project, place in gone:
        take_out(desk, project, place)
    moved = tuple(request_id for request_id in waiting if advance(desk, request_id, now=now))
    return Resumed(moved, tuple(each for each in waiting if each not in moved))


def advance(desk: ImportDesk, request_id: str, *, now: datetime) -> bool:
    """Do the step that one import waits for; tells whether it moved."""
    with desk.alone():
        before = state_of(desk, request_id)
        try:
            if before is State.SUBMITTED:
                _check(desk, request_id, now)
            elif before is State.APPROVED:
                _place(desk, request_id, now)
        except BureauError as error:
            with suppress(BureauError):  # the ledger may be what does not answer
                _hold(desk, request_id, error.text, now)
        return state_of(desk, request_id) is not before


def sweep(desk: ImportDesk, *, now: datetime) -> int:
    """Delete from quarantine what no open import refers to, after a day; returns how many files."""
    kept_in = set(State) - FINAL - {State.RELEASED}  # what is in its place needs no second copy
    with desk.alone(), desk.store.read() as session:
        query = select(ImportFile.sha256).join(ImportRequest, ImportRequest.id == ImportFile.request_id)
        kept = set(session.scalars(query.where(ImportRequest.state.in_(kept_in), ImportFile.removed_at.is_(None))))
        return desk.quarantine.sweep(kept.__contains__, now_s=now.timestamp())


def state_of(desk: ImportDesk, request_id: str) -> State:
    """Where an import stands."""
    with desk.store.read() as session:
        return load(session, request_id).state


def _check(desk: ImportDesk, request_id: str, now: datetime) -> None:
    """Scan first: nothing of ours opens a file before the scanner has seen it."""
    plan = _planned(desk, request_id)
    paths = [desk.quarantine.path(sha256) for _, _, sha256 in plan.files]
    for _, _, sha256 in plan.files:
        if not desk.quarantine.intact(sha256):
            raise Unavailable(DAMAGED)
    scans = desk.scanner(paths, now)
    if len(scans) != len(paths):
        raise Unavailable(DAMAGED)
    infected = any(scan.found for scan in scans)
    seen = _Seen(scans, None if infected else desk.inspector(_order(desk, plan)))
    _conclude(desk, request_id, plan, seen, now)


def _planned(desk: ImportDesk, request_id: str) -> _Plan:
    with desk.store.read() as session:
        request = load(session, request_id)
        schemas, asked = _dictionary(desk, session, request)
        files = tuple((file.id, file.name, file.sha256) for file in request.files)
        return _Plan(request.edition, files, schemas, asked)


def _dictionary(
    desk: ImportDesk, session: Session, request: ImportRequest
) -> tuple[Mapping[str, Mapping[str, Any]], Mapping[str, tuple[str, ...]]]:
    """What the data set's latest version says of each table: from its card when there is one, else its manifest."""
    if request.dataset is None:
        return {}, {}
    version = latest_version(session, request.dataset)
    if version is None:
        raise Conflict(MOVED)
    manifest = read_verified(desk.layout.dataset_dir(request.dataset, version.version), version.manifest_sha256)
    asked = {
        table.name: asked_columns([vars(column) for column in table.columns], manifest.person_column)
        for table in manifest.tables
    }
    if session.get(CatalogueCard, (request.dataset, version.version)) is not None:
        card = read_card(session, request.dataset, version.version)
        return {table.name: table_schema(table, "fr") for table in card.tables}, asked
    return _schemas(manifest), asked


def _schemas(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    return {
        table.name: {"fields": [{"name": each.name, "type": field_type(each.type)} for each in table.columns]}
        for table in manifest.tables
    }


def _order(desk: ImportDesk, plan: _Plan) -> InspectOrder:
    by_name = {name: desk.quarantine.path(sha256) for _, name, sha256 in plan.files}
    files = tuple((path, name, by_name.get(f"{Path(name).stem}{SCHEMA_SUFFIX}")) for name, path in by_name.items())
    return InspectOrder(files, plan.schemas, plan.asked)


def _conclude(desk: ImportDesk, request_id: str, plan: _Plan, seen: _Seen, now: datetime) -> None:
    found = [seen.of(number) for number in range(len(plan.files))]
    missing = _missing_tables(plan)
    blocked = bool(missing) or any(verdict_of(each).value == "block" for each in found)
    act, kind = (Act.BLOCK, Kind.IMPORT_BLOCKED) if blocked else (Act.PASS, Kind.IMPORT_CHECKED)
    rules = sorted({finding.rule for each in found for finding in each})
    facts = {"files": len(plan.files), "engine": seen.scans[0].engine}
    with acting(desk, request_id, act, By(SYSTEM, now), kind=kind, subject=facts, content={"rules": rules}) as turn:
        if turn.request.edition != plan.edition + 1:
            raise Conflict(MOVED)
        for number, file in enumerate(turn.request.files):
            said = (*found[number], *(missing if number == 0 else ()))
            file.findings = [each.to_wire() for each in said]
            file.verdict = verdict_of(said).value
            file.scanner = seen.scans[number].engine
            file.type = seen.looked[number].type if seen.looked else None
        if blocked:
            turn.tell(turn.request.author, Topic.TASK, BLOCKED)
        else:
            _ask(turn)


def _missing_tables(plan: _Plan) -> list[Finding]:
    sent = {Path(name).stem for _, name, _ in plan.files}
    return [
        block(
            "schema.missing_table",
            name,
            f"Il manque la table « {name} » : une version contient toutes les tables du jeu.",
            f"The table “{name}” is missing: a version holds every table of the data set.",
        )
        for name in plan.schemas
        if name not in sent
    ]


def _malware(scan: Scan) -> tuple[Finding, ...]:
    return tuple(
        block(
            "malware.found",
            "",
            f"L'antivirus a reconnu {name} : retirez ce fichier et prévenez son producteur.",
            f"The malware scanner recognised {name}: take this file out and tell who made it.",
        )
        for name in scan.found
    )


def _ask(turn: Turn) -> None:
    """Ask every steward who may judge it."""
    request, session = turn.request, turn.session
    if request.dataset is None:
        stewards = holders(session, PlatformRole.STEWARD)
    else:
        stewards = stewards_of(session, [get_dataset(session, request.dataset).owner])
    for each in stewards:
        if may_judge(session, each.username, request, turn.by.now):
            turn.tell(each.username, Topic.TASK, AWAITED, page="import-review")


def _place(desk: ImportDesk, request_id: str, now: datetime) -> None:
    """Look once more at who accepted it, write, then commit that it is there."""
    with desk.store.read() as session:
        request = load(session, request_id)
        holds = request.decided_by is not None and may_judge(session, request.decided_by, request, now)
        before = None if request.dataset is None else latest_version(session, request.dataset)
    if not holds:
        _reopen(desk, request_id, now)
        return
    desk.store.require_settled()
    sha256 = put_in_project(desk, request) if request.dataset is None else _register(desk, request, before, now)
    place = place_of(request) if request.dataset is None else None
    with acting(
        desk, request_id, Act.PLACE, By(SYSTEM, now), kind=Kind.IMPORT_RELEASED, subject={"manifest_sha256": sha256}
    ) as turn:
        if turn.request.edition != request.edition + 1:
            raise Conflict(MOVED)
        turn.request.manifest_sha256, turn.request.place = sha256, place
        turn.request.released_at = now
        turn.tell(turn.request.author, Topic.DATA, IN_PLACE)


def _register(desk: ImportDesk, request: ImportRequest, before: DatasetVersion | None, now: datetime) -> str:
    """Write and register the version; a stop after the registration finds it registered, and goes on from there."""
    with desk.store.read() as session:
        known = session.get(DatasetVersion, (str(request.dataset), str(request.version)))
    if known is not None and known.manifest_sha256 == request.manifest_sha256:
        return known.manifest_sha256
    if known is not None or before is None:
        raise Conflict(TAKEN)
    manifest = write_version(desk, request, before)
    facts = {"request": request.id, "change": "prepared", "manifest_sha256": manifest.sha256}
    with desk.store.write(Event(Kind.IMPORT_CHANGED, SYSTEM, None, now, facts)) as writing:
        load(writing, request.id).manifest_sha256 = manifest.sha256
    register_manifest(desk.store, manifest, actor=str(request.decided_by), now=now)
    return manifest.sha256


def _reopen(desk: ImportDesk, request_id: str, now: datetime) -> None:
    with acting(desk, request_id, Act.REOPEN, By(SYSTEM, now), kind=Kind.IMPORT_CHANGED) as turn:
        turn.request.decided_by = None
        turn.request.hold = list(NOT_ANY_MORE)
        _ask(turn)


def _hold(desk: ImportDesk, request_id: str, text: Text, now: datetime) -> None:
    """Write on the import's page why it waits; the same reason is written once."""
    with desk.store.read() as session:
        request = load(session, request_id)
        if request.hold == list(text) or request.state not in ADVANCING:
            return
        project = request.project
    facts = {"request": request_id, "refused": "import.step"}
    with desk.store.write(Event(Kind.REFUSAL, SYSTEM, project, now, facts)) as session:
        load(session, request_id).hold = list(text)
