"""Who opened a data set, when (report S-182): per person and project, from the ledger's mounts, with today's right."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from audit.events import Kind
from audit.index import Index
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs.audit import looking, record_look, require_auditor
from hub_extensions.portal.verbs.audit_export import defused
from hub_extensions.portal.words import CLASS_LABELS, both, iso
from project_spaces.access import may
from project_spaces.datasets import get_dataset, list_datasets
from project_spaces.decisions import Action
from project_spaces.habilitations import habilitations

#: Mounts of one person in one project whose days are drawn.
MOST_MOUNTS = 5000
MOUNT = Kind.MOUNT.value
CSV_COLUMNS = ("person", "project", "first_mount", "last_mount", "sessions", "habilitated_now", "until")


def datasets(call: Call, _body: Nothing) -> Page:
    """Every data set, with how often it was opened."""
    looking(call, what="datasets")
    with call.portal.store.read() as session, call.portal.ledger.open() as index:
        return {
            "datasets": [
                {
                    "slug": each.slug,
                    "title": both(each.title),
                    "class_label": both(CLASS_LABELS[each.classification]),
                    "mounts": index.count(kind=MOUNT, dataset=each.slug),
                    "last": last_opening(index, each.slug),
                }
                for each in list_datasets(session)
            ]
        }


def readers(call: Call, _body: Nothing) -> Page:
    """Who opened one data set, when: first and last mount, number of sessions, today's habilitation."""
    slug = call["dataset"]
    require_auditor(call)
    with call.portal.store.read() as session, call.portal.ledger.open() as index:
        found = get_dataset(session, slug)
        rows = readers_of(index, session, slug, call.now)
        total = index.count(kind=MOUNT, dataset=slug) or 0
    record_look(call, (each["person"] for each in rows), what="readers", dataset=slug)
    known = sum(row["sessions"] for row in rows)
    return {
        "dataset": {"slug": slug, "title": both(found.title), "owner": found.owner},
        "readers": rows,
        "mounts": total,
        #: Mounts of people whose name or whose habilitation is no longer known here.
        "others": max(0, total - known),
    }


def readers_of(index: Index, session: Session, slug: str, now: datetime) -> list[Page]:
    """Return a line for each person and project that ever had a right to the data set, the last opening first."""
    pairs = sorted({(each.person, each.project) for each in habilitations(session, dataset=slug)})
    rows = [_reader(index, session, slug, pair, now) for pair in pairs]
    return sorted(rows, key=lambda row: row["last"] or "", reverse=True)


def as_csv(found: Page) -> str:
    """The table for a spreadsheet."""
    return csv_of(
        CSV_COLUMNS,
        (
            (each["person"], each["project"], each["first"] or "", each["last"] or "", each["sessions"],
             "yes" if each["allowed"] else "no", each["until"] or "")
            for each in found["readers"]
        ),
    )  # fmt: skip


def csv_of(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table that spreadsheets open as it is: with its encoding's mark, every cell quoted and defused."""
    lines = [",".join(columns)]
    lines += [",".join('"{}"'.format(str(defused(cell)).replace('"', '""')) for cell in cells) for cells in rows]
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def _reader(index: Index, session: Session, slug: str, pair: tuple[str, str], now: datetime) -> Page:
    person, project = pair
    places = index.places_of(kind=MOUNT, dataset=slug, person=person, project=project, limit=MOST_MOUNTS)
    times = index.times(places)
    decision = may(session, person, Action.MOUNT_DATASET, now=now, project_slug=project, dataset_slug=slug)
    return {
        "person": person,
        "project": project,
        "sessions": len(places),
        "first": iso(min(times)) if times else None,
        "last": iso(max(times)) if times else None,
        "days": [f"{day:%Y-%m-%d}" for day, _ in groupby(sorted(times), key=datetime.date)],
        "allowed": decision.allowed,
        "until": iso(decision.until),
    }


def last_opening(index: Index, slug: str) -> str | None:
    """Return when the data set was opened last."""
    times = index.times(index.places_of(kind=MOUNT, dataset=slug, limit=1))
    return iso(times[0]) if times else None


def chart(found: Page, now: datetime, width: int = 640) -> Page:
    """Where each day with a mount stands between the first one and today: for the bars beside the table."""
    days = [day for each in found["readers"] for day in each["days"]]
    if not days:
        return {"width": width, "begin": None, "end": None, "marks": {}}
    begin = datetime.fromisoformat(min(days)).date()
    span = max((now.date() - begin) / timedelta(days=1), 1.0)
    marks = {
        f"{each['person']}/{each['project']}": [
            round((datetime.fromisoformat(day).date() - begin) / timedelta(days=1) / span * (width - 6), 1)
            for day in each["days"]
        ]
        for each in found["readers"]
    }
    return {"width": width, "begin": begin.isoformat(), "end": now.date().isoformat(), "marks": marks}
