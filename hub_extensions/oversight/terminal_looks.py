"""Looks at this installation's own log from its terminal, recorded before anything is shown or handed over.

Who sits there is known by the name of the operating system's user alone: a private fact of the entry.
"""

import getpass
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from audit.errors import Malformed
from audit.events import Event, Scalar
from audit.places import Places
from audit.rows import Row
from hub_extensions.oversight.looks import looks, people_of
from hub_extensions.oversight.signed_log import open_signed, own_ledger
from hub_extensions.settings import Settings

ACTOR: Final = "system:cli"


def is_own(settings: Settings, folder: Path) -> bool:
    """Say whether *folder* is this installation's own log, rather than a copy of one."""
    return folder.resolve() in {place.resolve() for place in (settings.ledger_dir, Places(settings.ledger_dir).log)}


def search(settings: Settings, asked: Mapping[str, Any], limit: int) -> list[Row]:
    """Return the newest entries that are asked for, as ``Index.places_of`` is asked; recorded with whom they name.

    Raises
    ------
    LedgerUnavailable, LedgerFull
        the look could not be recorded.
    Malformed
        a file of the log is not as it must be.
    """
    person = asked.get("person")
    criteria = {name: value for name, value in asked.items() if name not in {"since", "until", "before"}}
    with own_ledger(settings) as (ledger, keys), closing(open_signed(settings, ledger, keys)) as index:
        rows = index.held_against(index.rows(index.places_of(limit=limit, **asked)), **criteria)
        meant = index.person(str(person)) if person else None
        private = {name: str(value) for name, value in asked.items() if value}
        about = [*([meant] if meant else []), *people_of(*rows)]
        ledger.append(*_looks("search", about, private, {}))
    return rows


def record_entry(settings: Settings, what: str, place: int) -> None:
    """Record that one entry is handed over.

    Raises
    ------
    Malformed
        there is no such entry, or the log did not sign it.
    LedgerUnavailable, LedgerFull
        it could not be recorded.
    """
    with own_ledger(settings) as (ledger, keys), closing(open_signed(settings, ledger, keys)) as index:
        if place >= index.size:
            msg = f"the log has {index.size} entries"
            raise Malformed(msg)
        (row,) = index.rows([place])
        if (problem := row.problem) is not None and not row.signed:
            msg = f"{problem.where}: {problem.en}"
            raise Malformed(msg)
        ledger.append(*_looks(what, people_of(row), {}, {"entry": place, "about_project": row.project}))


def record_look(settings: Settings, what: str, *, private: Mapping[str, str] | None = None, **subject: Scalar) -> None:
    """Record a look that is about nobody in particular; raises as ``search``."""
    with own_ledger(settings) as (ledger, _keys):
        ledger.append(*_looks(what, (), private or {}, subject))


def _looks(what: str, about: Iterable[str], private: Mapping[str, str], subject: Mapping[str, Scalar]) -> list[Event]:
    facts = {**private, "os_user": getpass.getuser()}
    return looks(ACTOR, datetime.now(UTC), {"what": what, **subject}, about, facts)
