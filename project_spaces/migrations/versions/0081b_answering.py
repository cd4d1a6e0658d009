"""Which organisation answers for a project that was accepted before that was written down with the acceptance.

Only where it is certain: the lead is registered for an organisation, and the accepted form names that one; or it names
none, and the lead was registered for it when the request was accepted. Each is an act with its own record, as if it had
been done by hand. The others stay as they are: administrators find them on the page of organisations.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0081b"
down_revision = "0081"
branch_labels = None
depends_on = None

ACTOR = "system:migration"
_TIME = sa.DateTime(timezone=True)
_ANSWERS = sa.table(
    "project_organisation",
    sa.column("project", sa.String),
    sa.column("organisation", sa.String),
    sa.column("set_at", _TIME),
    sa.column("set_by", sa.String),
)
_OUTBOX = sa.table("outbox", sa.column("event_id", sa.String), sa.column("payload", sa.Text))


def upgrade() -> None:
    """Fill in what is certain."""
    connection, now = op.get_bind(), datetime.now(UTC)
    for project, organisation in _certain(connection).items():
        row = {"project": project, "organisation": organisation, "set_at": now, "set_by": ACTOR}
        connection.execute(sa.insert(_ANSWERS).values(row))
        connection.execute(sa.insert(_OUTBOX).values(_event(project, organisation, now)))


def _certain(connection: sa.Connection) -> dict[str, str]:
    """Return the organisation of each project that has none yet and of which it is known."""
    request = sa.table(
        "access_request",
        sa.column("applicant", sa.String),
        sa.column("project", sa.String),
        sa.column("form", sa.JSON),
        sa.column("decided_at", _TIME),
    )
    home = sa.table(
        "affiliation", sa.column("person", sa.String), sa.column("organisation", sa.String), sa.column("set_at", _TIME)
    )
    body = sa.table("organisation", sa.column("slug", sa.String), sa.column("name", sa.String))
    registered = request.join(home, home.c.person == request.c.applicant).join(body, body.c.slug == home.c.organisation)
    query = (
        sa.select(request.c.project, request.c.form, body.c.slug, body.c.name, home.c.set_at, request.c.decided_at)
        .select_from(registered)
        .where(request.c.project.is_not(None), request.c.project.not_in(sa.select(_ANSWERS.c.project)))
        .order_by(request.c.project)
    )
    return {row.project: row.slug for row in connection.execute(query) if _is_certain(row)}


def _is_certain(row: Any) -> bool:
    written = _words(row.form.get("organisation") or "")
    if written:
        return written == _words(row.name)
    return row.decided_at is not None and row.set_at <= row.decided_at


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()


def _event(project: str, organisation: str, now: datetime) -> dict[str, str]:
    """The record, as the outbox keeps what the ledger has not taken yet."""
    number = uuid.uuid4().hex
    event: dict[str, Any] = {
        "kind": "organisation.changed",
        "actor": ACTOR,
        "project": project,
        "at": now.isoformat(),
        "subject": {"organisation": organisation, "change": "answers for the project"},
        "content": None,
        "private": None,
        "persons": {},
        "id": number,
        "rules": [],
    }
    return {"event_id": number, "payload": json.dumps(event)}
