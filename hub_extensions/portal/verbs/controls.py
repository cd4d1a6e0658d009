"""The monthly control of traces (MR-007, SEC-JOU-2) and the meter of what is shown, as an auditor works with them.

The rules are the domain's (``project_spaces.controls``, ``.egress``, ``.retention``); here they become pages. Looking
at what was found is a look at the ledger, so it is recorded like any other. What was recorded up to this moment is
searched with the rest: a hit that came a second ago is neither left out of the page nor signed over.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import Field

from hub_extensions.oversight.looks import people_of
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing, Words
from hub_extensions.portal.verbs.audit import entry_of, looking, record_look, require_auditor
from hub_extensions.portal.words import both, iso
from project_spaces import controls as domain
from project_spaces import egress, retention
from project_spaces.control_periods import ControlState
from project_spaces.errors import Conflict
from project_spaces.projects import list_projects
from project_spaces.shown import history
from project_spaces.signing import signatures
from project_spaces.signing.verified_log import covering
from project_spaces.text import Text

#: Stands for the platform in addresses; no slug has two hyphens.
PLATFORM = "--platform"
MOST_SHOWN = 500
STATE_LABELS = {
    ControlState.RUNNING: Text("En cours", "Running"),
    ControlState.DUE: Text("À signer", "To be signed"),
    ControlState.OVERDUE: Text("En retard", "Overdue"),
    ControlState.SIGNED: Text("Signé", "Signed"),
}
FLOW_LABELS = {
    egress.Flow.FREE: Text("libre", "free"),
    egress.Flow.WARNED: Text("averti", "warned"),
    egress.Flow.PAUSED: Text("suspendu", "paused"),
}
Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Slug = Annotated[str, Field(min_length=1, max_length=30)]


class MarkHits(Input):
    """What is said of hits."""

    entries: Words
    verdict: domain.Verdict
    comment: Reason


class Why(Input):
    """Why a hold is placed or lifted."""

    reason: Reason


class Day(Input):
    """Which day (UTC, as budgets count); the day at hand without one."""

    day: Annotated[date, Field(ge=date(2000, 1, 1), lt=date(3000, 1, 1))] | None = None


class Lift(Input):
    """Whose pause is lifted, and why."""

    person: Slug
    project: Slug
    reason: Reason


def overview(call: Call, _body: Nothing) -> Page:
    """Controls of the platform and of every project: what is overdue, what is to be signed, what was."""
    looking(call, what="controls")
    call.portal.store.settle()
    terms = call.portal.control_terms
    with call.portal.store.read() as session:
        scopes: list[tuple[str | None, str | None]] = [(None, None)]
        scopes += [(each.slug, each.title) for each in list_projects(session)]
        found = [
            {
                "scope": scope or PLATFORM,
                "title": title,
                "periods": [_summary(each) for each in domain.controls(session, scope, terms, call.now)[:13]],
            }
            for scope, title in scopes
        ]
    return {"scopes": found}


def control(call: Call, _body: Nothing) -> Page:
    """One period of a scope: every hit to decide, everything else to see, and who signed."""
    scope = _scope(call)
    require_auditor(call)
    call.portal.store.settle()
    terms = call.portal.control_terms
    with call.portal.store.read() as session, call.portal.ledger.open() as index:
        found = domain.control_of(session, index, scope, call["period"], terms=terms, now=call.now)
        hold = None if scope is None else retention.retention_of(session, scope, call.portal.retention_months)
    shown = found.open[:MOST_SHOWN]
    about = people_of(*(each.row for each in shown))
    record_look(call, about, what="control", about_project=scope, period=call["period"])
    return {
        **_summary(found.summary),
        "scope": scope or PLATFORM,
        "project": scope,
        "counts": found.counts(),
        "findings": _findings(found, shown),
        "more": max(0, len(found.open) - MOST_SHOWN),
        "unmarked": len(found.unmarked),
        "altered": len(found.altered),
        "verified": _verified(call, found),
        "over": found.summary.state is not ControlState.RUNNING,
        "signatures": [
            {"by": each.signed_by, "at": iso(each.signed_at), "edition": each.edition, "digest": each.digest}
            for each in found.summary.signed
        ],
        "retention": None if hold is None else {"months": hold.months, "reason": hold.reason, "hold": _hold(hold.hold)},
    }


def mark(call: Call, body: MarkHits) -> Page:
    """Say of hits that they are explained, or an incident."""
    entries = [int(each) for each in body.entries if each.isascii() and each.isdigit()]
    with call.portal.ledger.open() as index:
        domain.mark(
            call.portal.store,
            index,
            _scope(call),
            entries,
            verdict=body.verdict,
            comment=body.comment,
            terms=call.portal.control_terms,
            actor=call.actor,
            now=call.now,
        )
    return {"marked": len(entries)}


def sign(call: Call, _body: Nothing) -> Page:
    """Sign the control of a period; the signature is an entry of the ledger."""
    call.portal.store.settle()
    with call.portal.ledger.open() as index:
        row = signatures.sign(
            call.portal.store,
            index,
            _scope(call),
            call["period"],
            terms=call.portal.control_terms,
            verified=call.portal.ledger.verifications.latest.verified,
            actor=call.actor,
            now=call.now,
        )
    return {"edition": row.edition, "digest": row.digest, "signed_at": iso(row.signed_at)}


def place_hold(call: Call, body: Why) -> Page:
    """Suspend the deletion of a project's traces."""
    retention.place_hold(call.portal.store, call["scope"], reason=body.reason, actor=call.actor, now=call.now)
    return {"project": call["scope"]}


