"""From draft to submitted: copy every file, have the copies checked, and only then move the request.

The slow part runs outside any transaction and changes nothing in the request; if it is killed, or the checker is, the
request is the draft it was. What was copied meanwhile is content-addressed: the next attempt finds it again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from audit import canonical
from audit.events import Event, Kind, Scalar
from hub_extensions.exports import permissions
from hub_extensions.exports.acting import acting, check_may, load, stale
from hub_extensions.exports.alongside import alongside, overtaken
from hub_extensions.exports.checking import CheckOrder, Earlier, judged, laid_out, population_of
from hub_extensions.exports.checks import FileVerdict, Finding, Verdict
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.drafting import checked_path
from hub_extensions.exports.programs import KEPT, freeze_programs
from hub_extensions.exports.releasing import release_if_possible
from hub_extensions.exports.requests import ExportFile, ExportRequest
from hub_extensions.exports.rules_in_words import criteria_of
from hub_extensions.exports.settling import settle, void_outdated
from hub_extensions.exports.standing import ProjectData, data_of, standing_of
from hub_extensions.exports.states import Act, State, check_act
from hub_extensions.exports.storage import Frozen
from project_spaces.errors import Conflict, Invalid, TooLarge
from project_spaces.text import Text

NO_FILE = Text("La demande ne contient aucun fichier à sortir.", "The request holds no file that would leave.")
BUSY = Text(
    "D'autres demandes de ce projet sont déposées en ce moment : réessayez dans un instant.",
    "Other requests of this project are being submitted: try again in a moment.",
)
#: Times that a submission is judged again because another one of the project overtook it.
MOST_ATTEMPTS = 4
NOTHING_NEW = Text(
    "Répondez aux vérificateurs ou corrigez un fichier avant de déposer à nouveau.",
    "Answer the reviewers or mend a file before submitting again.",
)


@dataclass(frozen=True)
class Checked:
    """What the checks said of one file of the project folder."""

    path: str
    verdict: Verdict
    type: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Submission:
    """What became of a submission: ``submitted``, or unchanged because a file is blocked."""

    state: State
    files: tuple[Checked, ...]


@dataclass(frozen=True)
class _Plan:
    """The request as it was when the slow part began."""

    project: str
    folder: Path
    edition: int
    paths: tuple[str, ...]
    earlier: tuple[Earlier, ...]
    data: ProjectData
    now: datetime
    #: What each file's author names as the program that made it.
    programs: Mapping[str, str] = field(default_factory=dict)
    #: Paths of the files that are evidence and never leave.
    supporting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Judged:
    """One file after the slow part: its frozen copy, the bytes that would be released, and the verdict."""

    path: str
    original: Frozen
    released: Frozen
    name: str
    verdict: FileVerdict
    population: dict[str, Any] | None

    @property
    def checked(self) -> Checked:
        return Checked(self.path, self.verdict.verdict, self.verdict.type, self.verdict.findings)


def pre_check(
    desk: Desk,
    project: str,
    paths: Sequence[str],
    *,
    actor: str,
    now: datetime,
    folder: Path | None = None,
    what: str = "before a request",
    told: Callable[[tuple[Checked, ...]], bytes] | None = None,
) -> tuple[Checked, ...]:
    """Say what the checks would say of files of the project folder, or of *folder*; nothing is stored or submitted, but
    it is recorded: what was tried before is part of how a result came to be asked for.

    Parameters
    ----------
    told
        what somebody will read of it, where that is put into a workspace: the entry commits to these bytes.

    Raises
    ------
    Refused
        *actor* may not take results out of the project.
    Invalid, TooLarge, Conflict, Unavailable
        as ``submit``.
    """
    with desk.store.read() as session:
        permissions.check_submitter(standing_of(session, actor, project, now))
        earlier, data = alongside(session, desk, project), _data(desk, session, project)
    place = folder or desk.project_dir(project)
    plan = _Plan(project, place, 0, tuple(checked_path(path) for path in paths), earlier, data, now)
    with desk.vault.aside() as vault:
        files = _judge(replace(desk, vault=vault), plan)
    tried = {file.path: {"sha256": file.original.sha256, "verdict": file.verdict.verdict.value} for file in files}
    facts: dict[str, Scalar] = {"what": what, "files": len(files)}
    checked = tuple(file.checked for file in files)
    content = tried if told is None else {"files": tried, "answer": hashlib.sha256(told(checked)).hexdigest()}
    desk.store.record(Event(Kind.EXPORT_CHECKED, actor, project, now, facts, canonical.dumps(content)))
    return checked


def submit(desk: Desk, request_id: str, *, actor: str, now: datetime) -> Submission:
    """Freeze the files, have them checked, and hand the request to the reviewers unless one is blocked.

    Raises
    ------
    Invalid
        there is no file, or one is empty.
    TooLarge
        a file is larger than the desk accepts.
    Conflict
        the request is not the author's to submit now, a file or the request changed meanwhile, the reviewers were
        not answered, or other requests of the project overtake this one again and again.
    Unavailable
        the disk, the ledger or the checker failed: the request is unchanged.
    """
    for _ in range(MOST_ATTEMPTS):
        with suppress(_Overtaken):
            return _attempt(desk, request_id, actor, now)
    raise Conflict(BUSY)


class _Overtaken(Exception):
    """Another request of the project was submitted while this one was judged, without being compared with it."""


def _attempt(desk: Desk, request_id: str, actor: str, now: datetime) -> Submission:
    plan = _plan(desk, request_id, actor, now)
    files = _judge(desk, plan)
    blocked = any(file.verdict.verdict is Verdict.BLOCK for file in files)
    programs = {} if blocked else freeze_programs(desk, plan.project, plan.programs.values())
    act, kind = (Act.EDIT, Kind.EXPORT_CHECKED) if blocked else (Act.SUBMIT, Kind.EXPORT_SUBMITTED)
    content = {
        file.path: {
            "sha256": file.original.sha256,
            "released_sha256": file.released.sha256,
            "verdict": file.verdict.verdict.value,
            "rules": sorted({finding.rule for finding in file.verdict.findings}),
            KEPT: programs.get(plan.programs[file.path]),
        }
        for file in files
    }
    with acting(desk, request_id, act, actor=actor, now=now, kind=kind, content=content) as turn:
        request = turn.request
        if request.edition != plan.edition + 1:
            raise stale()
        if not blocked and overtaken(plan.earlier, alongside(turn.session, desk, plan.project, but=request_id)):
            raise _Overtaken
        if not blocked:
            turn.also(Kind.EXPORT_CHECKED, files=len(files))
            _check_answered(request, files)
            request.round += 1
            request.submitted_at = now
            request.criteria = criteria_of(plan.data.policy)
        for row, file in zip(request.files, files, strict=True):
            _store(row, file, request, frozen=not blocked)
        if not blocked:
            void_outdated(turn)
            settle(turn)
        state = request.state
    if state is State.APPROVED:  # every file had its approvals from the round before
        state = release_if_possible(desk, request_id, now=now)
    return Submission(state, tuple(file.checked for file in files))


def fingerprint(file: ExportFile, request: ExportRequest) -> str:
    """What a vote is bound to: the bytes that would leave, every word that leaves with them, and to whom they go."""
    bound = {
        "sha256": file.released_sha256,
        "original": file.sha256,
        "name": file.released_name,
        "kind": file.kind.value,
        "context": file.context,
        "controls": file.controls,
        "code": file.code,
        "title": request.title,
        "purpose": request.purpose,
        "recipients": sorted(request.recipients),
        "public": bool(request.public),
        "outside": sorted(f"{each.name}\n{each.organisation}\n{each.mail}" for each in request.outsiders),
        "population": hashlib.sha256(json.dumps(file.population, sort_keys=True).encode()).hexdigest(),
    }
    return hashlib.sha256(canonical.dumps(bound)).hexdigest()


def _plan(desk: Desk, request_id: str, actor: str, now: datetime) -> _Plan:
    """Refuse early, before any byte is copied; everything is looked at again in the transaction."""
    with desk.store.read() as session:
        request = load(session, request_id)
        check_may(standing_of(session, actor, request.project, now), request, Act.SUBMIT)
        check_act(request.state, Act.SUBMIT)
        if not request.leaving:
            raise Invalid(NO_FILE)
        return _Plan(
            project=request.project,
            folder=desk.project_dir(request.project),
            edition=request.edition,
            paths=tuple(file.path for file in request.files),
            earlier=alongside(session, desk, request.project, but=request.id),
            data=_data(desk, session, request.project),
            now=now,
            programs={file.path: file.code for file in request.files},
            supporting=frozenset({file.path for file in request.files} - {file.path for file in request.leaving}),
        )


def _judge(desk: Desk, plan: _Plan) -> list[_Judged]:
    folder, limit = plan.folder, desk.rules.max_file_bytes
    if len(plan.paths) > desk.rules.max_files:
        raise TooLarge(
            Text(
                f"Au plus {desk.rules.max_files} fichiers par demande.",
                f"At most {desk.rules.max_files} files in a request.",
            )
        )
    originals = [desk.vault.freeze(folder, path, max_bytes=limit) for path in plan.paths]
    copies = [(desk.vault.path(frozen.sha256), path) for frozen, path in zip(originals, plan.paths, strict=True)]
    with laid_out(copies, plan.earlier, folder=desk.vault.scratch, beneath=folder) as (files, earlier, out_dir):
        names = tuple(file.name for file in files)
        evidence = frozenset(place for place, path in enumerate(plan.paths) if path in plan.supporting)
        data = plan.data
        order = CheckOrder(files, names, out_dir, data.policy, data.paths, earlier, evidence, plan.now, data.since)
        verdicts = judged(desk.checker, order)
        return [
            _keep(desk, path, original, verdict, population_of(verdict.file))
            for path, original, verdict in zip(plan.paths, originals, verdicts, strict=True)
        ]


def _keep(desk: Desk, path: str, original: Frozen, verdict: FileVerdict, population: dict[str, Any] | None) -> _Judged:
    """Take the normalised bytes into the vault: they are what people see and what leaves."""
    name = Path(path).name
    if verdict.normalised is None:
        return _Judged(path, original, original, name, verdict, population)
    # Serialising again may lengthen a file (quotes, spelled-out numbers); what bounds it is the original's limit.
    released = desk.vault.adopt(verdict.normalised, max_bytes=8 * desk.rules.max_file_bytes)
    return _Judged(path, original, released, Path(name).stem + verdict.normalised.suffix, verdict, population)


def _store(row: ExportFile, file: _Judged, request: ExportRequest, *, frozen: bool) -> None:
    row.verdict = file.verdict.verdict.value
    row.type = file.verdict.type
    row.findings = [finding.to_wire() for finding in file.verdict.findings]
    if frozen:
        row.sha256, row.size = file.original.sha256, file.original.size
        row.released_sha256, row.released_size = file.released.sha256, file.released.size
        row.released_name = file.name
        row.population = file.population
        row.fingerprint = fingerprint(row, request)


def _check_answered(request: ExportRequest, files: Sequence[_Judged]) -> None:
    """After a return, something must be new: an answer, a changed declaration, or other bytes."""
    kinds = [step.kind for step in request.steps]
    if Kind.EXPORT_RETURNED.value not in kinds:
        return
    since = kinds[len(kinds) - kinds[::-1].index(Kind.EXPORT_RETURNED.value) :]
    said = {Kind.EXPORT_ANSWERED.value, Kind.EXPORT_CHANGED.value} & set(since)
    before = [row.sha256 for row in request.files]
    if not said and before == [file.original.sha256 for file in files]:
        raise Conflict(NOTHING_NEW)


def _data(desk: Desk, session: Session, project: str) -> ProjectData:
    return data_of(session, project, base=desk.policy, dataset_dir=desk.dataset_dir)
