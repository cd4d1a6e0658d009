"""``truth_table.md`` is the rule: every cell of it is asked, and leaving out any condition changes one."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from project_spaces import decisions
from project_spaces.decisions import REQUIRES, Action, ConditionState, explain
from project_spaces.facts import StopFacts, StopScope
from project_spaces.windows import Window
from tests.project_spaces.cases import (
    ABOUT,
    BARE,
    ENDED_LONG_AGO,
    HOUR,
    LABORATORY,
    NOW,
    OFFICE,
    PERSON,
    PROJECT,
    SITUATIONS,
    WITHDRAWN,
    YESTERDAY,
    approvals,
    both,
    case,
    charter,
    data,
    files,
    memberships,
    person,
    project,
    roles,
    signed_in,
    trainings,
)

SOON = NOW + 2 * HOUR
UNTIL_SOON = Window(YESTERDAY, SOON)

PAGE = Path(__file__).with_name("truth_table.md")
COLUMNS: dict[str, tuple[Action, ...]] = {
    "sign in": (Action.SIGN_IN,),
    "open": (Action.OPEN_WORKSPACE, Action.SUBMIT_IMPORT),
    "submit": (Action.SUBMIT_EXPORT,),
    "mount": (Action.MOUNT_DATASET,),
    "work": (Action.SEND_MESSAGE, Action.WRITE_FILE),
    "review": (Action.REVIEW_EXPORT,),
    "download": (Action.DOWNLOAD_EXPORT,),
    "import": (Action.REVIEW_IMPORT,),
    "deliver": (Action.DELIVER_DATASET,),
    "accept": (Action.ACCEPT_DELIVERY,),
    "audit": (Action.READ_AUDIT,),
    "control": (Action.CONTROL_TRACES,),
    "pause": (Action.LIFT_PAUSE,),
    "administer": (Action.ADMINISTER,),
    "grant": (Action.GRANT_RIGHT,),
    "confirm": (Action.CONFIRM_TRAINING,),
    "see": (Action.SEE_RIGHTS,),
    "register": (Action.REGISTER_DATASET,),
    "instruct": (Action.INSTRUCT_REQUEST,),
    "answer": (Action.ANSWER_FOR_OWNER,),
    "opine": (Action.GIVE_OPINION,),
    "close": (Action.ASK_EMBARGO,),
    "end": (Action.END_PROJECT,),
    "settle": (Action.SETTLE_END,),
    "settle second": (Action.CONFIRM_END,),
    "see end": (Action.SEE_END,),
    "openings": (Action.SEE_OPENINGS,),
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


def test_a_perimeter_is_read_for_every_act_that_asks_for_one() -> None:
    """A perimeter that was not read would refuse; one that is read for other acts costs them a query."""
    asking = {a for a in Action if any(each.__name__.startswith("administers_or") for each in REQUIRES[a])}
    assert asking == decisions.DELEGATED


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


#: condition → a case in which it is the first to lapse, and when.
LAPSES = {
    "sign-in": (signed_in(NOW - 7 * HOUR), NOW + HOUR),
    "charter": (
        person(charters=(charter((YESTERDAY, NOW - HOUR), (SOON, None), known=NOW - timedelta(days=9)),)),
        SOON,
    ),
    "training": (trainings(snds=(UNTIL_SOON,)), SOON),
    "project": (project(window=UNTIL_SOON), SOON),
    "approval": (approvals(cnil=(UNTIL_SOON,)), SOON),
    "membership": (memberships(UNTIL_SOON), SOON),
    "habilitation": (data(habilitations=(UNTIL_SOON,)), SOON),
    "agreement": (data(agreements=(UNTIL_SOON,)), SOON),
    "embargo": (data(embargoes=(Window(SOON),)), SOON),
    "habilitation for what the files hold": (files(habilitations=(UNTIL_SOON,)), SOON),
    "the same, from this instant": (files(habilitations=(Window(NOW, SOON),)), SOON),
    "the same, not begun": (files(habilitations=(Window(NOW + HOUR, SOON),)), SOON),
    "the same, not begun and renewed": (
        files(habilitations=(Window(NOW + HOUR, SOON - HOUR / 2), Window(SOON - HOUR / 2, SOON))),
        SOON,
    ),
    "agreement for what the files hold": (files(agreements=(UNTIL_SOON,)), SOON),
    "embargo of what the files hold": (files(embargoes=(Window(SOON),)), SOON),
}


@pytest.mark.parametrize("condition", LAPSES)
def test_each_condition_lapses_when_it_says(condition: str) -> None:
    change, until = LAPSES[condition]
    assert case(Action.SEND_MESSAGE, change).decide(Action.SEND_MESSAGE).until == until


def test_a_decision_says_from_where_it_holds() -> None:
    """Whoever keeps it holds each request against that, as its end against the clock."""
    assert case(Action.SEND_MESSAGE).decide(Action.SEND_MESSAGE).places == ((OFFICE,), (LABORATORY,))
    assert case(Action.SIGN_IN).decide(Action.SIGN_IN).places == ()
    assert case(Action.SEND_MESSAGE, BARE).decide(Action.SEND_MESSAGE).places == ()


def test_last_results_may_leave_until_the_frozen_time_ends() -> None:
    frozen = case(Action.SUBMIT_EXPORT, project(window=Window(YESTERDAY, NOW - HOUR), frozen=Window(NOW - HOUR, SOON)))
    assert frozen.decide(Action.SUBMIT_EXPORT).until == SOON


def test_a_lead_ends_a_project_as_long_as_he_leads_it() -> None:
    leads = both(memberships(UNTIL_SOON), roles())
    assert case(Action.END_PROJECT, leads).decide(Action.END_PROJECT).until == SOON


def stops(*windows: Window) -> list[ConditionState]:
    """The states of the switches that are about something, where the project's were set in these *windows*."""
    switches = tuple(StopFacts(StopScope.PROJECT, "etude", window) for window in windows)
    it = case(Action.SEND_MESSAGE, person(stops=switches))
    states = explain(it.subject, Action.SEND_MESSAGE, it.resource, NOW)
    return [state for state in states if state.code.startswith("stop")]


