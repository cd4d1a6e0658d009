"""One request as one viewer may see it, with the reason for every button that is not for him."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from hub_extensions.exports import permissions
from hub_extensions.exports.acting import UNKNOWN, check_may, load, parties_of
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.outsiders import outside_of
from hub_extensions.exports.permissions import Standing
from hub_extensions.exports.programs import programs_of
from hub_extensions.exports.publishing.publications import may_publish, publication_of
from hub_extensions.exports.recalls import recall_of
from hub_extensions.exports.requests import OUTPUT_KIND_LABELS, ExportFile, ExportRequest
from hub_extensions.exports.reviewing import ALREADY, NOT_REFUSED
from hub_extensions.exports.rules_in_words import criteria_of, rules_page
from hub_extensions.exports.settling import live_votes, tally_of
from hub_extensions.exports.standing import data_of, standing_of
from hub_extensions.exports.states import OWNERS, STATE_LABELS, TURN, UNDER_REVIEW, Act, Owner, State, check_act
from hub_extensions.exports.views import Page, due_of, links_of, need_of, promised_if_submitted, stamp, words
from hub_extensions.exports.visibility import Eyes, eyes_of, numbering
from hub_extensions.exports.voting import OUTCOME_LABELS, Outcome, Tally
from project_spaces.errors import BureauError, NotFound, Unavailable
from project_spaces.text import Text

OUT = frozenset({State.RELEASED, State.REVOKED})


def detail(desk: Desk, request_id: str, viewer: str, *, now: datetime) -> Page:
    """Everything *viewer* may know of a request.

    Raises
    ------
    NotFound
        no such request, or none that concerns *viewer*.
    """
    with desk.store.read() as session:
        request = load(session, request_id)
        who = standing_of(session, viewer, request.project, now)
        role = _role(who, request)
        tally = tally_of(session, request, required=desk.rules.reviewers_required, now=now)
        eyes = eyes_of(viewer, request, tally, reviewer=role is Owner.REVIEWER)
        return {
            **_heading(desk, request),
            "rules": _rules(desk, session, request),
            "due_if_now": stamp(promised_if_submitted(desk, request, now)),
            "viewer_role": "member" if role is None else role.value,
            "need": need_of(tally, viewer) if role is Owner.REVIEWER and request.state in UNDER_REVIEW else None,
            "files": [
                _file(file, request, tally, eyes, program=file.path in programs_of(request)) for file in request.files
            ],
            "comments": _comments(request, eyes),
            "acts": _acts(who, request, tally),
            "timeline": _timeline(request, eyes),
            "release": _release(request),
            "recall": _recall(session, request, viewer, role),
            "public": bool(request.public),
            "publication": publication_of(session, request.id),
            "may_publish": may_publish(session, desk, request, viewer, now),
            "repositories": sorted(desk.repositories),
            "outside": outside_of(session, request) if role in {Owner.AUTHOR, Owner.REVIEWER} else [],
            "links": links_of(
                [each for each in request.links if role is Owner.AUTHOR or each.recipient == viewer], now
            ),
        }


def _role(who: Standing, request: ExportRequest) -> Owner | None:
    """In which part somebody looks on; a member of the project who is not the author has none."""
    parties = parties_of(request)
    if who.username == parties.author:
        return Owner.AUTHOR
    if permissions.is_reviewer(who, parties):
        if request.state is State.DRAFT:
            raise NotFound(UNKNOWN)
        return Owner.REVIEWER
    if who.member:
        return None
    if who.username in parties.recipients and request.state in OUT:
        return Owner.RECIPIENT
    raise NotFound(UNKNOWN)


def _heading(desk: Desk, request: ExportRequest) -> Page:
    return {
        "id": request.id,
        "project": request.project,
        "title": request.title,
        "purpose": request.purpose,
        "author": request.author,
        "recipients": list(request.recipients),
        "state": request.state.value,
        "state_label": words(STATE_LABELS[request.state]),
        "turn": TURN[request.state],
        "round": request.round,
        "hold": None if request.hold is None else words(Text(*request.hold)),
        "criteria": request.criteria,
        "reviewers_required": desk.rules.reviewers_required,
        "created_at": stamp(request.created_at),
        "submitted_at": stamp(request.submitted_at),
        "due_at": stamp(due_of(desk, request)),
    }


def _rules(desk: Desk, session: Session, request: ExportRequest) -> Page | None:
    """The rules that were applied; before a submission those that would be, None where they can't be read."""
    if request.criteria is not None:
        return rules_page(request.criteria)
    try:
        data = data_of(session, request.project, base=desk.policy, dataset_dir=desk.dataset_dir)
    except Unavailable:
        return None
    return rules_page(criteria_of(data.policy))


