"""From approved to released: build the signed package, then commit that it exists.

The approval is committed before anything is built. Building changes nothing but content-addressed files, so a kill at
any point leaves an approved request that ``resume`` releases; the commit at the end looks at the votes once more.
"""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from audit.events import Kind, Scalar
from hub_extensions.exports import packaging
from hub_extensions.exports.acting import acting, load, new_id, noticing, stale
from hub_extensions.exports.assigning import assigned_well
from hub_extensions.exports.desk import SYSTEM, Desk
from hub_extensions.exports.packaging import Contents, PackagedFile
from hub_extensions.exports.planted import PLANTED, is_planted
from hub_extensions.exports.programs import kept_programs
from hub_extensions.exports.requests import ExportFile, ExportLink, ExportRelease, ExportRequest, ExportVote
from hub_extensions.exports.settling import live_votes, settle, tally_of
from hub_extensions.exports.states import Act, State
from hub_extensions.exports.storage import Frozen, on_disk
from hub_extensions.exports.telling import READY, tell
from hub_extensions.exports.voting import Tally
from project_spaces.errors import BureauError, Conflict
from project_spaces.text import Text

NOT_ENOUGH = Text(
    "Il manque des validations extérieures sur ces octets : la publication est bloquée.",
    "Approvals from outside on these bytes are missing: the release is blocked.",
)


@dataclass(frozen=True)
class Resumed:
    """What ``resume`` did: requests released, held (with a reason that their page shows) and reopened."""

    released: tuple[str, ...]
    held: tuple[str, ...]
    reopened: tuple[str, ...]


def release(desk: Desk, request_id: str, *, now: datetime) -> State:
    """Build the package of an approved request and hand it out; on any other request change nothing.

    Returns
    -------
    State
        where the request stands afterwards: ``in_review`` when a vote fell away in the meantime.

    Raises
    ------
    Conflict
        the frozen bytes are no longer those that were approved; the request stays approved and says so.
    Unavailable
        ledger or disk does not answer; ``resume`` tries again.
    """
    with desk.alone():
        if _look_again(desk, request_id, now) is not State.APPROVED:
            return _state(desk, request_id)
        desk.store.require_settled()
        try:
            contents, edition = _contents(desk, request_id)
            package = _build(desk, contents)
        except BureauError as error:
            _hold(desk, request_id, error.text, now)
            raise
        return _hand_out(desk, request_id, package, edition, now)


def release_if_possible(desk: Desk, request_id: str, *, now: datetime) -> State:
    """Release right after an approval; what prevents it is shown with the request, and ``resume`` tries again."""
    with suppress(BureauError):
        return release(desk, request_id, now=now)
    return State.APPROVED


def resume(desk: Desk, *, now: datetime) -> Resumed:
    """Finish what a stop left unfinished: votes that fell away, approved requests without a package.

    The worker calls it at start and every few seconds; calling it more often changes nothing.
    """
    states = {
        request_id: _attempt(desk, request_id, now)
        for request_id in _in(desk, State.SUBMITTED, State.IN_REVIEW, State.REVIEWED, State.APPROVED)
    }
    approved = [request_id for request_id, (before, _) in states.items() if before is State.APPROVED]
    return Resumed(
        released=tuple(each for each in states if states[each][1] is State.RELEASED),
        held=tuple(each for each in approved if states[each][1] is State.APPROVED),
        reopened=tuple(
            each
            for each in states
            if states[each][0] in {State.REVIEWED, State.APPROVED} and states[each][1] is State.IN_REVIEW
        ),
    )


def sweep(desk: Desk, *, now: datetime) -> int:
    """Delete copies that no request refers to (a submission that was killed) after a day; return how many."""
    with desk.alone():
        with desk.store.read() as session:
            files = session.execute(select(ExportFile.sha256, ExportFile.released_sha256)).all()
            packages = session.scalars(select(ExportRelease.sha256)).all()
            programs = kept_programs(session)
        kept = {sha256 for pair in files for sha256 in pair} | set(packages) | programs
        return desk.vault.sweep(kept.__contains__, now_s=now.timestamp())


def new_link(desk: Desk, recipient: str, now: datetime) -> ExportLink:
    """A link with the limits of the desk."""
    return ExportLink(
        id=new_id(),
        recipient=recipient,
        issued_at=now,
        expires_at=now + timedelta(days=desk.rules.download_days),
        max_count=desk.rules.download_max_count,
        used=0,
    )


def _attempt(desk: Desk, request_id: str, now: datetime) -> tuple[State, State]:
    before = _state(desk, request_id)
    with suppress(BureauError):  # what went wrong is on the request's page already; the others must not wait for it
        if before is State.APPROVED:
            return before, release(desk, request_id, now=now)
        return before, _look_again(desk, request_id, now)
    return before, _state(desk, request_id)


