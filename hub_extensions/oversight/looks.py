"""Who looked at what, as entries: made in one place, for pages and commands alike.

The people whom a look is about are persons of its entry, which is how they find it in their own trace.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from audit.events import SYSTEM_PREFIX, Event, Kind, Scalar
from audit.rows import Row

#: People named in one record of a look: a leaf is small.
MOST_ABOUT: Final = 8


def looks(
    actor: str,
    now: datetime,
    subject: Mapping[str, Scalar],
    about: Iterable[str] = (),
    private: Mapping[str, str] | None = None,
) -> list[Event]:
    """Return the entries of one look: of many people, each few have one.

    Parameters
    ----------
    subject
        public-safe facts: ``what`` is looked at.
    about
        user names of the people whom the look is about.
    """
    names = [name for name in dict.fromkeys(about) if not name.startswith(SYSTEM_PREFIX)]
    groups = [names[start : start + MOST_ABOUT] for start in range(0, len(names), MOST_ABOUT)] or [[]]
    kept = {name: value for name, value in subject.items() if value is not None}
    return [
        Event(
            Kind.AUDIT_READ,
            actor,
            None,
            now,
            kept,
            private=private,
            persons={f"about{n or ''}": name for n, name in enumerate(group)},
        )
        for group in groups
    ]


def people_of(*rows: Row) -> list[str]:
    """Names of everybody in the rows, as far as they are known."""
    return [row.names[each] for row in rows for each in (row.actor, *row.persons.values()) if each in row.names]
