"""What left a project or waits to, and what a file of a request adds to it: the reviewers' view on differencing.

Two tables that are harmless one by one may tell one person apart by subtraction. The checks compute this; here the
reviewer sees it: tables with the same columns are laid beside the new one, line by line, and every difference between
one and the threshold is marked.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.exports.acting import UNKNOWN, check_may, load
from hub_extensions.exports.alongside import ASKED, GONE
from hub_extensions.exports.checks.formats.delimited import TABLES, read_rows
from hub_extensions.exports.checks.tables.cells import Kind, parse_cell
from hub_extensions.exports.checks.tables.grid import grids_from_matrix
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.requests import OUTPUT_KIND_LABELS, ExportFile, ExportRequest
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import Act, State
from hub_extensions.exports.summaries import summaries
from project_spaces.errors import NotFound
from project_spaces.store import ReadSession

#: What is laid side by side: bytes of a table, differences shown of one pair, tables compared with one file.
LARGEST, MOST_CHANGES, MOST_TABLES = 1 << 20, 50, 10


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


@dataclass(frozen=True)
class _Table:
    """Lines by their labels, each a value by its column."""

    columns: tuple[str, ...]
    rows: dict[tuple[str, ...], dict[str, str]]


def history(desk: Desk, request_id: str, *, viewer: str, now: datetime) -> dict[str, Any]:
    """Everything that left the request's project before or waits beside it, and, per file, what it adds to that.

    Raises
    ------
    NotFound, Refused
        *viewer* is not one of the request's reviewers.
    """
    with desk.store.read() as session:
        request = _reviewed(session, request_id, viewer, now)
        earlier = _released(session, request)
        waiting = _waiting(session, request)
        past = [(each, file) for each in (*waiting, *earlier) for file in each.leaving]
        threshold = int((request.criteria or {}).get("min_persons") or desk.rules.min_persons)
        return {
            "released": [_entry(each) for each in earlier],
            "waiting": [_named(each) for each in waiting],
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


def _waiting(session: Session, request: ExportRequest) -> list[ExportRequest]:
    """What is asked for at the same time: a plant looks like any other here, or reviewers would know it by that."""
    query = select(ExportRequest).where(ExportRequest.project == request.project, ExportRequest.state.in_(ASKED))
    return list(session.scalars(query.where(ExportRequest.id != request.id).order_by(ExportRequest.submitted_at)))


def _out(request: ExportRequest) -> datetime:
    assert request.release is not None  # noqa: S101 - only requests with a release come here
    return request.release.released_at


def _entry(request: ExportRequest) -> dict[str, Any]:
    left = {"released_at": _out(request).isoformat(), "revoked": request.state is State.REVOKED}
    return {**_named(request), **left, "recipients": list(request.recipients)}


def _named(request: ExportRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "title": request.title,
        "author": request.author,
        "files": [
            {"id": file.id, "name": file.released_name, "kind_label": OUTPUT_KIND_LABELS[file.kind]._asdict()}
            for file in request.leaving
        ],
    }


def _added(
    desk: Desk, file: ExportFile, past: list[tuple[ExportRequest, ExportFile]], threshold: int
) -> dict[str, Any]:
    """What *file* adds: nothing where the same bytes left before; else its differences with each alike table."""
    out = (request for request, other in past if other.released_sha256 == file.released_sha256)
    same = next((request for request in out if request.state in GONE), None)
    rows = _rows(desk, file)
    summary = [[sentence._asdict() for sentence in table] for table in summaries(rows)]
    pairs = [] if same else list(islice(_pairs(desk, _tables(rows), past, threshold), MOST_TABLES))
    return {"same_as": same.title if same else None, "compared": pairs, "summary": summary, "lines": len(rows)}


def _pairs(
    desk: Desk, tables: list[_Table], past: list[tuple[ExportRequest, ExportFile]], threshold: int
) -> Iterator[dict[str, Any]]:
    """Lay each of *tables* beside each table of *past* that has its columns."""
    for request, other in past if tables else ():
        for before in _tables(_rows(desk, other)):
            for table in tables:
                if before.columns != table.columns:
                    continue
                changes = list(_changes(before, table, threshold))
                yield {
                    "request": request.title,
                    "waiting": request.state in ASKED,
                    "file": other.released_name,
                    "new": len(table.rows.keys() - before.rows.keys()),
                    "gone": len(before.rows.keys() - table.rows.keys()),
                    "changed": len(changes),
                    "small": sum(change.small for change in changes),
                    "changes": [c.as_page() for c in sorted(changes, key=lambda c: not c.small)[:MOST_CHANGES]],
                }


def _rows(desk: Desk, file: ExportFile) -> list[list[str]]:
    """The lines of the file; none where it is no table, or a large one."""
    if Path(str(file.released_name)).suffix.lower() not in TABLES or (file.released_size or 0) > LARGEST:
        return []
    try:
        return read_rows(desk.vault.path(str(file.released_sha256)).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _tables(rows: Sequence[Sequence[str]]) -> list[_Table]:
    """The tables in *rows*, by the labels that the checks read; the first column where they read none."""
    found = []
    for grid in grids_from_matrix("", rows):
        columns = table_of(grid).dimensions
        labels = [column.index for column in columns] or [0]
        values = [at for at in range(len(grid.header)) if at not in labels]
        lines = {tuple(row[at] for at in labels): {grid.header[at]: row[at] for at in values} for row in grid.rows}
        found.append(_Table(grid.header, lines))
    return found


def _changes(before: _Table, after: _Table, threshold: int) -> Iterator[Change]:
    for key, values in after.rows.items():
        earlier = before.rows.get(key, {})
        for column, value in values.items():
            old = earlier.get(column)
            if old is None or old == value:
                continue
            was, now = parse_cell(old), parse_cell(value)
            if was.kind is not Kind.NUMBER or now.kind is not Kind.NUMBER:
                continue
            difference = now.value - was.value
            small = difference.is_integer() and 1 <= abs(difference) < threshold
            yield Change(" · ".join(key), column, old, value, difference, small)
