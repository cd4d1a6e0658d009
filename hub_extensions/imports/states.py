"""What can happen to an import, when, and who may do it: tables, and nothing that acts.

As for exports (``exports.states``) the tables are data: a test proves them total, the documentation's diagram is drawn
from them, and the sentence a person reads when something is not possible now exists once.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from project_spaces.errors import Conflict
from project_spaces.text import Text


class State(StrEnum):
    """Where an import stands. Values are stored: add, never rename."""

    DRAFT = "draft"  # files are being received into quarantine
    SUBMITTED = "submitted"  # sealed; programs look at it, nobody else
    IN_REVIEW = "in_review"  # no program objects; a data steward judges
    APPROVED = "approved"  # being put in its place
    RELEASED = "released"  # there, read-only
    RETURNED = "returned"  # something has to change
    REJECTED = "rejected"  # final no
    WITHDRAWN = "withdrawn"  # given up
    REMOVED = "removed"  # taken out again after it was there


class Act(StrEnum):
    """What somebody, or the system, does to an import."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    PASS = "pass"  # noqa: S105
    BLOCK = "block"
    RETURN = "return"
    REJECT = "reject"
    APPROVE = "approve"
    REOPEN = "reopen"
    PLACE = "place"
    REMOVE = "remove"


class Owner(StrEnum):
    """In which part somebody acts on an import."""

    AUTHOR = "author"
    PROVIDER = "provider"
    STEWARD = "steward"
    SYSTEM = "system"


#: The act leads from the outer state to the inner one; a pair that is absent is refused.
TRANSITIONS: Final[Mapping[State, Mapping[Act, State]]] = {
    State.DRAFT: {Act.EDIT: State.DRAFT, Act.SUBMIT: State.SUBMITTED, Act.WITHDRAW: State.WITHDRAWN},
    State.SUBMITTED: {Act.PASS: State.IN_REVIEW, Act.BLOCK: State.RETURNED, Act.WITHDRAW: State.WITHDRAWN},
    State.IN_REVIEW: {
        Act.APPROVE: State.APPROVED,
        Act.RETURN: State.RETURNED,
        Act.REJECT: State.REJECTED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.APPROVED: {
        Act.PLACE: State.RELEASED,
        Act.REOPEN: State.IN_REVIEW,
        Act.RETURN: State.RETURNED,
        Act.WITHDRAW: State.WITHDRAWN,
    },
    State.RELEASED: {Act.REMOVE: State.REMOVED},
    State.RETURNED: {Act.EDIT: State.RETURNED, Act.SUBMIT: State.SUBMITTED, Act.WITHDRAW: State.WITHDRAWN},
    State.REJECTED: {},
    State.WITHDRAWN: {},
    State.REMOVED: {},
}

#: Who performs an act. Two owners: either may.
OWNERS: Final[Mapping[Act, frozenset[Owner]]] = {
    Act.EDIT: frozenset({Owner.AUTHOR, Owner.PROVIDER}),
    Act.SUBMIT: frozenset({Owner.AUTHOR, Owner.PROVIDER}),
    Act.WITHDRAW: frozenset({Owner.AUTHOR, Owner.SYSTEM}),  # by itself when the project is over
    Act.PASS: frozenset({Owner.SYSTEM}),
    Act.BLOCK: frozenset({Owner.SYSTEM}),
    Act.RETURN: frozenset({Owner.STEWARD}),
    Act.REJECT: frozenset({Owner.STEWARD}),
    Act.APPROVE: frozenset({Owner.STEWARD}),
    Act.REOPEN: frozenset({Owner.SYSTEM}),
    Act.PLACE: frozenset({Owner.SYSTEM}),
    Act.REMOVE: frozenset({Owner.STEWARD}),
}

#: Whose turn it is; None where nothing is awaited from anybody.
TURN: Final[Mapping[State, Owner | None]] = {
    State.DRAFT: Owner.AUTHOR,
    State.SUBMITTED: Owner.SYSTEM,
    State.IN_REVIEW: Owner.STEWARD,
    State.APPROVED: Owner.SYSTEM,
    State.RELEASED: None,
    State.RETURNED: Owner.AUTHOR,
    State.REJECTED: None,
    State.WITHDRAWN: None,
    State.REMOVED: None,
}

#: States in which files and declaration may change.
EDITABLE: Final = frozenset(state for state, acts in TRANSITIONS.items() if Act.EDIT in acts)
#: States in which the system has something to do.
ADVANCING: Final = frozenset(state for state, owner in TURN.items() if owner is Owner.SYSTEM)
#: States that nothing leaves.
FINAL: Final = frozenset(state for state, acts in TRANSITIONS.items() if not acts)

STATE_LABELS: Final[Mapping[State, Text]] = {
    State.DRAFT: Text("En préparation", "Draft"),
    State.SUBMITTED: Text("En quarantaine", "In quarantine"),
    State.IN_REVIEW: Text("En examen", "In review"),
    State.APPROVED: Text("Acceptée", "Accepted"),
    State.RELEASED: Text("En place", "In place"),
    State.RETURNED: Text("À corriger", "Returned"),
    State.REJECTED: Text("Refusée", "Rejected"),
    State.WITHDRAWN: Text("Abandonnée", "Withdrawn"),
    State.REMOVED: Text("Retirée de l'espace", "Taken out"),
}

ACT_LABELS: Final[Mapping[Act, Text]] = {
    Act.EDIT: Text("modifier", "edit"),
    Act.SUBMIT: Text("déposer", "submit"),
    Act.WITHDRAW: Text("abandonner", "withdraw"),
    Act.PASS: Text("admettre à l'examen", "admit to review"),
    Act.BLOCK: Text("bloquer", "block"),
    Act.RETURN: Text("renvoyer", "return"),
    Act.REJECT: Text("refuser", "reject"),
    Act.APPROVE: Text("accepter", "accept"),
    Act.REOPEN: Text("rouvrir l'examen de", "reopen"),
    Act.PLACE: Text("mettre en place", "put in place"),
    Act.REMOVE: Text("retirer de l'espace", "take out"),
}


def check_act(state: State, act: Act) -> State:
    """Return the state that *act* leads to from *state*.

    Raises
    ------
    Conflict
        the act is not possible in that state; the sentence names both.
    """
    if may_act(state, act):
        return TRANSITIONS[state][act]
    label, verb = STATE_LABELS[state], ACT_LABELS[act]
    raise Conflict(
        Text(
            f"Impossible de {verb.fr} un import dans l'état « {label.fr} ».",
            f"Can't {verb.en} an import that is “{label.en}”.",
        )
    )


def may_act(state: State, act: Act) -> bool:
    """Tell whether ``check_act`` would pass."""
    return act in TRANSITIONS[state]


def mermaid() -> str:
    """Draw the transition table; ``docs/import-states.md`` holds the result."""
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
        "# Imports: states\n\n"
        "Generated from `hub_extensions/imports/states.py` by `python -m hub_extensions.imports.states`.\n\n"
        f"```mermaid\n{mermaid()}```\n\n"
        "| state | français | English | whose turn |\n|---|---|---|---|\n"
        f"{turns}\n"
    )


if __name__ == "__main__":
    print(document(), end="")
