"""Which settings were last recorded as in force, so that a start with others is an act that leaves its entry.

Thresholds, reviewers, retention and witnesses are settings: whoever changes the file changes the rules. The file can't
record itself; the next process that starts with it does, before it does anything else.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind, Scalar
from project_spaces.columns import Base, UtcDateTime
from project_spaces.store import Store

#: Settings by name, each as the text in which it is recorded.
Values = Mapping[str, str]
NOT_SET = "–"


class SettingsRow(Base):
    """The one row: what was recorded last, and when."""

    __tablename__ = "settings_in_force"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    chosen: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class _RecordedMeanwhile(Exception):
    """Another process recorded the same settings first."""


def digest_of(values: Values) -> str:
    """Return the SHA-256 (hex) that stands for *values* in leaves."""
    return hashlib.sha256(_text(values).encode()).hexdigest()


def record_settings(store: Store, values: Values, defaults: Values, *, process: str, now: datetime) -> bool:
    """Record *values* where they are not those recorded last; says whether that was so.

    Parameters
    ----------
    defaults
        what the first start of an installation is compared with.
    process
        which program starts with them.

    Raises
    ------
    Unavailable
        the ledger or the database does not answer: these settings are not in force yet.
    """
    with store.read() as reading:
        last = _last(reading)
    if last is not None and last.digest == digest_of(values):
        return False
    before = defaults if last is None else json.loads(last.chosen)
    try:
        with store.write(_event(before, values, process, now)) as session:
            row = _last(session) or SettingsRow(id=1, digest="")
            if row.digest == digest_of(values):
                raise _RecordedMeanwhile
            row.chosen, row.digest, row.recorded_at = _text(values), digest_of(values), now
            session.add(row)
    except _RecordedMeanwhile:
        return False
    return True


def _last(session: Session) -> SettingsRow | None:
    return session.get(SettingsRow, 1, populate_existing=True)


def _event(before: Values, values: Values, process: str, now: datetime) -> Event:
    names = sorted(name for name in {*before, *values} if before.get(name) != values.get(name))
    changes = {name: f"{before.get(name, NOT_SET)} → {values.get(name, NOT_SET)}" for name in names}
    subject: dict[str, Scalar] = {
        "what": "settings",
        "digest": digest_of(values),
        "changed": len(changes),
        "process": process,
    }
    return Event(Kind.ADMIN_ACT, f"system:{process}", None, now, subject, private=changes)


def _text(values: Values) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)
