"""A workspace from its start to its end, as the ledger tells it: who, what was mounted, what ran, what was shown.

Nothing here comes from the workspace itself: the entries were written by the gateway before anything was forwarded.
Cells are seen as sealed messages (their order, time and size bucket), what came back as counted bytes.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from audit.events import Kind
from audit.index import Index, Row
from hub_extensions.oversight.looks import people_of
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Start
from hub_extensions.portal.timeline import MOST_DRAWN
from hub_extensions.portal.verbs.audit import entry_of, meant, problem_of, record_look, require_auditor
from project_spaces.errors import Invalid, NotFound
from project_spaces.text import Text

PAGE_SIZE = 25
#: Sessions of a project that are counted by person.
MOST_COUNTED = 1000
STARTS = Kind.WORKSPACE_STARTED.value
ENDS = (Kind.WORKSPACE_STOPPED.value, Kind.WORKSPACE_CUT.value)
#: Entries of a person in a project that belong to a session by their time only.
ASIDE = tuple(kind.value for kind in Kind if kind is Kind.REFUSAL or kind.value.startswith("export."))
NO_SESSION = Text("Le journal ne connaît pas de bureau de ce numéro.", "The ledger knows no workspace of this number.")
NO_RANGE = Text("La fin de la plage précède son début.", "The range ends before it begins.")


class Sessions(Input):
    """Whose sessions, and in which project."""

    project: Annotated[str, Field(max_length=30)] | None = None
    person: Annotated[str, Field(max_length=64)] | None = None
    before: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None


class Range(Input):
    """The part of a session that is looked at; all of it when not given."""

    since: Start | None = None
    until: Start | None = None


def sessions(call: Call, body: Sessions) -> Page:
    """Sessions, newest first; of one project also how many each person had."""
    require_auditor(call)
    with call.portal.ledger.open() as index:
        found, following = _page(index, body)
        people = _by_person(index, body.project) if body.project is not None else []
        about = [*meant(call, body.person), *people_of(*found), *(each["person"] for each in people if each["known"])]
        record_look(call, about, what="sessions", about_project=body.project, before=body.before)
        return {"sessions": [_summary(index, row, call.now) for row in found], "next": following, "people": people}


def session(call: Call, body: Range) -> Page:
    """One session: what happened in it, oldest first, for the timeline and its table."""
    require_auditor(call)
    if body.since is not None and body.until is not None and body.until <= body.since:
        raise Invalid(NO_RANGE)
    workspace = call["workspace"]
    with call.portal.ledger.open() as index:
        first = index.places_of(workspace=workspace, after=-1, limit=1)
        if not first:
            raise NotFound(NO_SESSION)
        (start,) = index.rows(first)
        summary = _summary(index, start, call.now, workspace)
        rows, cut = _entries(index, start, summary, body)
        about = people_of(start, *rows)
        record_look(call, about, what="session", session=workspace, about_project=start.project)
        return {
            **summary,
            "from": (body.since or start.at).isoformat(),
            "to": (body.until or _moment(summary["last_at"])).isoformat(),
            "whole": body.since is None and body.until is None,
            "entries": [entry_of(row) for row in rows],
            "cut": cut,
        }


def _page(index: Index, body: Sessions) -> tuple[list[Row], int | None]:
    """One page of starts; the second event of a start (that it answers) is not another session."""
    found: list[Row] = []
    before = body.before
    while len(found) <= PAGE_SIZE:
        places = index.places_of(
            kind=STARTS, project=body.project, person=body.person, before=before, limit=4 * PAGE_SIZE
        )
        if not places:
            return found, None
        found += [row for row in index.rows(places) if row.subject.get("phase") != "running"]
        before = places[-1]
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].index


def _summary(index: Index, start: Row, now: datetime, workspace: str | None = None) -> dict[str, Any]:
    workspace = workspace or str(start.subject.get("workspace", ""))
    ends = index.rows(index.places_of(workspace=workspace, kind=list(ENDS), limit=1))
    last = index.rows(index.places_of(workspace=workspace, limit=1))
    mounts = index.rows(index.places_of(workspace=workspace, kind=Kind.MOUNT.value, limit=50))
    ended = ends[0] if ends else None
    last_at = max([row.at for row in (*last, start)])
    return {
        "workspace": workspace,
        "person": start.actor_name or start.actor,
        "person_known": start.actor_name is not None,
        "project": start.project,
        "start_index": start.index,
        "started_at": start.at.isoformat(),
        "ended_at": None if ended is None else ended.at.isoformat(),
        "last_at": (
            last_at if ended is not None else max(last_at, min(now, last_at + timedelta(minutes=1)))
        ).isoformat(),
        "end_kind": None if ended is None else ended.kind,
        "cause": None if ended is None else ended.subject.get("cause"),
        "datasets": sorted({str(row.subject.get("dataset")) for row in mounts}),
        "count": index.count(workspace=workspace),
        "problem": problem_of(start.problem),
        "hits": len(index.places_of(workspace=workspace, rule=True, limit=100)),
    }


def _entries(index: Index, start: Row, summary: dict[str, Any], body: Range) -> tuple[list[Row], bool]:
    """What is drawn, oldest first, and whether there was more than is drawn."""
    bounds = {"since": body.since, "until": body.until}
    inside = index.places_of(workspace=summary["workspace"], **bounds, after=-1, limit=MOST_DRAWN + 1)
    around = {"since": body.since or start.at, "until": body.until or _moment(summary["last_at"])}
    aside = index.places_of(kind=ASIDE, person=start.actor, project=start.project, **around, limit=200)
    places = sorted({*inside[-MOST_DRAWN:], *aside})
    return index.rows(places), len(inside) > MOST_DRAWN


def _by_person(index: Index, project: str) -> list[Page]:
    rows = index.rows(index.places_of(kind=STARTS, project=project, limit=2 * MOST_COUNTED))
    starts = [row for row in rows if row.subject.get("phase") != "running"]
    counts = Counter(row.actor for row in starts)
    return [_person(starts, actor, count) for actor, count in counts.most_common()]


def _person(starts: Sequence[Row], actor: str, count: int) -> Page:
    mine = [row for row in starts if row.actor == actor]
    return {
        "person": mine[0].actor_name or actor,
        "known": mine[0].actor_name is not None,
        "sessions": count,
        "last": mine[0].at.isoformat(),
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
