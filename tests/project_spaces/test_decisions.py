"""The law of the house, as tables: who may do what, when, and what a refusal says.

Each table reads: in this situation, this act is allowed ("yes"), or refused for exactly these reasons. The situations
change one fact at a time from a person for whom everything is in order, where nothing more than the rights is asked.
The whole table, with everything that can be asked, is ``truth_table.md``.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_spaces.decisions import READS_FILES, REQUIRES, USES_DATA, Action, decide
from project_spaces.facts import (
    Classification,
    DatasetFacts,
    MemberRole,
    MembershipFacts,
    PlatformRole,
    ProjectFacts,
    ProjectStatus,
    Resource,
    Subject,
    WorkspaceKind,
)
from project_spaces.windows import Window

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YESTERDAY, TOMORROW = NOW - DAY, NOW + DAY

# ── Someone for whom everything is in order ─────────────────────────────────────────────────────────────────────────

ANA = Subject("ana", active=True, second_factor=True)
PROJECT = ProjectFacts("etude", ProjectStatus.OPEN, Window(NOW - 100 * DAY, NOW + 100 * DAY))
MEMBER = MembershipFacts(MemberRole.ANALYST, Window(NOW - 50 * DAY, NOW + 50 * DAY))
HABILITATION = Window(NOW - 10 * DAY, NOW + 10 * DAY)
STAYS = DatasetFacts("sejours", Classification.PSEUDONYMISED, withdrawn=False, habilitations=(HABILITATION,))
DRUGS = DatasetFacts("medicaments", Classification.PSEUDONYMISED, withdrawn=False, habilitations=(HABILITATION,))
DESK = Resource(PROJECT, (MEMBER,), (STAYS,), workspace=WorkspaceKind.SEALED)

# ── One fact changed at a time ──────────────────────────────────────────────────────────────────────────────────────

PEOPLE = {
    "in order": ANA,
    "disabled": replace(ANA, active=False),
    "administrator": replace(ANA, roles=frozenset({PlatformRole.ADMINISTRATOR})),
    "reviewer": replace(ANA, roles=frozenset({PlatformRole.REVIEWER})),
    "auditor": replace(ANA, roles=frozenset({PlatformRole.AUDITOR})),
    "steward": replace(ANA, roles=frozenset({PlatformRole.STEWARD})),
}


def project(status: ProjectStatus = ProjectStatus.OPEN, *, window: Window = PROJECT.window) -> Resource:
    return replace(DESK, project=ProjectFacts("etude", status, window))


def membership(*windows: Window) -> Resource:
    return replace(DESK, memberships=tuple(MembershipFacts(MemberRole.ANALYST, window) for window in windows))


def habilitation(*windows: Window) -> Resource:
    return replace(DESK, datasets=(replace(STAYS, habilitations=windows),))


SITUATIONS: dict[str, Resource] = {
    "everything in order": DESK,
    "no such project": replace(DESK, project=None),
    "project suspended": project(ProjectStatus.SUSPENDED),
    "project closed": project(ProjectStatus.CLOSED),
    "project begins tomorrow": project(window=Window(TOMORROW, NOW + 9 * DAY)),
    "project ended this instant": project(window=Window(YESTERDAY, NOW)),
    "not a member": membership(),
    "membership begins tomorrow": membership(Window(TOMORROW, NOW + 9 * DAY)),
    "membership ended yesterday": membership(Window(NOW - 9 * DAY, YESTERDAY)),
    "membership withdrawn this instant": membership(Window(YESTERDAY, TOMORROW, revoked_at=NOW)),
    "membership ended, a new one runs": membership(Window(NOW - 9 * DAY, YESTERDAY), Window(YESTERDAY, TOMORROW)),
    "no habilitation": habilitation(),
    "habilitation begins tomorrow": habilitation(Window(TOMORROW, NOW + 9 * DAY)),
    "habilitation ended years ago": habilitation(Window(NOW - 2000 * DAY, NOW - 1000 * DAY)),
    "habilitation ended this instant": habilitation(Window(YESTERDAY, NOW)),
    "habilitation withdrawn an hour ago": habilitation(Window(YESTERDAY, TOMORROW, NOW - timedelta(hours=1))),
    "habilitation withdrawn, granted again": habilitation(Window(YESTERDAY, TOMORROW, NOW), Window(NOW, TOMORROW)),
    "data set withdrawn by its owner": replace(DESK, datasets=(replace(STAYS, withdrawn=True),)),
    "data set names persons": replace(DESK, datasets=(replace(STAYS, classification=Classification.IDENTIFYING),)),
    "one of two data sets not habilitated": replace(DESK, datasets=(STAYS, replace(DRUGS, habilitations=()))),
    "no data set": replace(DESK, datasets=()),
}

YES: tuple[str, ...] = ()
#: situation → why a message is not forwarded, a file not written, a data set not mounted.
WORK: dict[str, tuple[str, ...]] = {
    "everything in order": YES,
    "no such project": ("project_unknown",),
    "project suspended": ("project_suspended",),
    "project closed": ("project_closed",),
    "project begins tomorrow": ("project_not_started",),
    "project ended this instant": ("project_ended",),
    "not a member": ("membership_missing",),
    "membership begins tomorrow": ("membership_not_started",),
    "membership ended yesterday": ("membership_ended",),
    "membership withdrawn this instant": ("membership_revoked",),
    "membership ended, a new one runs": YES,
    "no habilitation": ("habilitation_missing",),
    "habilitation begins tomorrow": ("habilitation_not_started",),
    "habilitation ended years ago": ("habilitation_ended",),
    "habilitation ended this instant": ("habilitation_ended",),
    "habilitation withdrawn an hour ago": ("habilitation_revoked",),
    "habilitation withdrawn, granted again": YES,
    "data set withdrawn by its owner": ("dataset_withdrawn",),
    "data set names persons": ("dataset_identifying",),
    "one of two data sets not habilitated": ("habilitation_missing",),
    "no data set": YES,
}
#: The same situations for acts that need the project but no data set: opening a workspace, submitting an export.
PROJECT_ONLY = {name: why if why and why[0].startswith(("project", "member")) else YES for name, why in WORK.items()}

EXPECTED: dict[Action, dict[str, tuple[str, ...]]] = {
    Action.OPEN_WORKSPACE: PROJECT_ONLY,
    Action.SUBMIT_EXPORT: PROJECT_ONLY,
    Action.SEND_MESSAGE: WORK,
    Action.WRITE_FILE: WORK,
    Action.MOUNT_DATASET: {**WORK, "no data set": ("dataset_unknown",)},
}

#: act → kind of person → why refused. Roles on the platform open no data; the desk, the log and the administration open
#: to their role alone.
ROLES: dict[Action, dict[str, tuple[str, ...]]] = {
    Action.SIGN_IN: dict.fromkeys(PEOPLE, YES) | {"disabled": ("person_inactive",)},
    Action.READ_AUDIT: dict.fromkeys(PEOPLE, ("role_missing",))
    | {"auditor": YES, "disabled": ("person_inactive", "role_missing")},
    Action.ADMINISTER: dict.fromkeys(PEOPLE, ("role_missing",))
    | {"administrator": YES, "disabled": ("person_inactive", "role_missing")},
    Action.REGISTER_DATASET: dict.fromkeys(PEOPLE, ("role_missing",))
    | {"steward": YES, "administrator": YES, "disabled": ("person_inactive", "role_missing")},
}
#: Nobody works in a project by virtue of a role: whoever is not a member is told so, whatever the role.
OUTSIDER = replace(DESK, memberships=(), datasets=(replace(STAYS, habilitations=()),))


def why(subject: Subject, action: Action, resource: Resource, now: datetime = NOW) -> tuple[str, ...]:
    return tuple(reason.code for reason in decide(subject, action, resource, now).reasons)


class TestWork:
    @pytest.mark.parametrize(
        ("action", "situation"), [(action, name) for action, table in EXPECTED.items() for name in table]
    )
    def test_table(self, action: Action, situation: str) -> None:
        assert why(ANA, action, SITUATIONS[situation]) == EXPECTED[action][situation]

    def test_every_situation_has_its_line(self) -> None:
        assert all(set(table) == set(SITUATIONS) for table in EXPECTED.values())

    @pytest.mark.parametrize("action", EXPECTED)
    def test_a_disabled_person_does_nothing(self, action: Action) -> None:
        assert why(PEOPLE["disabled"], action, DESK) == ("person_inactive",)

    @pytest.mark.parametrize("role", PEOPLE)
    @pytest.mark.parametrize("action", [Action.SEND_MESSAGE, Action.MOUNT_DATASET, Action.OPEN_WORKSPACE])
    def test_no_role_opens_a_project_or_its_data(self, action: Action, role: str) -> None:
        """TRAPS A18: reviewers see requests, never workspaces; administrators have no data rights."""
        codes = why(PEOPLE[role], action, OUTSIDER)
        assert "membership_missing" in codes

    def test_all_that_is_missing_is_said_at_once(self) -> None:
        codes = why(PEOPLE["disabled"], Action.SEND_MESSAGE, replace(OUTSIDER, project=None))
        assert codes == ("person_inactive", "project_unknown", "membership_missing", "habilitation_missing")


class TestRoles:
    @pytest.mark.parametrize(("action", "role"), [(action, role) for action, table in ROLES.items() for role in table])
    def test_table(self, action: Action, role: str) -> None:
        assert why(PEOPLE[role], action, Resource()) == ROLES[action][role]

    def test_no_sign_in_without_a_second_factor(self) -> None:
        assert why(replace(ANA, second_factor=False), Action.SIGN_IN, Resource()) == ("second_factor_missing",)


class TestReview:
    """TRAPS A5: nobody judges his own case."""

    REQUEST = Resource(project=PROJECT, author="ben")

    @pytest.mark.parametrize(
        ("person", "request_", "codes"),
        [
            ("reviewer", REQUEST, YES),
            ("reviewer", replace(REQUEST, author="ana"), ("own_request",)),
            ("reviewer", replace(REQUEST, author=None), ("own_request",)),
            ("reviewer", replace(REQUEST, memberships=(MEMBER,)), ("reviewer_in_project",)),
            ("reviewer", replace(SITUATIONS["membership ended yesterday"], author="ben"), ("reviewer_in_project",)),
            ("in order", REQUEST, ("role_missing",)),
            ("administrator", REQUEST, ("role_missing",)),
            ("auditor", REQUEST, ("role_missing",)),
            ("steward", REQUEST, ("role_missing",)),
            ("disabled", REQUEST, ("person_inactive", "role_missing")),
        ],
    )
    def test_table(self, person: str, request_: Resource, codes: tuple[str, ...]) -> None:
        assert why(PEOPLE[person], Action.REVIEW_EXPORT, request_) == codes

    def test_an_administrator_who_reviews_needs_the_role_and_stays_outside(self) -> None:
        both = replace(ANA, roles=frozenset({PlatformRole.ADMINISTRATOR, PlatformRole.REVIEWER}))
        assert why(both, Action.REVIEW_EXPORT, self.REQUEST) == YES
        assert why(both, Action.REVIEW_EXPORT, replace(self.REQUEST, author="ana")) == ("own_request",)


class TestRightsAndDownloads:
    @pytest.mark.parametrize(
        ("person", "action", "resource", "codes"),
        [
            ("administrator", Action.GRANT_RIGHT, Resource(beneficiary="ben"), YES),
            ("administrator", Action.GRANT_RIGHT, Resource(beneficiary="ana"), ("own_right",)),
            ("administrator", Action.GRANT_RIGHT, Resource(), ("own_right",)),
            ("steward", Action.GRANT_RIGHT, Resource(beneficiary="ben"), ("role_missing",)),
            ("disabled", Action.GRANT_RIGHT, Resource(beneficiary="ben"), ("person_inactive", "role_missing")),
            ("auditor", Action.CONTROL_TRACES, Resource(), YES),
            ("auditor", Action.CONTROL_TRACES, Resource(memberships=(MEMBER,)), ("auditor_in_project",)),
            ("administrator", Action.CONTROL_TRACES, Resource(), ("role_missing",)),
            ("disabled", Action.CONTROL_TRACES, Resource(), ("person_inactive", "role_missing")),
            ("auditor", Action.LIFT_PAUSE, Resource(beneficiary="ben"), YES),
            ("administrator", Action.LIFT_PAUSE, Resource(beneficiary="ben"), YES),
            ("administrator", Action.LIFT_PAUSE, Resource(beneficiary="ana"), ("own_right",)),
            ("reviewer", Action.LIFT_PAUSE, Resource(beneficiary="ben"), ("role_missing",)),
            ("in order", Action.DOWNLOAD_EXPORT, Resource(recipient="ana"), YES),
            ("in order", Action.DOWNLOAD_EXPORT, Resource(recipient="ben"), ("not_recipient",)),
            ("in order", Action.DOWNLOAD_EXPORT, Resource(), ("not_recipient",)),
            ("administrator", Action.DOWNLOAD_EXPORT, Resource(recipient="ben"), ("not_recipient",)),
            ("disabled", Action.DOWNLOAD_EXPORT, Resource(recipient="ana"), ("person_inactive",)),
        ],
    )
    def test_table(self, person: str, action: Action, resource: Resource, codes: tuple[str, ...]) -> None:
        assert why(PEOPLE[person], action, resource) == codes


class TestUntil:
    """``until`` is the moment at which the first condition lapses."""

    @pytest.mark.parametrize(
        ("situation", "until"),
        [
            ("everything in order", HABILITATION.ends_at),
            ("no data set", MEMBER.window.ends_at),
            ("membership ended, a new one runs", TOMORROW),
            ("habilitation withdrawn, granted again", TOMORROW),
            ("no habilitation", None),
        ],
    )
    def test_of_a_message(self, situation: str, until: datetime | None) -> None:
        assert decide(ANA, Action.SEND_MESSAGE, SITUATIONS[situation], NOW).until == until

    def test_is_the_projects_end_when_that_comes_first(self) -> None:
        resource = project(window=Window(YESTERDAY, TOMORROW))
        assert decide(ANA, Action.SEND_MESSAGE, resource, NOW).until == TOMORROW

    def test_is_the_earliest_of_all_mounted_data_sets(self) -> None:
        shorter = replace(DRUGS, habilitations=(Window(YESTERDAY, NOW + timedelta(hours=1)),))
        resource = replace(DESK, datasets=(STAYS, shorter))
        assert decide(ANA, Action.SEND_MESSAGE, resource, NOW).until == NOW + timedelta(hours=1)

    def test_is_the_longest_of_several_that_hold_for_one_data_set(self) -> None:
        resource = habilitation(Window(YESTERDAY, TOMORROW), Window(YESTERDAY, NOW + 3 * DAY))
        assert decide(ANA, Action.SEND_MESSAGE, resource, NOW).until == NOW + 3 * DAY

    def test_of_a_sign_in_is_open(self) -> None:
        assert decide(ANA, Action.SIGN_IN, Resource(), NOW).until is None

    @given(
        ends=st.lists(st.integers(1, 1000), min_size=4, max_size=4),
        after=st.integers(0, 1000),
    )
    def test_the_decision_holds_exactly_until_then(self, ends: list[int], after: int) -> None:
        """TRAPS A1 and A2: the same facts, a later clock, another answer; to the second."""
        last = [NOW + timedelta(seconds=each) for each in ends]
        resource = Resource(
            ProjectFacts("etude", ProjectStatus.OPEN, Window(YESTERDAY, last[0])),
            (MembershipFacts(MemberRole.LEAD, Window(YESTERDAY, last[1])),),
            (
                replace(STAYS, habilitations=(Window(YESTERDAY, last[2]),)),
                replace(DRUGS, habilitations=(Window(YESTERDAY, last[3]),)),
            ),
            workspace=WorkspaceKind.SEALED,
        )
        decision = decide(ANA, Action.SEND_MESSAGE, resource, NOW)
        assert decision.allowed
        assert decision.until == min(last)
        later = NOW + timedelta(seconds=after)
        assert decide(ANA, Action.SEND_MESSAGE, resource, later).allowed == (later < decision.until)


class TestReasons:
    def test_every_refusal_speaks_french_and_english(self) -> None:
        subjects, resources = PEOPLE.values(), [*SITUATIONS.values(), OUTSIDER, Resource()]
        for action in Action:
            for subject in subjects:
                for resource in resources:
                    decision = decide(subject, action, resource, NOW)
                    assert decision.allowed == (not decision.reasons)
                    for reason in decision.reasons:
                        assert reason.text.fr.endswith((".", "!"))
                        assert reason.text.en.endswith((".", "!"))
                        assert reason.text.fr != reason.text.en

    def test_says_which_data_set_and_since_when(self) -> None:
        (reason,) = decide(ANA, Action.SEND_MESSAGE, SITUATIONS["habilitation ended this instant"], NOW).reasons
        assert reason.text.fr == (
            "Votre habilitation pour le jeu de données sejours a pris fin le 25/11/2026 à 12:00 UTC."
        )
        assert reason.text.en == "Your habilitation for data set sejours ended on 25 November 2026 at 12:00 UTC."


class TestTheTableOfRules:
    def test_every_action_has_its_conditions_and_starts_with_an_active_person(self) -> None:
        assert set(REQUIRES) == set(Action)
        assert all(conditions[0].__name__ == "person_active" for conditions in REQUIRES.values())

    def test_a_naive_time_is_refused(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            decide(ANA, Action.SIGN_IN, Resource(), NOW.replace(tzinfo=None))


def test_which_acts_read_data_and_files_that_may_hold_it() -> None:
    """For these, and for no other, the data sets' own conditions are loaded."""
    works = {Action.MOUNT_DATASET, Action.SEND_MESSAGE, Action.WRITE_FILE}
    assert works == USES_DATA
    assert works | {Action.OPEN_WORKSPACE, Action.SUBMIT_EXPORT, Action.SUBMIT_IMPORT} == READS_FILES
