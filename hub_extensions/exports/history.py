"""What already left a project, and what a file of a request adds to it: the reviewers' view on differencing.

Two tables that are harmless one by one may tell one person apart by subtraction. The checks compute this; here the
reviewer sees it: tables released before with the same columns are laid beside the new one, line by line, and every
difference between one and the threshold is marked.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.exports.acting import UNKNOWN, check_may, load
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.requests import OUTPUT_KIND_LABELS, ExportFile, ExportRequest
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import Act, State
from hub_extensions.exports.summaries import summaries
from project_spaces.errors import NotFound
from project_spaces.store import ReadSession

GONE = (State.RELEASED, State.REVOKED)
#: What is laid side by side: bytes of a table, differences shown of one pair, tables compared with one file.
LARGEST, MOST_CHANGES, MOST_TABLES = 1 << 20, 50, 10
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Change:
    """One number that is not what it was: *small* when the difference could be a few persons."""

    label: str
    column: str
    before: str
    after: str
    difference: float
    small: bool

    def as_page(self) -> dict[str, Any]:
        """For a page."""
        return {**vars(self), "difference": f"{self.difference:+g}"}


def history(desk: Desk, request_id: str, *, viewer: str, now: datetime) -> dict[str, Any]:
    """Everything that left the request's project before, and, per file, what it adds to that.

    Raises
    ------
    NotFound, Refused
        *viewer* is not one of the request's reviewers.
    """
    with desk.store.read() as session:
        request = _reviewed(session, request_id, viewer, now)
        earlier = _released(session, request)
        past = [(each, file) for each in earlier for file in each.files]
        threshold = int((request.criteria or {}).get("min_persons") or desk.rules.min_persons)
        return {
            "released": [_entry(each) for each in earlier],
            "files": {file.id: _added(desk, file, past, threshold) for file in request.files},
        }


def check_reviews(desk: Desk, request_id: str, *, viewer: str, now: datetime) -> None:
    """Raise as ``history`` unless *viewer* is one of the request's reviewers."""
    with desk.store.read() as session:
        _reviewed(session, request_id, viewer, now)


def _reviewed(session: ReadSession, request_id: str, viewer: str, now: datetime) -> ExportRequest:
    request = load(session, request_id)
    check_may(standing_of(session, viewer, request.project, now), request, Act.VOTE)
    if request.state is State.DRAFT:  # nothing was checked or submitted yet: its files are its author's alone
        raise NotFound(UNKNOWN)
    return request


def _released(session: Session, request: ExportRequest) -> list[ExportRequest]:
    query = select(ExportRequest).where(ExportRequest.project == request.project, ExportRequest.state.in_(GONE))
    found = session.scalars(query.where(ExportRequest.id != request.id)).all()
    return sorted((each for each in found if each.release), key=lambda each: (_out(each), each.id), reverse=True)


def _out(request: ExportRequest) -> datetime:
    assert request.release is not None  # noqa: S101 - only requests with a release come here
    return request.release.released_at


def _entry(request: ExportRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "title": request.title,
        "author": request.author,
        "released_at": _out(request).isoformat(),
        "revoked": request.state is State.REVOKED,
        "recipients": list(request.recipients),
        "files": [
            {"id": file.id, "name": file.released_name, "kind_label": OUTPUT_KIND_LABELS[file.kind]._asdict()}
            for file in request.files
        ],
    }


def _added(
    desk: Desk, file: ExportFile, past: list[tuple[ExportRequest, ExportFile]], threshold: int
) -> dict[str, Any]:
    """What *file* adds: nothing where the same bytes left before; else its differences with each alike table."""
    same = next((request for request, other in past if other.released_sha256 == file.released_sha256), None)
    rows = _rows(desk, file)
    summary = [[sentence._asdict() for sentence in table] for table in summaries(rows)]
    found = {"same_as": same.title if same else None, "compared": [], "summary": summary, "lines": len(rows)}
    table = None if same else _table_of(rows)
    if table is None:
        return found
    for request, other in past:
        before = _table_of(_rows(desk, other))
        if before is None or before.columns != table.columns or len(found["compared"]) == MOST_TABLES:
            continue
        changes = list(_changes(before, table, threshold))
        found["compared"].append(
            {
                "request": request.title,
                "file": other.released_name,
                "new": len(table.rows.keys() - before.rows.keys()),
                "gone": len(before.rows.keys() - table.rows.keys()),
                "changed": len(changes),
                "small": sum(change.small for change in changes),
                "changes": [c.as_page() for c in sorted(changes, key=lambda c: not c.small)[:MOST_CHANGES]],
            }
        )
    return found


@dataclass(frozen=True)
class _Table:
    columns: tuple[str, ...]
    rows: dict[tuple[str, ...], dict[str, str]]


def _rows(desk: Desk, file: ExportFile) -> list[list[str]]:
    """The lines of the file; none where it is no table, or a large one."""
    if not str(file.released_name).lower().endswith(".csv") or (file.released_size or 0) > LARGEST:
        return []
    try:
        text = desk.vault.path(str(file.released_sha256)).read_text(encoding="utf-8")
        return list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _table_of(rows: list[list[str]]) -> _Table | None:
    """Lines as a table: words are labels, numbers values."""
    lines = [row for row in rows if row]
    if not lines:
        return None
    header, rows = tuple(lines[0]), {}
    labels = _label_columns(len(header), lines[1:])
    for row in lines[1:]:
        key = tuple(row[at] for at in labels if at < len(row))
        rows[key] = {name: row[at] for at, name in enumerate(header) if at < len(row) and at not in labels}
    return _Table(header, rows)


def _label_columns(width: int, rows: list[list[str]]) -> list[int]:
    """Columns that hold a word somewhere; the first one where all are numbers (a year, a class of age)."""
    worded = [
        at
        for at in range(width)
        if any(at < len(row) and row[at] and not _NUMBER.fullmatch(row[at]) and row[at][0].isalpha() for row in rows)
    ]
    return worded or [0]


def _changes(before: _Table, after: _Table, threshold: int) -> Iterator[Change]:
    for key, values in after.rows.items():
        earlier = before.rows.get(key, {})
        for column, value in values.items():
            old = earlier.get(column)
            if old is None or old == value or not (_NUMBER.fullmatch(old) and _NUMBER.fullmatch(value)):
                continue
            difference = float(value) - float(old)
            small = difference.is_integer() and 1 <= abs(difference) < threshold
            yield Change(" · ".join(key), column, old, value, difference, small)
