"""The audit: search the ledger, verify it from its tiles. Looking is an act too: recorded before anything shows."""

import time
from typing import Annotated, Any

from pydantic import Field

from audit.events import Event, Kind, Scalar
from audit.index import Row
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.ledger_view import Found
from project_spaces.access import require
from project_spaces.decisions import Action

PAGE_SIZE = 50


class Search(Input):
    """What is looked for; *before* is the cursor that the page before gave."""

    kind: Kind | None = None
    person: Annotated[str, Field(max_length=64)] | None = None
    project: Annotated[str, Field(max_length=30)] | None = None
    since: Start | None = None
    until: End | None = None
    before: Annotated[int, Field(ge=0)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE_SIZE


def search(call: Call, body: Search) -> Page:
    """Entries of the ledger, newest first, one page of them; ``next`` is the cursor of the page after."""
    kind = None if body.kind is None else body.kind.value
    about = {} if body.person is None else {"about": body.person}
    _recorded(call, about, what="search", searched=kind, about_project=body.project, before=body.before)
    asked = Found(body.kind, body.person, body.project, body.since, body.until, body.before, body.limit + 1)
    rows = call.portal.ledger.search(asked)
    shown = rows[: body.limit]
    return {
        "entries": [_entry(row) for row in shown],
        "next": shown[-1].index if len(rows) > len(shown) else None,
    }


def verify(call: Call, _body: Nothing) -> Page:
    """Verify the whole log now, from its published tiles and its signature."""
    _recorded(call, {}, what="verify")
    begun = time.monotonic()
    report = call.portal.ledger.verify()
    return {
        "good": report.good,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "checked_entries": report.checked_entries,
        "continues": report.continues,
        "problem_count": report.problem_count,
        "problems": [{"where": each.where, "text": {"fr": each.fr, "en": each.en}} for each in report.problems],
        "milliseconds": round((time.monotonic() - begun) * 1000),
    }


def _recorded(call: Call, persons: dict[str, str], **subject: Scalar) -> None:
    """Let auditors pass, and record who looked at what; without the record nothing is shown (rule 1)."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.READ_AUDIT, now=call.now)
    kept = {name: value for name, value in subject.items() if value is not None}
    call.portal.store.record(Event(Kind.AUDIT_READ, call.actor, None, call.now, kept, persons=persons))


def _entry(row: Row) -> dict[str, Any]:
    return {
        "index": row.index,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "actor": row.actor_name or row.actor,
        "actor_known": row.actor_name is not None or row.actor.startswith("system:"),
        "project": row.project,
        "subject": dict(row.subject),
        "persons": {part: row.names.get(pseudonym, pseudonym) for part, pseudonym in row.persons.items()},
        "private": dict(row.private),
        "sealed_size": row.size,
        "leaf_hash": row.leaf_hash.hex(),
    }