def test_a_switch_says_what_it_is_about_unless_that_is_everybodys() -> None:
    """Who never was in a project is not told its switches' state: they are found by what they are about."""
    assert {(state.code, state.about) for state in stops()} == {("stop", None), ("stop", "etude"), ("stop", "sejours")}
    assert ("stopped_project", "etude") in {(state.code, state.about) for state in stops(Window(YESTERDAY))}


def test_a_stop_is_in_force_whatever_the_clock_says() -> None:
    """Attack: the clock is set back behind the hour at which everything was stopped."""
    assert {state.code for state in stops(Window(SOON)) if not state.holds} == {"stopped_project"}


def test_a_withdrawn_right_says_so_whatever_the_clock_says() -> None:
    change = data(habilitations=(Window(YESTERDAY, SOON + HOUR, revoked_at=SOON),))
    (reason,) = case(Action.SEND_MESSAGE, change).decide(Action.SEND_MESSAGE).reasons
    assert reason.code == "habilitation_revoked"
    lost = files(habilitations=(Window(NOW + HOUR, SOON + HOUR, revoked_at=SOON),))
    assert not case(Action.SEND_MESSAGE, lost).decide(Action.SEND_MESSAGE).allowed


def test_a_project_stopped_twice_is_stopped_since_the_first_time() -> None:
    (said,) = [state.text.en for state in stops(Window(NOW - HOUR), Window(YESTERDAY)) if not state.holds]
    assert said == "Project space etude has been stopped since 24 November 2026 at 12:00 UTC."


