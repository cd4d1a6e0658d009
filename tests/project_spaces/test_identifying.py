"""Identified data never reach a workspace: not mounted, and no message passes where they would be."""

from datetime import UTC, datetime

import pytest

from project_spaces.decisions import Action, decide
from project_spaces.facts import (
    Classification,
    DatasetFacts,
    MemberRole,
    MembershipFacts,
    ProjectFacts,
    ProjectStatus,
    Resource,
    Subject,
    WorkspaceKind,
)
from project_spaces.windows import Window

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ALWAYS = Window(NOW.replace(year=2020), NOW.replace(year=2030))


@pytest.mark.parametrize("action", [Action.MOUNT_DATASET, Action.SEND_MESSAGE, Action.WRITE_FILE])
@pytest.mark.parametrize("classification", Classification)
def test_a_habilitation_does_not_open_identified_data(action: Action, classification: Classification):
    resource = Resource(
        project=ProjectFacts("p", ProjectStatus.OPEN, ALWAYS),
        memberships=(MembershipFacts(MemberRole.ANALYST, ALWAYS),),
        datasets=(DatasetFacts("d", classification, withdrawn=False, habilitations=(ALWAYS,)),),
        workspace=WorkspaceKind.SEALED,
    )
    decision = decide(Subject("ana", active=True, second_factor=True), action, resource, NOW)
    assert decision.allowed is (classification is not Classification.IDENTIFYING)
    assert [reason.code for reason in decision.reasons] in ([], ["dataset_identifying"])
