"""The tables of the import desk are total, lead somewhere from everywhere, and are what the documentation shows."""

from pathlib import Path

import pytest

from hub_extensions.imports import states
from hub_extensions.imports.states import ACT_LABELS, FINAL, OWNERS, STATE_LABELS, TRANSITIONS, TURN, Act, Owner, State
from project_spaces.errors import Conflict

DIAGRAM = Path(__file__).parents[2] / "docs" / "import-states.md"


def reachable(start: State, *, without: frozenset[Act] = frozenset()) -> set[State]:
    """Every state that some sequence of acts leads to."""
    seen, todo = {start}, [start]
    while todo:
        new = {target for act, target in TRANSITIONS[todo.pop()].items() if act not in without} - seen
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
    assert set(OWNERS) == set(ACT_LABELS) == set(Act)
    assert all(OWNERS.values())
    assert {act for acts in TRANSITIONS.values() for act in acts} == set(Act), "an act that is possible nowhere"


def test_every_state_is_reached_and_none_is_a_dead_end() -> None:
    assert reachable(State.DRAFT) == set(State)
    for state in State:
        assert reachable(state) & FINAL, f"nothing final can be reached from {state}"


@pytest.mark.parametrize("without", [Act.PASS, Act.APPROVE, Act.PLACE], ids=str)
def test_nothing_is_in_place_without_the_programs_the_steward_and_the_writing(without: Act) -> None:
    """Take one of them away: nothing comes in any more."""
    assert State.RELEASED not in reachable(State.DRAFT, without=frozenset({without}))


def test_no_person_passes_the_checks_and_no_sender_judges() -> None:
    assert OWNERS[Act.PASS] == OWNERS[Act.PLACE] == {Owner.SYSTEM}
    assert OWNERS[Act.APPROVE] == {Owner.STEWARD}


def test_the_documented_diagram_is_current() -> None:
    """Regenerate with ``python -m hub_extensions.imports.states > docs/import-states.md``."""
    assert DIAGRAM.read_text("utf-8") == states.document()
