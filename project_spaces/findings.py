"""What a control of traces goes through: rule hits, refusals, silences and unsealings of one scope and period."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from audit.events import Kind
from audit.index import Index
from audit.rows import Row

#: Rows read at a time.
_PAGE = 500
_MICROSECOND = timedelta(microseconds=1)


class FindingClass(StrEnum):
    """Why an entry is looked at. Hits are marked one by one, the others are seen and counted."""

    HIT = "hit"
    REFUSAL = "refusal"
    SILENCE = "silence"
    UNSEALING = "unsealing"
    DELETION = "deletion"
    EGRESS = "egress"


KINDS = {
    FindingClass.REFUSAL: (Kind.REFUSAL,),
    FindingClass.SILENCE: (Kind.LEDGER_SILENT,),
    FindingClass.UNSEALING: (Kind.AUDIT_UNSEALED,),
    FindingClass.DELETION: (Kind.AUDIT_DELETED,),
    FindingClass.EGRESS: (Kind.EGRESS_PAUSED, Kind.EGRESS_LIFTED),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry to look at, oldest first in every list."""

    what: FindingClass
    row: Row

    @property
    def index(self) -> int:
        """Place in the log."""
        return self.row.index

    def concerns(self, person: str) -> bool:
        """Say whether *person* acted in it, or is named in it."""
        return person in {self.row.actor_name, *self.row.names.values()}


def findings(
    index: Index, scope: str | None, projects: Collection[str], *, since: datetime, until: datetime
) -> list[Finding]:
    """Return what was found in a scope from *since* to *until* (not included); what was not signed has a problem.

    Parameters
    ----------
    scope
        a project, or None for everything that belongs to none: the platform itself, and projects that do not exist
        (addresses that somebody tried).
    projects
        every project there is.
    """
    last = until - _MICROSECOND
    found = [Finding(FindingClass.HIT, row) for row in _rows(index, scope, projects, since, last, rule=True)]
    for what, kinds in KINDS.items():
        rows = _rows(index, scope, projects, since, last, kind=[kind.value for kind in kinds])
        found += [Finding(what, row) for row in rows]
    return sorted(found, key=lambda each: (each.index, each.what != FindingClass.HIT))


def _rows(
    index: Index,
    scope: str | None,
    projects: Collection[str],
    since: datetime,
    until: datetime,
    *,
    kind: list[str] | None = None,
    rule: bool | None = None,
) -> Iterator[Row]:
    before: int | None = None
    while True:
        places = index.places_of(
            kind=kind, rule=rule, project=scope, since=since, until=until, before=before, limit=_PAGE
        )
        page = index.held_against(index.rows(places), kind=kind, rule=rule, project=scope)
        yield from (row for row in page if scope is not None or row.project not in projects)
        if len(page) < _PAGE:
            return
        before = page[-1].index
