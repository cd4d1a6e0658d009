"""The one decision function: who may do what, now, until when, and if not, why not.

``decide`` is pure: facts in, decision out, no clock and no look-up of its own (DESIGN section 3, rule 2). What an
action requires is a line of the table ``REQUIRES``: all its conditions must hold. ``until`` is the moment at which the
first of them lapses by itself, so that whoever acts on a decision may keep it until then, or until something is
withdrawn.

A condition's every failure is reported, not only the first: the person learns at once all that is missing. ``explain``
tells the state of every condition; ``decide`` is made from what it tells, so the page and the door can't differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from project_spaces.conditions import (
    Condition,
    ConditionState,
    Reason,
    administration,
    data,
    desk,
    earliest,
    files,
    person,
    project,
    stops,
)
from project_spaces.facts import PlatformRole, Resource, Subject

__all__ = [
    "DELEGATED",
    "READS_FILES",
    "REQUIRES",
    "USES_DATA",
    "Action",
    "ConditionState",
    "Decision",
    "Reason",
    "decide",
    "explain",
]


class Action(StrEnum):
    """Everything that is decided."""

    SIGN_IN = "sign_in"
    OPEN_WORKSPACE = "open_workspace"
    MOUNT_DATASET = "mount_dataset"
    SEND_MESSAGE = "send_message"
    WRITE_FILE = "write_file"
    SUBMIT_EXPORT = "submit_export"
    REVIEW_EXPORT = "review_export"
    DOWNLOAD_EXPORT = "download_export"
    SUBMIT_IMPORT = "submit_import"
    REVIEW_IMPORT = "review_import"
    DELIVER_DATASET = "deliver_dataset"
    ACCEPT_DELIVERY = "accept_delivery"
    READ_AUDIT = "read_audit"
    CONTROL_TRACES = "control_traces"
    LIFT_PAUSE = "lift_pause"
    ADMINISTER = "administer"
    GRANT_RIGHT = "grant_right"
    CONFIRM_TRAINING = "confirm_training"
    SEE_RIGHTS = "see_rights"
    REGISTER_DATASET = "register_dataset"
    INSTRUCT_REQUEST = "instruct_request"
    GIVE_OPINION = "give_opinion"
    ANSWER_FOR_OWNER = "answer_for_owner"
    ASK_EMBARGO = "ask_embargo"
    END_PROJECT = "end_project"
    SETTLE_END = "settle_end"
    CONFIRM_END = "confirm_end"
    SEE_END = "see_end"
    SEE_OPENINGS = "see_openings"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``reasons`` is empty when allowed; ``until`` is None when refused, or when nothing ends by itself.

    Whoever keeps a decision keeps it until then, and for requests that come from one of each of ``places`` alone.
    """

    allowed: bool
    reasons: tuple[Reason, ...]
    until: datetime | None
    places: person.Places = ()


#: Asked of every act but the sign-in itself.
_HERE = (person.person_active, stops.person_not_stopped, person.signed_in_lately, person.place_allowed)
_RUNNING = (stops.platform_not_stopped, stops.project_not_stopped)
#: Asked of whoever judges, controls or answers by a role, besides the role.
_ON_DUTY = (person.charters_signed, person.trained_for_role, person.identified_for_role)
_IN_ORDER = (*_HERE, *_RUNNING, person.charters_signed, person.trained, person.identified)
_IN_PROJECT = (
    *_IN_ORDER,
    project.project_open,
    project.project_approved,
    project.member,
    stops.files_not_stopped,
    files.files_kept,
    files.files_agreed,
    files.files_free,
)
_WORK = (
    *_IN_PROJECT,
    stops.datasets_not_stopped,
    data.datasets_available,
    data.not_identifying,
    data.fits_workspace,
    data.habilitated,
    data.agreed,
    data.no_embargo,
)

_FOR_OWNER = (
    *_HERE,
    stops.platform_not_stopped,
    *_ON_DUTY,
    person.holds_role(PlatformRole.STEWARD),
    desk.speaks_for_owner,
)

