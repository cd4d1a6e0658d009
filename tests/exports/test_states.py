"""The tables of the export desk are total, lead somewhere from everywhere, and are what the documentation shows."""

from pathlib import Path

import pytest

from hub_extensions.exports import states
from hub_extensions.exports.states import FINAL, OWNERS, STATE_LABELS, TRANSITIONS, TURN, Act, Owner, State
from project_spaces.errors import Conflict

DIAGRAM = Path(__file__).parents[2] / "docs" / "export-states.md"


def reachable(start: State) -> set[State]:
    """Every state that some sequence of acts leads to."""
    seen, todo = {start}, [start]
    while todo:
        new = set(TRANSITIONS[todo.pop()].values()) - seen
        seen |= new
        todo += new
    return seen


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_pair_either_leads_somewhere_or_says_why_not(state: State, act: Act) -> None:
    if states.may_act(state, act):
        assert states.check_act(state, act) in State
        return
    with pytest.raises(Conflict) as refusal:
        states.check_act(state, act)
    assert STATE_LABELS[state].fr in refusal.value.text.fr
    assert STATE_LABELS[state].en in refusal.value.text.en


def test_tables_are_total() -> None:
    assert set(TRANSITIONS) == set(TURN) == set(STATE_LABELS) == set(State)
    assert set(OWNERS) == set(states.ACT_LABELS) == set(Act)
    assert all(OWNERS.values())
    assert {act for acts in TRANSITIONS.values() for act in acts} == set(Act), "an act that is possible nowhere"


def test_every_state_is_reached_and_none_is_a_dead_end() -> None:
    assert reachable(State.DRAFT) == set(State)
    for state in State:
        assert reachable(state) & FINAL, f"nothing final can be reached from {state}"
        assert (TURN[state] is None) == (state in FINAL)


def test_whose_turn_it_is_has_something_to_do() -> None:
    for state, owner in TURN.items():
        if owner is not None:
            assert any(owner in OWNERS[act] for act in TRANSITIONS[state]), f"{owner} can do nothing in {state}"


def test_only_the_system_approves_and_releases() -> None:
    """No person can put a request into the states from which bytes leave."""
    for acts in TRANSITIONS.values():
        for act, target in acts.items():
            if target in {State.APPROVED, State.RELEASED} and act not in {Act.LINK, Act.DOWNLOAD}:
                assert OWNERS[act] == {Owner.SYSTEM}


def test_the_only_way_to_release_passes_through_review() -> None:
    """Take away the settling of a review: nothing is released any more."""
    seen, todo = {State.DRAFT}, [State.DRAFT]
    while todo:
        acts = TRANSITIONS[todo.pop()]
        new = {target for act, target in acts.items() if act is not Act.SETTLE} - seen
        seen |= new
        todo += new
    assert State.RELEASED not in seen


def test_the_documented_diagram_is_current() -> None:
    """Regenerate with ``python -m hub_extensions.exports.states > docs/export-states.md``."""
    assert DIAGRAM.read_text("utf-8") == states.document()