@pytest.mark.parametrize("latest_first", [True, False])
def test_of_several_past_rights_the_latest_says_why(latest_first: bool) -> None:
    past = [WITHDRAWN, ENDED_LONG_AGO] if latest_first else [ENDED_LONG_AGO, WITHDRAWN]
    (reason,) = case(Action.SEND_MESSAGE, data(habilitations=tuple(past))).decide(Action.SEND_MESSAGE).reasons
    assert reason.code == "habilitation_revoked"


SENTENCES = {
    "embargo until tomorrow": "Le jeu de données sejours est sous embargo jusqu'au 26/11/2026 à 12:00 UTC.",
    "embargo without an end": "Le jeu de données sejours est sous embargo.",
    "habilitation ended this instant": (
        "Votre habilitation pour le jeu de données sejours a pris fin le 25/11/2026 à 12:00 UTC."
    ),
    "habilitation begins tomorrow": (
        "Votre habilitation pour le jeu de données sejours commence le 26/11/2026 à 12:00 UTC."
    ),
    "habilitation withdrawn an hour ago": (
        "Votre habilitation pour le jeu de données sejours a été retirée le 25/11/2026 à 11:00 UTC."
    ),
    "charter never signed": "Vous devez signer « Conditions d'utilisation », version 1.",
    "charter signed in the version before, deadline this instant": (
        "Vous devez signer « Conditions d'utilisation », version 2."
    ),
    "signed in 9 hours ago, 8 are asked for the data set": (
        "Votre double authentification du 25/11/2026 à 03:00 UTC est trop ancienne : reconnectez-vous."
    ),
    "another was used here, habilitation ended this instant": (
        "Votre habilitation pour le jeu de données medicaments, dont des fichiers du projet peuvent provenir, a pris "
        "fin le 25/11/2026 à 12:00 UTC."
    ),
    "another was used here, without an agreement now": (
        "La convention du projet pour le jeu de données medicaments, dont des fichiers du projet peuvent provenir, a "
        "pris fin le 25/11/2026 à 12:00 UTC."
    ),
    "another was used here, and is under an embargo": (
        "Le jeu de données medicaments, dont des fichiers du projet peuvent provenir, est sous embargo jusqu'au "
        "26/11/2026 à 12:00 UTC."
    ),
    "approval of everybody missing": "Le projet n'a pas l'autorisation « cesrees ».",
    "approval of the data set missing": "Le projet n'a pas l'autorisation « cnil ».",
    "project begins tomorrow": "L'espace projet ouvre le 26/11/2026 à 12:00 UTC.",
    "project ended this instant": "L'espace projet a pris fin le 25/11/2026 à 12:00 UTC.",
    "the data set is stopped": "L'usage du jeu de données sejours est arrêté depuis le 25/11/2026 à 10:00 UTC.",
}


@pytest.mark.parametrize("situation", SENTENCES)
def test_what_a_refusal_says(situation: str) -> None:
    endless = data(embargoes=(Window(YESTERDAY),))
    it = case(Action.SEND_MESSAGE, SITUATIONS.get(situation, endless))
    assert [reason.text.fr for reason in it.decide(Action.SEND_MESSAGE).reasons] == [SENTENCES[situation]]


def test_what_is_said_of_conditions_that_hold() -> None:
    states = {
        state.code: state.text.fr for state in explain(PERSON, Action.SEND_MESSAGE, ABOUT[Action.SEND_MESSAGE], NOW)
    }
    assert states["habilitation"] == (
        "Votre habilitation pour le jeu de données sejours est valable jusqu'au 05/12/2026 à 12:00 UTC."
    )
    assert states["charter"] == "Vous avez signé « Conditions d'utilisation », version 1."
    assert states["project"] == "L'espace projet est ouvert jusqu'au 05/12/2026 à 12:00 UTC."
    endless = replace(ABOUT[Action.SEND_MESSAGE], project=replace(PROJECT, window=Window(YESTERDAY)))
    open_ended = {state.code: state.text.en for state in explain(PERSON, Action.SEND_MESSAGE, endless, NOW)}
    assert open_ended["project"] == "The project space is open."
