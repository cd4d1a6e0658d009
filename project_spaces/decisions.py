"""The one decision function: who may do what, now, until when, and if not, why not.

``decide`` is pure: facts in, decision out, no clock and no look-up of its own (DESIGN section 3, rule 2). What an
action requires is a line of the table ``REQUIRES``: all its conditions must hold. ``until`` is the moment at which the
first of them lapses by itself, so that whoever acts on a decision may keep it until then, or until something is
withdrawn.

A condition's every failure is reported, not only the first: the person learns at once all that is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from project_spaces import conditions as c
from project_spaces.conditions import Condition, Reason
from project_spaces.facts import PlatformRole, Resource, Subject

__all__ = ["REQUIRES", "Action", "Decision", "Reason", "decide"]


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
    READ_AUDIT = "read_audit"
    CONTROL_TRACES = "control_traces"
    LIFT_PAUSE = "lift_pause"
    ADMINISTER = "administer"
    GRANT_RIGHT = "grant_right"
    REGISTER_DATASET = "register_dataset"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``reasons`` is empty when allowed; ``until`` is None when refused, or when nothing ends by itself."""

    allowed: bool
    reasons: tuple[Reason, ...]
    until: datetime | None


_WORK = (c.person_active, c.project_open, c.member, c.datasets_available, c.not_identifying, c.habilitated)

#: What each action requires. Adding an action without a line here fails a test, and refuses everybody.
REQUIRES: Mapping[Action, tuple[Condition, ...]] = MappingProxyType(
    {
        Action.SIGN_IN: (c.person_active, c.second_factor_enrolled),
        Action.OPEN_WORKSPACE: (c.person_active, c.project_open, c.member),
        Action.MOUNT_DATASET: (*_WORK, c.datasets_named),
        Action.SEND_MESSAGE: _WORK,
        Action.WRITE_FILE: _WORK,
        Action.SUBMIT_EXPORT: (c.person_active, c.project_open, c.member),
        Action.REVIEW_EXPORT: (c.person_active, c.holds_role(PlatformRole.REVIEWER), c.never_member, c.not_author),
        Action.DOWNLOAD_EXPORT: (c.person_active, c.is_recipient),
        Action.READ_AUDIT: (c.person_active, c.holds_role(PlatformRole.AUDITOR)),
        Action.CONTROL_TRACES: (c.person_active, c.holds_role(PlatformRole.AUDITOR), c.outside_project),
        Action.LIFT_PAUSE: (
            c.person_active,
            c.holds_role(PlatformRole.AUDITOR, PlatformRole.ADMINISTRATOR),
            c.not_beneficiary,
        ),
        Action.ADMINISTER: (c.person_active, c.holds_role(PlatformRole.ADMINISTRATOR)),
        Action.GRANT_RIGHT: (c.person_active, c.holds_role(PlatformRole.ADMINISTRATOR), c.not_beneficiary),
        Action.REGISTER_DATASET: (
            c.person_active,
            c.holds_role(PlatformRole.STEWARD, PlatformRole.ADMINISTRATOR),
        ),
    }
)


def decide(subject: Subject, action: Action, resource: Resource, now: datetime) -> Decision:
    """Decide whether *subject* may do *action* on *resource* at *now* (aware, UTC).

    Raises
    ------
    ValueError
        *now* is naive: a rule never guesses a time zone.
    """
    if now.tzinfo is None:
        msg = "decide() needs an aware time"
        raise ValueError(msg)
    verdicts = [condition(subject, resource, now) for condition in REQUIRES[action]]
    reasons = tuple(reason for verdict in verdicts for reason in verdict.reasons)
    if reasons:
        return Decision(allowed=False, reasons=reasons, until=None)
    return Decision(allowed=True, reasons=(), until=c.earliest([verdict.until for verdict in verdicts]))
