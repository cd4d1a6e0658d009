"""How long a project's traces are kept and how much its people may be shown: an administrator's choice, recorded."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.reach import require_project
from project_spaces import egress, retention

_MIB = 1 << 20


class Months(Input):
    """For how long; the longest needs a reason."""

    months: int
    reason: Annotated[str, Field(max_length=2000)] = ""


class Megabytes(Input):
    """How much one person may be shown (MiB)."""

    hour_mb: Annotated[int, Field(ge=1, le=10**6)]
    day_mb: Annotated[int, Field(ge=1, le=10**6)]


def settled(call: Call, _body: Nothing) -> Page:
    """What holds for one project now."""
    with call.portal.store.read() as session:
        require_project(session, call, call["project"])
        kept = retention.retention_of(session, call["project"], call.portal.retention_months)
        budget = egress.budget_of(session, call["project"], call.portal.egress_budget)
    return {
        "months": kept.months,
        "reason": kept.reason,
        "held": kept.hold is not None,
        "choices": list(retention.CHOICES),
        "hour_mb": budget.hour // _MIB,
        "day_mb": budget.day // _MIB,
    }


def set_retention(call: Call, body: Months) -> Page:
    """Choose how long the project's traces are kept."""
    retention.set_retention(
        call.portal.store, call["project"], body.months, reason=body.reason, actor=call.actor, now=call.now
    )
    return settled(call, Nothing())


def set_budget(call: Call, body: Megabytes) -> Page:
    """Choose how much one person may be shown in the project."""
    egress.set_budget(
        call.portal.store, call["project"], hour_mb=body.hour_mb, day_mb=body.day_mb, actor=call.actor, now=call.now
    )
    return settled(call, Nothing())
