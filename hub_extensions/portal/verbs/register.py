"""The public register, for everybody; and what an administrator adds to it."""

import csv
import io
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing
from hub_extensions.portal.words import both, iso
from project_spaces import register
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.register import STATE_LABELS, PublicProject, Result
from project_spaces.requests.statistics import decision_delay, step_delays, told_cases
from project_spaces.requests.steps import STEP_LABELS

COLUMNS = (
    "slug",
    "title",
    "state",
    "organisation",
    "controller",
    "purpose",
    "starts_at",
    "ends_at",
    "people",
    "datasets",
    "results",
)
#: A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _lines(value: Any) -> Any:
    """A form sends one result a line: title, a bar, and its address."""
    if not isinstance(value, str):
        return value
    parts = [line.rpartition("|") for line in value.splitlines() if line.strip()]
    return [{"title": title.strip(), "link": link.strip()} for title, _, link in parts]


class Entry(Input):
    """Who answers for a project, and its results."""

    organisation: Annotated[str, Field(max_length=200)] = ""
    listed: bool = False
    results: Annotated[tuple[Result, ...], BeforeValidator(_lines), Field(max_length=100)] = ()


class Deferral(Input):
    """Until when a publication is put off (None: no longer), and why."""

    until: End | None = None
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def projects(call: Call, _body: Nothing) -> Page:
    """Every project of the public register, with how long requests take."""
    return call.portal.ready.answer("register", call.now, lambda: _projects(call))


def _projects(call: Call) -> Page:
    """Read the whole register."""
    with call.portal.store.read() as session:
        return {
            "projects": [described(each) for each in register.public_projects(session, now=call.now)],
            "deferred": register.deferred_count(session, now=call.now),
            "delays": delays(session),
            "operator": call.portal.operator,
            "rights_contact": call.portal.rights_contact,
        }


def project(call: Call, _body: Nothing) -> Page:
    """One project of the public register."""
    with call.portal.store.read() as session:
        return described(register.public_project(session, call["project"], now=call.now))


def entry(call: Call, _body: Nothing) -> Page:
    """What an administrator added to a project for the register."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ADMINISTER, now=call.now)
        row = register.entry_of(session, call["project"])
        return {
            "project": call["project"],
            "organisation": "" if row is None else row.organisation,
            "otherwise": register.answers_unless_written(session, call["project"]),
            "listed": row is not None and row.listed,
            "results": [] if row is None else row.results,
            "deferred_until": None if row is None else iso(row.deferred_until),
            "deferred_reason": None if row is None else row.deferred_reason,
        }


def set_entry(call: Call, body: Entry) -> Page:
    """State who answers for a project, its results, and whether it is listed."""
    facts = {"organisation": body.organisation, "results": body.results, "listed": body.listed}
    register.set_entry(call.portal.store, call["project"], **facts, actor=call.actor, now=call.now)
    return entry(call, Nothing())


def defer(call: Call, body: Deferral) -> Page:
    """Put the publication of a project off for a written reason, or publish it after all."""
    register.defer(
        call.portal.store, call["project"], until=body.until, reason=body.reason, actor=call.actor, now=call.now
    )
    return entry(call, Nothing())


def delays(session: Session) -> Page:
    """How long requests take, as statistics; nothing under five cases."""
    whole = decision_delay(session)
    steps = step_delays(session)
    return {
        "decided": {
            "cases": told_cases(whole.cases),
            "median_days": whole.median_days,
            "ninth_decile_days": whole.ninth_decile_days,
        },
        "steps": [
            {"label": both(STEP_LABELS[step]), "cases": told_cases(delay.cases), "median_days": delay.median_days}
            for step, delay in steps.items()
        ],
    }


def described(each: PublicProject) -> Page:
    """A project as plain data."""
    return {
        "slug": each.slug,
        "title": each.title,
        "state": each.state,
        "state_label": both(STATE_LABELS[each.state]),
        "organisation": each.organisation,
        "controller": each.controller,
        "purpose": both(each.purpose),
        "summary": each.summary,
        "public_interest": each.public_interest,
        "datasets": [{"slug": slug, "title": both(title)} for slug, title in each.datasets],
        "other_datasets": each.other_datasets,
        "people": each.people,
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.ends_at),
        "approvals": [{"kind": kind, "reference": reference} for kind, reference in each.approvals],
        "results": [result.model_dump() for result in each.results],
        "decided_in_days": each.decided_in_days,
    }


def as_csv(projects_: Iterable[Page]) -> str:
    """Return the register for a spreadsheet; a cell never becomes a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for each in projects_:
        row: dict[str, Any] = {
            **each,
            "purpose": "" if each["purpose"] is None else each["purpose"]["fr"],
            "datasets": " ".join(dataset["slug"] for dataset in each["datasets"]),
            "results": " ".join(result["link"] for result in each["results"]),
        }
        writer.writerow([_harmless(str(row[name])) for name in COLUMNS])
    return written.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