def _look_again(desk: Desk, request_id: str, now: datetime) -> State:
    """Settle when the votes no longer say what the state says (a reviewer joined the project since)."""
    required = desk.rules.reviewers_required
    with desk.store.read() as session:
        request = load(session, request_id)
        tally = tally_of(session, request, required=required, now=now)
        if _agrees(request, tally) and assigned_well(session, request, tally, now):
            return request.state
    with noticing(desk, request_id, Kind.EXPORT_CHANGED, now=now, noticed="votes") as turn:
        settle(turn)
        return turn.request.state


def _agrees(request: ExportRequest, tally: Tally) -> bool:
    """Whether every vote on record still counts and the state is the one that they give."""
    if {vote.reviewer for vote in live_votes(request)} != set(tally.voted):
        return False
    match request.state:
        case State.APPROVED:
            return tally.approved
        case State.REVIEWED:
            return tally.closed and not tally.approved
        case State.SUBMITTED | State.IN_REVIEW:
            return not tally.closed
        case _:
            return True


def _contents(desk: Desk, request_id: str) -> tuple[Contents, int]:
    with desk.store.read() as session:
        request = load(session, request_id)
        proofs = desk.prover(tuple(step.event_id for step in request.steps))
        contents = Contents(
            request=request.id,
            project=request.project,
            title=request.title,
            purpose=request.purpose,
            author=request.author,
            recipients=(*request.recipients, *(f"{each.name} ({each.organisation})" for each in request.outsiders)),
            approved_at=request.approved_at or request.changed_at,
            criteria={**(request.criteria or {}), "reviewers_required": desk.rules.reviewers_required},
            files=tuple(_packaged(desk, file, live_votes(request)) for file in request.leaving),
            proofs=proofs,
        )
        return contents, request.edition


def _packaged(desk: Desk, file: ExportFile, votes: list[ExportVote]) -> PackagedFile:
    """One file for the package; reviewers are numbered, not named: the package leaves the platform."""
    numbers = {name: number for number, name in enumerate(sorted({vote.reviewer for vote in votes}), start=1)}
    return PackagedFile(
        frozen=desk.vault.path(str(file.released_sha256)),
        source=file.path,
        name=str(file.released_name),
        sha256=str(file.released_sha256),
        size=file.released_size or 0,
        type=file.type or "",
        declaration={
            "kind": file.kind.value,
            "context": file.context,
            "controls": file.controls,
            "code": file.code,
            "original_sha256": str(file.sha256),
        },
        verdict=file.verdict or "",
        findings=file.findings,
        decisions=[
            {
                "reviewer": numbers[vote.reviewer],
                "ballot": vote.ballot.value,
                "round": vote.round,
                "at": vote.cast_at.isoformat(),
            }
            for vote in votes
            if vote.file_id == file.id
        ],
    )


def _build(desk: Desk, contents: Contents) -> Frozen:
    """Write the package beside the vault, then adopt it: a package that stops half-way never has a name."""
    with tempfile.TemporaryDirectory(prefix="package-", dir=desk.vault.scratch) as folder:
        target = Path(folder) / "package.zip"
        with on_disk():
            packaging.build(contents, desk.signer, target)
        return desk.vault.adopt(target, max_bytes=target.stat().st_size)


def _hand_out(desk: Desk, request_id: str, package: Frozen, edition: int, now: datetime) -> State:
    subject: dict[str, Scalar] = {"sha256": package.sha256, "size": package.size}
    with acting(
        desk, request_id, Act.RELEASE, actor=SYSTEM, now=now, kind=Kind.EXPORT_RELEASED, subject=subject
    ) as turn:
        request = turn.request
        tally = tally_of(turn.session, request, required=desk.rules.reviewers_required, now=now)
        if not tally.approved:
            raise Conflict(NOT_ENOUGH)
        if is_planted(turn.session, request_id):
            raise Conflict(PLANTED)
        if request.edition != edition + 1:
            raise stale()
        request.release = ExportRelease(
            sha256=package.sha256, size=package.size, key_id=desk.signer.key_id, released_at=now
        )
        request.hold = None
        for recipient in request.recipients:
            link = new_link(desk, recipient, now)
            request.links.append(link)
            turn.also(Kind.EXPORT_LINKED, persons={"recipient": recipient}, link=link.id)
            tell(turn, recipient, READY)
        return request.state


def _hold(desk: Desk, request_id: str, text: Text, now: datetime) -> None:
    """Write on the request's page why it is not released; the same reason is written once."""
    with desk.store.read() as session:
        if load(session, request_id).hold == list(text):
            return
    with noticing(desk, request_id, Kind.REFUSAL, now=now, refused=Kind.EXPORT_RELEASED.value) as turn:
        turn.request.hold = list(text)


def _state(desk: Desk, request_id: str) -> State:
    with desk.store.read() as session:
        return load(session, request_id).state


def _in(desk: Desk, *states: State) -> list[str]:
    with desk.store.read() as session:
        query = select(ExportRequest.id).where(ExportRequest.state.in_(states))
        return list(session.scalars(query.order_by(ExportRequest.changed_at, ExportRequest.id)))
