"""``truth_table.md`` is the rule: every cell of it is asked, and leaving out any condition changes one."""

from pathlib import Path

import pytest

from project_spaces import decisions
from project_spaces.decisions import REQUIRES, Action, explain
from tests.project_spaces.cases import NOW, SITUATIONS, case

PAGE = Path(__file__).with_name("truth_table.md")
COLUMNS: dict[str, tuple[Action, ...]] = {
    "sign in": (Action.SIGN_IN,),
    "open, submit": (Action.OPEN_WORKSPACE, Action.SUBMIT_EXPORT),
    "mount": (Action.MOUNT_DATASET,),
    "work": (Action.SEND_MESSAGE, Action.WRITE_FILE),
    "review": (Action.REVIEW_EXPORT,),
    "download": (Action.DOWNLOAD_EXPORT,),
    "audit": (Action.READ_AUDIT,),
    "control": (Action.CONTROL_TRACES,),
    "pause": (Action.LIFT_PAUSE,),
    "administer": (Action.ADMINISTER,),
    "grant": (Action.GRANT_RIGHT,),
    "register": (Action.REGISTER_DATASET,),
}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _table() -> dict[str, dict[str, str]]:
    """Situation → column → cell, from the page."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found: dict[str, dict[str, str]] = {}
    header: list[str] = []
    for line in lines:
        if line.startswith("| situation |"):
            header = _cells(line)
        elif not line.startswith("|") or line.startswith("|---"):
            header = header if line.startswith("|---") else []
        elif header:
            name, *cells = _cells(line)
            assert name not in found, f"{name} stands twice"
            found[name] = dict(zip(header[1:], cells, strict=True))
    return found


TABLE = _table()


def answer(action: Action, situation: str) -> str:
    """The cell as ``decide`` would write it."""
    decision = case(action, SITUATIONS[situation]).decide(action)
    return "yes" if decision.allowed else ", ".join(dict.fromkeys(reason.code for reason in decision.reasons))


@pytest.mark.parametrize("situation", TABLE)
def test_every_cell(situation: str) -> None:
    written = {action: TABLE[situation][column] for column, actions in COLUMNS.items() for action in actions}
    assert {action: answer(action, situation) for action in written} == written


def test_page_and_situations_are_the_same() -> None:
    assert set(TABLE) == set(SITUATIONS)
    assert {column for cells in TABLE.values() for column in cells} == set(COLUMNS)
    assert {action for actions in COLUMNS.values() for action in actions} == set(Action)


@pytest.mark.parametrize(
    ("action", "place"),
    [(action, place) for action, conditions in REQUIRES.items() for place in range(len(conditions))],
    ids=lambda value: value.value if isinstance(value, Action) else str(value),
)
def test_every_condition_is_needed(monkeypatch: pytest.MonkeyPatch, action: Action, place: int) -> None:
    """Without this condition at least one cell of the page would be another."""
    column = next(name for name, actions in COLUMNS.items() if action in actions)
    kept = tuple(each for number, each in enumerate(REQUIRES[action]) if number != place)
    monkeypatch.setattr(decisions, "REQUIRES", {**REQUIRES, action: kept})
    assert any(answer(action, situation) != cells[column] for situation, cells in TABLE.items())


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_state_speaks_both_languages_and_says_who_can_change_it(situation: str) -> None:
    for action in Action:
        it = case(action, SITUATIONS[situation])
        states = explain(it.subject, action, it.resource, NOW)
        assert it.decide(action).allowed == all(state.holds for state in states)
        for state in states:
            assert state.text.fr.endswith(".")
            assert state.text.en.endswith(".")
            assert state.text.fr != state.text.en
            assert state.until is None or (state.holds and state.until > NOW)
            assert state.reason.who is state.who
