"""Who opened my data, when, from which project (report S-182): for the stewards of an owner, without an auditor.

A steward sees the data sets of the owners that were entrusted to him, and of them the openings alone: mounts, which the
ledger holds before a workspace starts. The look is recorded and names whom it is about, so the people find it in their
own trace. A data set of somebody else and one that does not exist are refused with the same words.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.index import Index, Row
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs.audit import NO_SUCH_PERIOD, problem_of, record_look
from hub_extensions.portal.verbs.readers import (
    MOUNT,
    csv_of,
    known_people,
    mounts_of,
    problem_text,
    readers_of,
    standing,
)
from hub_extensions.portal.words import CLASS_LABELS, both, iso
from project_spaces.access import require
from project_spaces.datasets import Dataset
from project_spaces.decisions import Action
from project_spaces.errors import Invalid
from project_spaces.owner_stewards import owners_of
from project_spaces.projects import Project

PAGE_SIZE = 50
#: Openings of one table for a spreadsheet; a narrower period brings the rest.
MOST_ROWS = 10_000
CSV_COLUMNS = ("at", "person", "project", "project_title", "version", "entry", "problem")


class Period(Input):
    """From which day to which."""

    since: Start | None = None
    until: End | None = None

    def asked(self) -> dict[str, datetime | None]:
        """As the index is asked; raises ``Invalid``."""
        if self.since is not None and self.until is not None and self.until < self.since:
            raise Invalid(NO_SUCH_PERIOD)
        return {"since": self.since, "until": self.until}


class Openings(Period):
    """Which openings: a period, and the cursor of the page before."""

    before: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None


def owned(call: Call, _body: Nothing) -> Page:
    """The data sets that I answer for, and how often each was opened."""
    with call.portal.store.read() as session:
        owners = owners_of(session, call.actor)
        require(session, call.actor, Action.SEE_OPENINGS, now=call.now, owners=sorted(owners))
        found = list(session.scalars(select(Dataset).where(Dataset.owner.in_(owners)).order_by(Dataset.slug)))
        record_look(call, what="own data sets")
        with call.portal.ledger.open() as index:
            return {"owners": sorted(owners), "datasets": [_dataset(each, index) for each in found]}


def openings(call: Call, body: Openings) -> Page:
    """Who opened one of my data sets: each opening, newest first, and a line for each person and project."""
    asked = body.asked()
    with call.portal.store.read() as session, call.portal.ledger.open() as index:
        dataset = _mine(call, session)
        places = index.places_of(kind=MOUNT, dataset=dataset.slug, **asked, before=body.before, limit=PAGE_SIZE + 1)
        rows = index.held_against(index.rows(places[:PAGE_SIZE]), kind=MOUNT, dataset=dataset.slug)
        mounts, shown = mounts_of(index, dataset.slug), _dataset(dataset, index)
        readers = readers_of(mounts, session, dataset.slug, call.local_now)
        known = [row.actor_name for row in rows if row.actor_name]
        record_look(call, [*known, *known_people(readers)], what="own data", dataset=dataset.slug, before=body.before)
        return {
            "dataset": {**shown, "owner": dataset.owner},
            "openings": _openings(session, rows),
            "next": rows[-1].index if len(places) > PAGE_SIZE else None,
            "readers": readers,
            **mounts.page,
        }


def table(call: Call, body: Period) -> Page:
    """The openings of a period as a table to take along, newest first; recorded as a look of its own."""
    asked = body.asked()
    with call.portal.store.read() as session, call.portal.ledger.open() as index:
        dataset = _mine(call, session)
        places = index.places_of(kind=MOUNT, dataset=dataset.slug, **asked, limit=MOST_ROWS)
        rows = index.held_against(index.rows(places), kind=MOUNT, dataset=dataset.slug)
        known = [row.actor_name for row in rows if row.actor_name]
        record_look(call, known, what="own data table", dataset=dataset.slug, rows=len(rows))
        return {"dataset": dataset.slug, "openings": _openings(session, rows)}


def as_csv(found: Page) -> str:
    """The table for a spreadsheet."""
    lines = (each | {"problem": problem_text(each["entry"], each["problem"])} for each in found["openings"])
    return csv_of(CSV_COLUMNS, ([each[name] or "" for name in CSV_COLUMNS] for each in lines))


def _mine(call: Call, session: Session) -> Dataset:
    """Return the data set that the address names, if the caller answers for it; raises ``Refused``."""
    dataset = session.get(Dataset, call["dataset"])
    owners = () if dataset is None else (dataset.owner,)
    require(session, call.actor, Action.SEE_OPENINGS, now=call.now, owners=owners)
    assert dataset is not None  # noqa: S101 - without an owner everybody is refused
    return dataset


def _dataset(dataset: Dataset, index: Index) -> Page:
    return {
        "slug": dataset.slug,
        "title": both(dataset.title),
        "class_label": both(CLASS_LABELS[dataset.classification]),
        **standing(index, dataset.slug),
    }


def _openings(session: Session, rows: Sequence[Row]) -> list[Page]:
    wanted = {row.project for row in rows if row.project}
    titles = {each.slug: each.title for each in session.scalars(select(Project).where(Project.slug.in_(wanted)))}
    return [
        {
            "entry": row.index,
            "at": iso(row.at),
            #: None once the name was deleted at its term.
            "person": row.actor_name,
            "project": row.project,
            "project_title": titles.get(row.project or ""),
            "version": row.subject.get("version"),
            "problem": problem_of(row.problem),
        }
        for row in rows
    ]