def lift_hold(call: Call, body: Why) -> Page:
    """Let deletion go on."""
    retention.lift_hold(call.portal.store, call["scope"], reason=body.reason, actor=call.actor, now=call.now)
    return {"project": call["scope"]}


def meter(call: Call, body: Day) -> Page:
    """How much was shown to each person: in this hour and day against the project's budget, and on one day by hours."""
    require_auditor(call)
    today = call.now.date()
    day = body.day or today
    with call.portal.store.read() as session:
        shown = history.shown_on(session, day)
        found, uses = [], egress.uses(session, call.now) if day == today else {}
        record_look(call, sorted({each.person for each in shown}), what="egress", day=day.isoformat())
        for (person, project), use in sorted(uses.items()):
            budget = egress.budget_of(session, project, call.portal.egress_budget)
            flow, whole = use.flow(budget), budget.lifted(use)
            found.append(
                {
                    "person": person,
                    "project": project,
                    "hour": use.hour,
                    "day": use.day,
                    "hour_budget": whole.hour,
                    "day_budget": whole.day,
                    "state": flow.name.lower(),
                    "state_label": both(FLOW_LABELS[flow]),
                }
            )
        first = history.first_day(session)
    return {
        "uses": sorted(found, key=lambda each: -each["day"]),
        "day": day.isoformat(),
        "today": day == today,
        "first_day": None if first is None else first.isoformat(),
        "peak": history.peak(shown),
        "shown": [_shown(each, day) for each in shown],
    }


def lift_pause(call: Call, body: Lift) -> Page:
    """Let output flow again for one person: one more budget for the hour and day at hand."""
    egress.lift_pause(call.portal.store, body.person, body.project, reason=body.reason, actor=call.actor, now=call.now)
    return {"person": body.person, "project": body.project}


def _shown(each: history.Shown, day: date) -> Page:
    begin = datetime.combine(day, time(), UTC)
    return {
        "person": each.person,
        "project": each.project,
        "day": each.day,
        "hours": [
            {"at": iso(begin + timedelta(hours=number)), "bytes": much} for number, much in enumerate(each.hours)
        ],
        "lifts": [{"at": iso(lift.lifted_at), "by": lift.lifted_by, "reason": lift.reason} for lift in each.lifts],
    }


def _scope(call: Call) -> str | None:
    return None if call["scope"] == PLATFORM else call["scope"]


def _summary(each: domain.ControlSummary) -> Page:
    return {
        "period": each.period.name,
        "since": iso(each.period.since),
        "until": iso(each.period.until),
        "due": iso(each.period.due),
        "state": each.state.value,
        "state_label": both(STATE_LABELS[each.state]),
    }


def _findings(found: domain.Control, shown: Sequence[Any]) -> list[Page]:
    listed = []
    for each in shown:
        row = found.marks.get(each.index)
        said = None if row is None else {"verdict": row.verdict.value, "comment": row.comment, "by": row.marked_by}
        listed.append({**entry_of(each.row), "what": each.what.value, "mark": said})
    return listed


def _verified(call: Call, found: domain.Control) -> Page | None:
    """The verified log on which this control may be signed now, None while there is none."""
    try:
        log = covering(call.portal.ledger.verifications.latest.verified, found.summary.period, call.now)
    except Conflict:
        return None
    return {**log.document(), "behind": sum(each.index >= log.size for each in found.open)}


def _hold(hold: retention.Hold | None) -> Page | None:
    return None if hold is None else {"reason": hold.reason, "since": iso(hold.since), "by": hold.by}
