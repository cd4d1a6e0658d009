"""Where a workspace is, from what the Hub says, what was asked for, and what the domain remembers."""

from datetime import UTC, datetime, timedelta

import pytest

from hub_extensions.portal.hub import DID_NOT_START, Server, failure
from hub_extensions.portal.workspaces import Attempt, LastRun, State, standing_of
from project_spaces.errors import Refused, Unavailable
from project_spaces.text import Text
from project_spaces.workspaces import StopCause, WorkspaceState

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
READY, SPAWNING, ENDING = Server(True, None), Server(False, "spawn"), Server(False, "stop")
STARTING = LastRun(WorkspaceState.STARTING, NOW)
RUNNING = LastRun(WorkspaceState.RUNNING, NOW, mounted=(("omop", "1"),))
CUT = LastRun(WorkspaceState.STOPPED, NOW, NOW, StopCause.LAPSED, Text("Coupé.", "Cut."))
ASKED = Attempt(NOW)
NO = Attempt(NOW, Refused(Text("Non.", "No."), [Text("Non.", "No."), Text("Ni.", "Nor.")]), done=True)


@pytest.mark.parametrize(
    ("server", "attempt", "last", "state"),
    [
        (None, None, None, State.STOPPED),
        (None, ASKED, None, State.STARTING),
        (SPAWNING, None, None, State.STARTING),
        (SPAWNING, ASKED, STARTING, State.STARTING),
        (READY, ASKED, RUNNING, State.RUNNING),
        (READY, NO, RUNNING, State.RUNNING),
        (ENDING, ASKED, RUNNING, State.STOPPING),
        (None, NO, None, State.REFUSED),
        (None, None, CUT, State.STOPPED),
        (READY, None, CUT, State.STOPPED),
        (None, Attempt(NOW, done=True), None, State.STOPPED),
    ],
)
def test_the_hub_is_believed_first(
    server: Server | None, attempt: Attempt | None, last: LastRun | None, state: State
) -> None:
    assert standing_of(server, attempt, last, NOW).state is state


def test_a_start_tells_how_far_it_has_come() -> None:
    steps = [standing_of(SPAWNING, ASKED, row, NOW).progress for row in (None, STARTING, RUNNING)]
    assert steps == sorted(set(steps))
    assert 0 < steps[0] < steps[-1] < 100


def test_a_running_workspace_tells_what_is_mounted() -> None:
    assert standing_of(READY, None, RUNNING, NOW).mounted == (("omop", "1"),)


def test_a_refusal_keeps_every_reason_and_is_told_for_some_hours_only() -> None:
    told = standing_of(None, NO, None, NOW)
    assert told.reason == Text("Non.", "No.")
    assert told.reasons == (Text("Non.", "No."), Text("Ni.", "Nor."))
    assert standing_of(None, NO, None, NOW + timedelta(hours=13)).state is State.STOPPED


def test_a_workspace_that_was_cut_says_why() -> None:
    assert standing_of(None, None, CUT, NOW).reason == Text("Coupé.", "Cut.")


def test_the_hubs_own_words_about_a_failed_start_are_replaced_by_what_the_domain_knows() -> None:
    """TRAPS B10: a server that dies during the wait answers 500 InvalidStateError."""
    attempt = Attempt(NOW, failure(500, "Exception is not set."), done=True)
    died = LastRun(WorkspaceState.STOPPED, NOW, NOW, StopCause.FAILED, Text("Mort.", "Died."))
    assert standing_of(None, attempt, None, NOW).reason == DID_NOT_START
    assert standing_of(None, attempt, died, NOW).reason == Text("Mort.", "Died.")


def test_the_spawners_sentence_passes_in_both_languages() -> None:
    error = failure(403, "Projet clos. — Project closed.")
    assert isinstance(error, Refused)
    assert error.text == Text("Projet clos.", "Project closed.")
    assert isinstance(failure(503, "Moteur arrêté. — Engine down."), Unavailable)