#: What each action requires. Adding an action without a line here fails a test, and refuses everybody.
REQUIRES: Mapping[Action, tuple[Condition, ...]] = MappingProxyType(
    {
        Action.SIGN_IN: (person.person_active, stops.person_not_stopped, person.second_factor_enrolled),
        Action.OPEN_WORKSPACE: _IN_PROJECT,
        Action.MOUNT_DATASET: (*_WORK, data.datasets_named),
        Action.SEND_MESSAGE: _WORK,
        Action.WRITE_FILE: _WORK,
        Action.SUBMIT_EXPORT: (
            *_IN_ORDER,
            project.results_may_leave,
            project.approved_until_frozen,
            project.member_until_frozen,
            stops.files_not_stopped,
            files.files_kept_until_frozen,
            files.files_agreed_until_frozen,
            files.files_free,
        ),
        Action.REVIEW_EXPORT: (
            *_HERE,
            *_RUNNING,
            *_ON_DUTY,
            person.holds_role(PlatformRole.REVIEWER),
            project.never_member,
            desk.not_author,
        ),
        Action.DOWNLOAD_EXPORT: (*_HERE, *_RUNNING, desk.is_recipient),
        Action.SUBMIT_IMPORT: _IN_PROJECT,
        Action.REVIEW_IMPORT: (
            *_HERE,
            *_RUNNING,
            *_ON_DUTY,
            person.holds_role(PlatformRole.STEWARD),
            project.never_member,
            desk.not_author,
        ),
        Action.DELIVER_DATASET: _FOR_OWNER,
        Action.ACCEPT_DELIVERY: (*_FOR_OWNER, desk.not_author),
        Action.READ_AUDIT: (*_HERE, *_ON_DUTY, person.holds_role(PlatformRole.AUDITOR)),
        Action.CONTROL_TRACES: (
            *_HERE,
            *_ON_DUTY,
            person.holds_role(PlatformRole.AUDITOR),
            project.outside_project,
        ),
        Action.LIFT_PAUSE: (
            *_HERE,
            person.holds_role(PlatformRole.AUDITOR, PlatformRole.ADMINISTRATOR),
            desk.not_beneficiary,
        ),
        Action.ADMINISTER: (*_HERE, administration.administers_or()),
        Action.GRANT_RIGHT: (*_HERE, person.charters_signed, administration.administers_or(), desk.not_beneficiary),
        Action.CONFIRM_TRAINING: (
            *_HERE,
            person.charters_signed,
            administration.administers_or(PlatformRole.TRAINING_MANAGER),
            desk.not_beneficiary,
        ),
        Action.SEE_RIGHTS: (*_HERE, administration.administers_or(PlatformRole.AUDITOR)),
        Action.REGISTER_DATASET: (*_HERE, person.holds_role(PlatformRole.STEWARD, PlatformRole.ADMINISTRATOR)),
        Action.INSTRUCT_REQUEST: (
            *_HERE,
            person.charters_signed,
            person.holds_role(PlatformRole.ADMINISTRATOR),
            desk.not_concerned,
        ),
        Action.GIVE_OPINION: (*_HERE, *_ON_DUTY, person.holds_role(PlatformRole.COMMITTEE), desk.not_concerned),
        Action.ANSWER_FOR_OWNER: (
            *_HERE,
            *_ON_DUTY,
            person.holds_role(PlatformRole.STEWARD),
            desk.speaks_for_owner,
            desk.not_concerned,
        ),
        Action.ASK_EMBARGO: (*_HERE, project.leads),
        Action.END_PROJECT: (*_HERE, project.ends_project),
        Action.SETTLE_END: (*_HERE, project.settles_end, project.settler_outside),
        Action.CONFIRM_END: (*_HERE, project.settles_end, project.settler_outside, desk.not_author),
        Action.SEE_END: (*_HERE, project.concerned_by_end),
        Action.SEE_OPENINGS: (*_HERE, *_ON_DUTY, person.holds_role(PlatformRole.STEWARD), desk.speaks_for_owner),
    }
)

#: Acts that give a way to a project's files: what these may hold counts for them.
READS_FILES = frozenset(action for action, conditions in REQUIRES.items() if stops.files_not_stopped in conditions)
#: Acts on data sets that are named.
USES_DATA = frozenset(action for action, conditions in REQUIRES.items() if data.habilitated in conditions)
#: Acts that a perimeter may carry: for these alone it is read.
DELEGATED = frozenset({Action.ADMINISTER, Action.GRANT_RIGHT, Action.CONFIRM_TRAINING, Action.SEE_RIGHTS})


def explain(subject: Subject, action: Action, resource: Resource, now: datetime) -> list[ConditionState]:
    """Return the state of every condition of *action*, those that hold too: the page "why can't I?".

    Raises
    ------
    ValueError
        *now* is naive: a rule never guesses a time zone.
    """
    if now.tzinfo is None:
        msg = "a decision needs an aware time"
        raise ValueError(msg)
    return [state for condition in REQUIRES[action] for state in condition(subject, resource, now)]


def decide(subject: Subject, action: Action, resource: Resource, now: datetime) -> Decision:
    """Decide whether *subject* may do *action* on *resource* at *now* (aware, UTC): every condition must hold.

    Raises
    ------
    ValueError
        *now* is naive.
    """
    states = explain(subject, action, resource, now)
    reasons = tuple(state.reason for state in states if not state.holds)
    if reasons:
        return Decision(allowed=False, reasons=reasons, until=None)
    asked = person.places(subject, resource) if person.place_allowed in REQUIRES[action] else ()
    return Decision(allowed=True, reasons=(), until=earliest([state.until for state in states]), places=asked)
