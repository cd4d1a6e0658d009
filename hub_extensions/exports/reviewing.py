"""The reviewers' side, and the author's answers: vote, question, return, reject.

A reviewer's remarks and votes stay out of the other reviewers' sight until the round closes (``views``). Whether a vote
closes the round, approves or needs a third reviewer is settled in the same transaction (``settling``).
"""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from audit.events import Kind
from hub_extensions.exports.acting import acting, new_id, written
from hub_extensions.exports.assignments import assignments
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.releasing import release_if_possible
from hub_extensions.exports.requests import ExportVote
from hub_extensions.exports.settling import TAKEN_BACK, live_votes, settle, tally_of, void
from hub_extensions.exports.states import UNDER_REVIEW, Act, State
from hub_extensions.exports.telling import ANSWERED, REJECTED, RETURNED, tell
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import Conflict, Invalid, Unavailable
from project_spaces.text import Text

ALREADY = Text(
    "Vous avez déjà voté sur ce fichier, ou votre avis n'y est pas attendu.",
    "You have already voted on this file, or your vote is not awaited on it.",
)
DAMAGED = Text(
    "La copie figée de ce fichier est endommagée : renvoyez la demande à son auteur, qui la déposera de nouveau.",
    "The frozen copy of this file is damaged: return the request to its author, who will submit it again.",
)
NO_VOTE = Text("Vous n'avez pas voté sur ce fichier.", "You have not voted on this file.")
WHY = Text("Dites à l'auteur ce qui doit changer.", "Tell the author what has to change.")
NOT_REFUSED = Text(
    "Aucun fichier n'a été refusé par le nombre de vérificateurs requis.",
    "No file was refused by the required number of reviewers.",
)


def vote(
    desk: Desk, request_id: str, file_id: str, ballot: Ballot, *, actor: str, now: datetime, comment: str = ""
) -> State:
    """Give a reviewer's voice on one file and return the state of the request; the last vote releases it.

    Parameters
    ----------
    comment
        for the author; required with a refusal.

    Raises
    ------
    Refused
        *actor* is the author, is or was in the project, or is no reviewer.
    Conflict
        not the moment, or *actor* has voted on this file.
    Invalid
        a refusal without a reason.
    Unavailable
        the frozen copy is damaged: return the request, its author's next submission freezes the file again.
    """
    said = written(comment, required=False)
    if ballot is Ballot.REFUSE and not said:
        raise Invalid(WHY)
    vote_id = new_id()
    content = {"vote": vote_id, "file": file_id, "ballot": ballot.value, "comment": said}
    with acting(desk, request_id, Act.VOTE, actor=actor, now=now, kind=Kind.EXPORT_VOTED, content=content) as turn:
        request, file = turn.request, turn.file(file_id)
        tally = tally_of(turn.session, request, required=desk.rules.reviewers_required, now=now)
        if file_id not in tally.owed(actor):
            raise Conflict(ALREADY)
        if not desk.vault.intact(str(file.released_sha256)):
            raise Unavailable(DAMAGED)  # nobody votes on bytes that nobody can look at
        request.votes.append(
            ExportVote(
                id=vote_id,
                file_id=file_id,
                reviewer=actor,
                ballot=ballot,
                fingerprint=str(file.fingerprint),
                round=request.round,
                cast_at=now,
            )
        )
        try:
            turn.session.flush()
        except IntegrityError:  # the same reviewer, at the same moment, in another process
            raise Conflict(ALREADY) from None
        if said:
            turn.say(said, by_reviewer=True, public=True, file_id=file_id)
        settle(turn)
        state = request.state
    return release_if_possible(desk, request_id, now=now) if state is State.APPROVED else state


def unvote(desk: Desk, request_id: str, file_id: str, *, actor: str, now: datetime) -> None:
    """Take one's own vote back while the round is open; that it was cast stays on record.

    Raises
    ------
    Conflict
        the round is closed, or there is no vote to take back.
    """
    content = {"file": file_id, "taken_back": True}
    with acting(desk, request_id, Act.UNVOTE, actor=actor, now=now, kind=Kind.EXPORT_VOTED, content=content) as turn:
        own = [each for each in live_votes(turn.request) if (each.reviewer, each.file_id) == (actor, file_id)]
        if not own:
            raise Conflict(NO_VOTE)
        void(turn, own, TAKEN_BACK)


def comment(
    desk: Desk, request_id: str, text: str, *, actor: str, now: datetime, public: bool, file_id: str | None = None
) -> None:
    """Leave a remark: *public* ones reach the author when the request comes back, others stay among reviewers."""
    said = written(text)
    content = {"text": said, "public": public, "file": file_id}
    with acting(
        desk, request_id, Act.COMMENT, actor=actor, now=now, kind=Kind.EXPORT_COMMENTED, content=content
    ) as turn:
        turn.say(said, by_reviewer=True, public=public, file_id=file_id)


def answer(desk: Desk, request_id: str, text: str, *, actor: str, now: datetime, file_id: str | None = None) -> None:
    """Answer the reviewers, who all read it."""
    said = written(text)
    content = {"text": said, "file": file_id}
    with acting(desk, request_id, Act.ANSWER, actor=actor, now=now, kind=Kind.EXPORT_ANSWERED, content=content) as turn:
        turn.say(said, by_reviewer=False, public=True, file_id=file_id)
        if turn.request.state in UNDER_REVIEW:
            for each in assignments(turn.session, request_id):
                tell(turn, each.reviewer, ANSWERED)


def return_(desk: Desk, request_id: str, *, actor: str, now: datetime, message: str) -> None:
    """Send the request back to its author with a question or a wish; possible at any time before release."""
    said = written(message)
    with acting(
        desk, request_id, Act.RETURN, actor=actor, now=now, kind=Kind.EXPORT_RETURNED, content={"message": said}
    ) as turn:
        turn.say(said, by_reviewer=True, public=True)
        turn.request.approved_at = None
        turn.request.hold = None
        tell(turn, turn.request.author, RETURNED)


def reject(desk: Desk, request_id: str, *, actor: str, now: datetime, message: str) -> None:
    """End the request with a no, once some file was refused by as many reviewers as an approval needs.

    Raises
    ------
    Conflict
        no file was refused so.
    """
    said = written(message)
    with acting(
        desk, request_id, Act.REJECT, actor=actor, now=now, kind=Kind.EXPORT_REJECTED, content={"message": said}
    ) as turn:
        tally = tally_of(turn.session, turn.request, required=desk.rules.reviewers_required, now=now)
        if not tally.refused:
            raise Conflict(NOT_REFUSED)
        turn.say(said, by_reviewer=True, public=True)
        tell(turn, turn.request.author, REJECTED)