def _file(file: ExportFile, request: ExportRequest, tally: Tally, eyes: Eyes, *, program: bool) -> Page:
    votes = [vote for vote in live_votes(request) if vote.file_id == file.id]
    seen = [vote for vote in votes if eyes.vote(vote)]
    own = [vote.ballot.value for vote in votes if vote.reviewer == eyes.viewer]
    told = eyes.sees_votes or request.state not in UNDER_REVIEW
    outcome = tally.outcomes.get(file.id, Outcome.PENDING) if told else Outcome.PENDING
    return {
        "id": file.id,
        "path": file.path,
        "name": file.released_name or Path(file.path).name,
        "size": file.released_size or file.size,
        "sha256": file.released_sha256,
        "type": file.type,
        "kind": file.kind.value,
        "kind_label": words(OUTPUT_KIND_LABELS[file.kind]),
        "context": file.context,
        "controls": file.controls,
        "code": file.code,
        "program": program,
        "verdict": file.verdict,
        "findings": [{**each, "message": words(Text(*each["message"]))} for each in file.findings],
        "normalised": file.released_sha256 is not None and file.released_sha256 != file.sha256,
        "outcome": outcome.value,
        "outcome_label": words(OUTCOME_LABELS[outcome]),
        "owed": file.id in tally.owed(eyes.viewer) and eyes.reviewer and request.state in UNDER_REVIEW,
        "my_vote": own[0] if own else None,
        "votes": [
            {"reviewer": vote.reviewer, "verdict": vote.ballot.value, "at": stamp(vote.cast_at), "round": vote.round}
            for vote in seen
        ],
        "votes_hidden": len(seen) < len(votes) if eyes.reviewer else not told,
    }


def _comments(request: ExportRequest, eyes: Eyes) -> list[Page]:
    number = numbering(request)
    return [
        {
            "by": eyes.name(comment.author, request),
            "reviewer": number(comment.author) if comment.by_reviewer else None,
            "at": stamp(comment.at),
            "public": comment.public,
            "file_id": comment.file_id,
            "round": comment.round,
            "text": comment.text,
        }
        for comment in request.comments
        if eyes.comment(comment, request)
    ]


def _acts(who: Standing, request: ExportRequest, tally: Tally) -> Page:
    """For every act that a person performs: may this one, now, and if not, the sentence that the verb would raise."""
    return {
        act.value: {"allowed": reason is None, "reason": words(reason)}
        for act in Act
        if OWNERS[act] != {Owner.SYSTEM}
        for reason in [_why_not(who, request, act, tally)]
    }


def _why_not(who: Standing, request: ExportRequest, act: Act, tally: Tally) -> Text | None:
    try:
        check_may(who, request, act)
        check_act(request.state, act)
    except BureauError as error:
        return error.text
    if act is Act.VOTE and not tally.owed(who.username):
        return ALREADY
    return NOT_REFUSED if act is Act.REJECT and not tally.refused else None


def _timeline(request: ExportRequest, eyes: Eyes) -> list[Page]:
    return [
        {
            "kind": step.kind,
            "by": eyes.name(step.actor, request),
            "at": stamp(step.at),
            "round": step.round,
            "event": step.event_id,
        }
        for step in request.steps
    ]


def _recall(session: Session, request: ExportRequest, viewer: str, role: Owner | None) -> Page | None:
    """The entry of the register; a recipient sees only what is asked of himself."""
    entry = recall_of(session, request)
    if entry is None:
        return None
    own = role not in {Owner.AUTHOR, Owner.REVIEWER}
    return {**entry, "recipients": [each for each in entry["recipients"] if not own or each["recipient"] == viewer]}


def _release(request: ExportRequest) -> Page | None:
    released = request.release
    if released is None:
        return None
    return {
        "sha256": released.sha256,
        "size": released.size,
        "key_id": released.key_id,
        "released_at": stamp(released.released_at),
        "revoked_at": stamp(released.revoked_at),
        "reason": released.reason,
    }
