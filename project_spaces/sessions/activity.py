"""Writes down that a person is here, for the limit on idle sessions; apart from the store, since being here is no act.

Nothing is recorded and the domain's revision does not move: one row is touched, at most once in the limit's grain
however much a person does. A session that has ended stays so, whoever comes with its cookie.
"""

import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, update
from sqlalchemy.exc import SQLAlchemyError

from project_spaces.engines import open_engine
from project_spaces.records.sign_ins import SignIn, hash_of
from project_spaces.sessions.idleness import IdleLimit

#: Sessions remembered at a time as written down; an installation with more writes somewhat more often.
REMEMBERED = 10_000

log = structlog.get_logger()


class SessionActivity:
    """When the persons behind the sessions of one installation were here last."""

    def __init__(self, url: str, limit: IdleLimit) -> None:
        self._engine = open_engine(url, read_only=False)
        self.limit = limit
        self._noted: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def seen(self, person: str, hub_session: str, now: datetime) -> None:
        """Write down that *person* did something in this session; a database that does not answer is asked again."""
        key = (person, hub_session)
        if not self._due(key, now):
            return
        try:
            self._touch(person, hub_session, now)
        except SQLAlchemyError as error:
            with self._lock:
                self._noted.pop(key, None)
            log.warning("activity_not_noted", error=repr(error))

    def _due(self, key: tuple[str, str], now: datetime) -> bool:
        with self._lock:
            noted = self._noted.get(key)
            if noted is not None and timedelta(0) <= now - noted < self.limit.grain:
                return False
            if len(self._noted) >= REMEMBERED:
                self._noted.clear()
            self._noted[key] = now
            return True

    def _touch(self, person: str, hub_session: str, now: datetime) -> None:
        limit = self.limit
        mine = (SignIn.person == person, SignIn.session_sha256 == hash_of(hub_session))
        lasting = (
            SignIn.ended_at.is_(None),
            or_(SignIn.ends_at.is_(None), SignIn.ends_at > now),
            SignIn.seen_at > now - limit.after - limit.grain,
            SignIn.seen_at <= now - limit.grain,
        )
        with self._engine.begin() as connection:
            connection.execute(update(SignIn).where(*mine, *lasting).values(seen_at=now))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
