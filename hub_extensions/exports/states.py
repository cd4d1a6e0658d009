"""What can happen to an export request, when, and who may do it: three tables, and nothing that acts.

The tables are data so that a test can prove them total, the diagram in the documentation can be drawn from them, and
the sentence a person reads when something is not possible now exists in one place (``check_act`` / ``may_act``).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from project_spaces.errors import Conflict
from project_spaces.text import Text


class State(StrEnum):
    """Where a request stands. Values are stored: add, never rename."""

    DRAFT = "draft"  # the author is composing
    SUBMITTED = "submitted"  # frozen and checked; no reviewer has voted in this round
    IN_REVIEW = "in_review"  # at least one vote; reviewers are blind to each other
    REVIEWED = "reviewed"  # enough reviewers have voted on every file; they now see each other
    APPROVED = "approved"  # every file approved by the required number; the package is being built
    RELEASED = "released"  # the package exists and the recipients have links
    RETURNED = "returned"  # the author must answer or change something
    REJECTED = "rejected"  # final no
    WITHDRAWN = "withdrawn"  # given up by the author
    REVOKED = "revoked"  # after release: every link is dead


class Act(StrEnum):
    """What somebody, or the system, does to a request."""

    EDIT = "edit"
    SUBMIT = "submit"
    ANSWER = "answer"
    WITHDRAW = "withdraw"
    VOTE = "vote"
    UNVOTE = "unvote"
    COMMENT = "comment"
    RETURN = "return"
    REJECT = "reject"
    SETTLE = "settle"
    APPROVE = "approve"
    REOPEN = "reopen"
    CONCLUDE = "conclude"
    RELEASE = "release"
    LINK = "link"
    DOWNLOAD = "download"
    REVOKE = "revoke"
    ATTEST = "attest"


class Owner(StrEnum):
    """In which part somebody acts on a request."""

    AUTHOR = "author"
    REVIEWER = "reviewer"
    RECIPIENT = "recipient"
    SYSTEM = "system"


#: The act leads from the outer state to the inner one; a pair that is absent is refused.
TRANSITIONS: Final[Mapping[State, Mapping[Act, State]]] = {
    State.DRAFT: {
        Act.EDIT: State.DRAFT,
        Act.SUBMIT: State.SUBMITTED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.SUBMITTED: {
        Act.VOTE: State.IN_REVIEW,
        Act.COMMENT: State.SUBMITTED,
        Act.ANSWER: State.SUBMITTED,
        Act.SETTLE: State.REVIEWED,
        Act.RETURN: State.RETURNED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.IN_REVIEW: {
        Act.VOTE: State.IN_REVIEW,
        Act.UNVOTE: State.IN_REVIEW,
        Act.COMMENT: State.IN_REVIEW,
        Act.ANSWER: State.IN_REVIEW,
        Act.SETTLE: State.REVIEWED,
        Act.RETURN: State.RETURNED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.REVIEWED: {
        Act.VOTE: State.REVIEWED,
        Act.COMMENT: State.REVIEWED,
        Act.ANSWER: State.REVIEWED,
        Act.APPROVE: State.APPROVED,
        Act.REOPEN: State.IN_REVIEW,
        Act.CONCLUDE: State.WITHDRAWN,
        Act.RETURN: State.RETURNED,
        Act.REJECT: State.REJECTED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.APPROVED: {
        Act.RELEASE: State.RELEASED,
        Act.REOPEN: State.IN_REVIEW,
        Act.RETURN: State.RETURNED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.RELEASED: {
        Act.LINK: State.RELEASED,
        Act.DOWNLOAD: State.RELEASED,
        Act.REVOKE: State.REVOKED,
    },
    State.RETURNED: {
        Act.EDIT: State.RETURNED,
        Act.ANSWER: State.RETURNED,
        Act.COMMENT: State.RETURNED,
        Act.SUBMIT: State.SUBMITTED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.REJECTED: {},
    State.WITHDRAWN: {},
    State.REVOKED: {Act.ATTEST: State.REVOKED},
}

#: Who performs an act. Two owners: either may.
OWNERS: Final[Mapping[Act, frozenset[Owner]]] = {
    Act.EDIT: frozenset({Owner.AUTHOR}),
    Act.SUBMIT: frozenset({Owner.AUTHOR}),
    Act.ANSWER: frozenset({Owner.AUTHOR}),
    Act.WITHDRAW: frozenset({Owner.AUTHOR, Owner.SYSTEM}),  # by itself when the project is over
    Act.VOTE: frozenset({Owner.REVIEWER}),
    Act.UNVOTE: frozenset({Owner.REVIEWER}),
    Act.COMMENT: frozenset({Owner.REVIEWER}),
    Act.RETURN: frozenset({Owner.REVIEWER}),
    Act.REJECT: frozenset({Owner.REVIEWER}),
    Act.SETTLE: frozenset({Owner.SYSTEM}),
    Act.APPROVE: frozenset({Owner.SYSTEM}),
    Act.REOPEN: frozenset({Owner.SYSTEM}),
    Act.CONCLUDE: frozenset({Owner.SYSTEM}),
    Act.RELEASE: frozenset({Owner.SYSTEM}),
    Act.LINK: frozenset({Owner.AUTHOR, Owner.SYSTEM}),
    Act.DOWNLOAD: frozenset({Owner.RECIPIENT}),
    Act.REVOKE: frozenset({Owner.AUTHOR, Owner.REVIEWER}),
    Act.ATTEST: frozenset({Owner.RECIPIENT}),
}

#: Whose turn it is; None where nothing is awaited from anybody.
TURN: Final[Mapping[State, Owner | None]] = {
    State.DRAFT: Owner.AUTHOR,
    State.SUBMITTED: Owner.REVIEWER,
    State.IN_REVIEW: Owner.REVIEWER,
    State.REVIEWED: Owner.REVIEWER,
    State.APPROVED: Owner.SYSTEM,
    State.RELEASED: Owner.RECIPIENT,
    State.RETURNED: Owner.AUTHOR,
    State.REJECTED: None,
    State.WITHDRAWN: None,
    State.REVOKED: None,
}

#: States in which a request is in the reviewers' hands.
UNDER_REVIEW: Final = frozenset({State.SUBMITTED, State.IN_REVIEW, State.REVIEWED})
#: States in which reviewers may not see each other's votes and remarks.
BLIND: Final = frozenset({State.SUBMITTED, State.IN_REVIEW})
#: States in which what is in the request may be changed by its author.
EDITABLE: Final = frozenset(state for state, acts in TRANSITIONS.items() if Act.EDIT in acts)
#: States that nothing leaves.
FINAL: Final = frozenset(state for state, acts in TRANSITIONS.items() if set(acts.values()) <= {state})

STATE_LABELS: Final[Mapping[State, Text]] = {
    State.DRAFT: Text("Brouillon", "Draft"),
    State.SUBMITTED: Text("Déposée", "Submitted"),
    State.IN_REVIEW: Text("En vérification", "In review"),
    State.REVIEWED: Text("Vérifiée", "Reviewed"),
    State.APPROVED: Text("Validée", "Approved"),
    State.RELEASED: Text("Publiée aux destinataires", "Released"),
    State.RETURNED: Text("À corriger", "Returned"),
    State.REJECTED: Text("Refusée", "Rejected"),
    State.WITHDRAWN: Text("Retirée", "Withdrawn"),
    State.REVOKED: Text("Révoquée", "Revoked"),
}

ACT_LABELS: Final[Mapping[Act, Text]] = {
    Act.EDIT: Text("modifier", "edit"),
    Act.SUBMIT: Text("déposer", "submit"),
    Act.ANSWER: Text("répondre", "answer"),
    Act.WITHDRAW: Text("retirer", "withdraw"),
    Act.VOTE: Text("voter sur", "vote on"),
    Act.UNVOTE: Text("reprendre son vote sur", "take back a vote on"),
    Act.COMMENT: Text("commenter", "comment on"),
    Act.RETURN: Text("renvoyer à l'auteur", "return"),
    Act.REJECT: Text("refuser", "reject"),
    Act.SETTLE: Text("clore la vérification de", "settle"),
    Act.APPROVE: Text("valider", "approve"),
    Act.REOPEN: Text("rouvrir la vérification de", "reopen"),
    Act.CONCLUDE: Text("clore l'étalonnage de", "conclude the calibration of"),
    Act.RELEASE: Text("publier", "release"),
    Act.LINK: Text("émettre un lien pour", "issue a link for"),
    Act.DOWNLOAD: Text("télécharger", "download"),
    Act.REVOKE: Text("révoquer", "revoke"),
    Act.ATTEST: Text("attester la destruction de", "attest the destruction of"),
}


def check_act(state: State, act: Act) -> State:
    """Return the state that *act* leads to from *state*.

    Raises
    ------
    Conflict
        the act is not possible in that state; the sentence names both.
    """
    try:
        return TRANSITIONS[state][act]
    except KeyError:
        raise Conflict(_not_now(state, act)) from None


def may_act(state: State, act: Act) -> bool:
    """Tell whether ``check_act`` would pass."""
    return act in TRANSITIONS[state]


def _not_now(state: State, act: Act) -> Text:
    label, verb = STATE_LABELS[state], ACT_LABELS[act]
    return Text(
        f"Impossible de {verb.fr} une demande dans l'état « {label.fr} ».",
        f"Can't {verb.en} a request that is “{label.en}”.",
    )


def mermaid() -> str:
    """Draw the transition table; ``docs/export-states.md`` holds the result."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    for state, acts in TRANSITIONS.items():
        lines += [
            f"    {state} --> {target}: {act} ({', '.join(sorted(OWNERS[act]))})"
            for act, target in acts.items()
            if target is not state
        ]
        lines += [f"    {state} --> [*]"] if state in FINAL else []
    return "\n".join(lines) + "\n"


def document() -> str:
    """Return the page of the documentation that shows the tables."""
    turns = "\n".join(
        f"| `{state}` | {STATE_LABELS[state].fr} | {STATE_LABELS[state].en} | {TURN[state] or '–'} |" for state in State
    )
    return (
        "# Export requests: states\n\n"
        "Generated from `hub_extensions/exports/states.py` by `python -m hub_extensions.exports.states`.\n\n"
        f"```mermaid\n{mermaid()}```\n\n"
        "| state | français | English | whose turn |\n|---|---|---|---|\n"
        f"{turns}\n"
    )


if __name__ == "__main__":
    print(document(), end="")
