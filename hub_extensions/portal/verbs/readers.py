"""Who opened a data set, when (report S-182): per person and project, from the ledger's mounts, with today's right.

Times and people are those of entries that the log signed, read one by one: an edited index or table of names shows. How
many openings there are is the index's word alone, which « Intégrité » holds against the entries.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from audit.events import Kind
from audit.index import Index, Row
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs.audit import looking, problem_of, record_look, require_auditor
from hub_extensions.portal.verbs.audit_export import defused
from hub_extensions.portal.words import CLASS_LABELS, both, iso
from project_spaces.access import may
from project_spaces.datasets import get_dataset, list_datasets
from project_spaces.decisions import Action
from project_spaces.habilitations import habilitations

#: Openings of one data set that are read, the newest first.
MOST_MOUNTS = 5000
#: Entries that are not as they must be, named one by one.
MOST_NAMED = 20
MOUNT = Kind.MOUNT.value
CSV_COLUMNS = ("person", "project", "first_mount", "last_mount", "sessions", "habilitated_now", "until", "problem")


@dataclass(frozen=True, slots=True)
class Mounts:
    """The openings of one data set, as far as they were read."""

    #: As the log signed them.
    good: Sequence[Row]
    wrong: Sequence[Row]
    #: How many the index holds.
    total: int

    @property
    def page(self) -> Page:
        """What stands beside the lines."""
        named = [{"entry": row.index, "problem": problem_of(row.problem)} for row in self.wrong[:MOST_NAMED]]
        older = max(0, self.total - len(self.good) - len(self.wrong))
        return {"mounts": self.total, "altered": named, "altered_count": len(self.wrong), "older": older}


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
                    **standing(index, each.slug),
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
        mounts = mounts_of(index, slug)
        rows = readers_of(mounts, session, slug, call.local_now)
    record_look(call, known_people(rows), what="readers", dataset=slug)
    title = both(found.title)
    return {"dataset": {"slug": slug, "title": title, "owner": found.owner}, "readers": rows, **mounts.page}


def standing(index: Index, slug: str) -> Page:
    """Return how often the data set was opened, and when last; the entry that says so is held against the log."""
    rows = _held(index, slug, index.places_of(kind=MOUNT, dataset=slug, limit=1))
    problem = rows[0].problem if rows else None
    last = iso(rows[0].at) if rows and problem is None else None
    return {"mounts": index.count(kind=MOUNT, dataset=slug) or 0, "last": last, "problem": problem_of(problem)}


def mounts_of(index: Index, slug: str) -> Mounts:
    """Read the openings of the data set, the newest ``MOST_MOUNTS`` of them."""
    rows = _held(index, slug, index.places_of(kind=MOUNT, dataset=slug, limit=MOST_MOUNTS))
    good, wrong = ([row for row in rows if (row.problem is None) is well] for well in (True, False))
    return Mounts(good, wrong, max(index.count(kind=MOUNT, dataset=slug) or 0, len(rows)))


def _held(index: Index, slug: str, places: Sequence[int]) -> list[Row]:
    return index.held_against(index.rows(places), kind=MOUNT, dataset=slug)


def readers_of(mounts: Mounts, session: Session, slug: str, now: datetime) -> list[Page]:
    """Return a line for each person and project that opened the data set or may, the last opening first.

    Whose name was deleted at its term stands there under the pseudonym of the log. Days are those of the zone of *now*.
    """
    opened = defaultdict[tuple[str | None, str, str], list[datetime]](list)
    for row in mounts.good:
        opened[row.actor_name, "" if row.actor_name else row.actor, row.project or ""].append(row.at)
    for each in habilitations(session, dataset=slug):
        opened.setdefault((each.person, "", each.project), [])
    lines = [_line(session, slug, who, times, now) for who, times in sorted(opened.items(), key=_by_name)]
    return sorted(lines, key=lambda line: line["last"] or "", reverse=True)


def _by_name(item: tuple[tuple[str | None, str, str], list[datetime]]) -> tuple[str, str]:
    (person, pseudonym, project), _ = item
    return person or pseudonym, project


def _line(
    session: Session, slug: str, who: tuple[str | None, str, str], times: Sequence[datetime], now: datetime
) -> Page:
    person, pseudonym, project = who
    decision = person and may(
        session, person, Action.MOUNT_DATASET, now=now, project_slug=project, dataset_slug=slug
    )  # fmt: skip
    return {
        "person": person,
        #: The name, or what the log has once it is deleted.
        "who": person or pseudonym,
        "project": project,
        "sessions": len(times),
        "first": iso(min(times)) if times else None,
        "last": iso(max(times)) if times else None,
        "days": sorted({at.astimezone(now.tzinfo).date().isoformat() for at in times}),
        "allowed": bool(decision and decision.allowed),
        "until": iso(decision.until) if decision else None,
    }


def known_people(lines: Iterable[Page]) -> list[str]:
    """Return the people in these lines whose name is known."""
    return [line["person"] for line in lines if line["person"] is not None]


def as_csv(found: Page) -> str:
    """The table for a spreadsheet; an opening that is not as the log signed it is a line that says so."""
    lines: list[Iterable[object]] = [
        (each["who"], each["project"], each["first"] or "", each["last"] or "", each["sessions"],
         "yes" if each["allowed"] else "no", each["until"] or "", "")
        for each in found["readers"]
    ]  # fmt: skip
    lines += [(*[""] * 7, problem_text(each["entry"], each["problem"])) for each in found["altered"]]
    return csv_of(CSV_COLUMNS, lines)


def problem_text(entry: int, problem: Page | None) -> str:
    """What is wrong with one entry, for a cell; empty when nothing is."""
    return "" if problem is None else f"{entry}: {problem['where']}: {problem['text']['en']}"


def csv_of(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table that spreadsheets open as it is: with its encoding's mark, every cell quoted and defused."""
    lines = [",".join(columns)]
    lines += [",".join('"{}"'.format(str(defused(cell)).replace('"', '""')) for cell in cells) for cells in rows]
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def chart(found: Page, now: datetime, width: int = 640) -> Page:
    """Where each day with a mount stands between the first one and today: for the bars beside the table."""
    days = [day for each in found["readers"] for day in each["days"]]
    if not days:
        return {"width": width, "begin": None, "end": None, "marks": {}}
    begin = datetime.fromisoformat(min(days)).date()
    span = max((now.date() - begin) / timedelta(days=1), 1.0)
    marks = {
        f"{each['who']}/{each['project']}": [
            round((datetime.fromisoformat(day).date() - begin) / timedelta(days=1) / span * (width - 6), 1)
            for day in each["days"]
        ]
        for each in found["readers"]
    }
    return {"width": width, "begin": begin.isoformat(), "end": now.date().isoformat(), "marks": marks}
