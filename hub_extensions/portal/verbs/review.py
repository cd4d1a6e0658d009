"""The reviewers' side: what waits for me, one request, votes, remarks, return and rejection."""

from typing import Annotated

from pydantic import Field

from hub_extensions.exports import assignments, calibration, reading, reviewing, views
from hub_extensions.exports import availability as availability_of
from hub_extensions.exports.voting import Ballot
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs.exports import FileRef, Long, Message, Optional, detail
from project_spaces.access import require
from project_spaces.decisions import Action


class Vote(Input):
    """A reviewer's voice on one file; a refusal needs a comment."""

    file_id: Annotated[str, Field(max_length=32)]
    verdict: Ballot
    comment: Optional = ""


class Remark(Input):
    """A remark; *public* ones reach the author when the request comes back."""

    message: Long
    public: bool = False
    file_id: Annotated[str, Field(max_length=32)] | None = None


class Absence(Input):
    """Days away: a day alone is included."""

    starts_at: Start
    ends_at: End


class AbsenceRef(Input):
    """One absence."""

    absence_id: Annotated[str, Field(max_length=32)]


class ConflictOf(Input):
    """A conflict of interest."""

    project: Annotated[str, Field(max_length=30)]
    reason: Long


def availability(call: Call, _body: Nothing) -> Page:
    """My absences, and the projects that I don't judge."""
    with call.portal.store.read() as session:
        return {
            "absences": [
                {"id": each.id, "starts_at": each.starts_at.isoformat(), "ends_at": each.ends_at.isoformat()}
                for each in assignments.absences(session, call.actor)
                if each.ends_at > call.now
            ],
            "conflicts": [
                {"project": each.project, "reason": each.reason, "declared_at": each.declared_at.isoformat()}
                for each in assignments.conflicts(session, call.actor)
            ],
        }


def declare_absence(call: Call, body: Absence) -> Page:
    """Ask nothing of me in that time; others are asked instead."""
    availability_of.declare_absence(
        call.portal.desk, actor=call.actor, starts_at=body.starts_at, ends_at=body.ends_at, now=call.now
    )
    return availability(call, Nothing())


def cancel_absence(call: Call, body: AbsenceRef) -> Page:
    """Be there after all."""
    availability_of.cancel_absence(call.portal.desk, body.absence_id, actor=call.actor, now=call.now)
    return availability(call, Nothing())


def declare_conflict(call: Call, body: ConflictOf) -> Page:
    """Never judge a project again; my votes on its open requests count no more."""
    availability_of.declare_conflict(call.portal.desk, body.project, actor=call.actor, now=call.now, reason=body.reason)
    return availability(call, Nothing())


def queue(call: Call, _body: Nothing) -> Page:
    """Requests that wait for reviewers, those promised first on top."""
    return {"requests": views.queue(call.portal.desk, call.actor, now=call.now)}


def figures(call: Call, _body: Nothing) -> Page:
    """How reviewers judge: votes, plants found, agreement, time per file; and the requests that are late."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ADMINISTER, now=call.now)
        return {**calibration.figures(session), "waiting": views.waiting(call.portal.desk, session, call.now)}


class Plant(Input):
    """What is wrong with a waiting request that has to be refused."""

    reason: Long


def plant(call: Call, body: Plant) -> Page:
    """Mark a waiting request as a plant: it can never be released."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ADMINISTER, now=call.now)  # whatever the id is
    calibration.plant(call.portal.desk, call["request"], actor=call.actor, now=call.now, why=body.reason)
    return figures(call, Nothing())


def following(call: Call, _body: Nothing) -> Page | None:
    """The request to open after this one: the first in the queue that asks something of me."""
    waiting = views.queue(call.portal.desk, call.actor, now=call.now)
    asked = [each for each in waiting if each["need"] != "wait" and each["id"] != call["request"]]
    return asked[0] if asked else None


def vote(call: Call, body: Vote) -> Page:
    """Vote on one file; the last vote releases the request."""
    state = reviewing.vote(
        call.portal.desk,
        call["request"],
        body.file_id,
        body.verdict,
        actor=call.actor,
        now=call.now,
        comment=body.comment,
    )
    return {"state": state.value}


def unvote(call: Call, body: FileRef) -> Page:
    """Take my own vote back while the round is open."""
    reviewing.unvote(call.portal.desk, call["request"], body.file_id, actor=call.actor, now=call.now)
    return detail(call, Nothing())


def remark(call: Call, body: Remark) -> Page:
    """Leave a remark, to the other reviewers or for the author."""
    reviewing.comment(
        call.portal.desk,
        call["request"],
        body.message,
        actor=call.actor,
        now=call.now,
        public=body.public,
        file_id=body.file_id,
    )
    return detail(call, Nothing())


def send_back(call: Call, body: Message) -> Page:
    """Send the request back to its author, with what has to change."""
    reviewing.return_(call.portal.desk, call["request"], actor=call.actor, now=call.now, message=body.message)
    return detail(call, Nothing())


def reject(call: Call, body: Message) -> Page:
    """End the request with a no."""
    reviewing.reject(call.portal.desk, call["request"], actor=call.actor, now=call.now, message=body.message)
    return detail(call, Nothing())


def file_to_preview(call: Call, _body: Nothing) -> reading.Preview:
    """The bytes that would be released, for a reviewer's eyes."""
    return reading.read_file(call.portal.desk, call["request"], call["file"], actor=call.actor, now=call.now)


def program_to_preview(call: Call, _body: Nothing) -> reading.Preview:
    """The program that made a file, for a reviewer's eyes."""
    return reading.read_program(call.portal.desk, call["request"], call["file"], actor=call.actor, now=call.now)
