"""Closing a data set to everybody, and opening it again: whoever uses the data is told, whatever way the act came by.

A lead's request that is accepted (``answering``) closes data as a steward's own act does: both make the row and its
record with :func:`planned`, and begin it with :func:`begin`.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from audit.events import Event, Kind
from project_spaces.agreements import Embargo, get_embargo
from project_spaces.habilitations import tell_habilitated
from project_spaces.owner_perimeters import require_keeper
from project_spaces.reasons import written_reason
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment, require_order


def planned(
    dataset: str, *, starts_at: datetime, ends_at: datetime | None, reason: str, actor: str, now: datetime
) -> tuple[Embargo, Event]:
    """Return an embargo that nobody has begun yet, and what is recorded of it.

    Raises
    ------
    Invalid
        no reason, or one that is too long.
    """
    written = written_reason(reason)
    row = Embargo(
        id=uuid.uuid4().hex,
        dataset=dataset,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=written,
        set_at=now,
        set_by=actor,
    )
    subject = {"embargo": row.id, "dataset": dataset, "starts_at": starts_at.isoformat(), "change": "set"}
    return row, Event(Kind.EMBARGO, actor, None, now, subject, private={"reason": written})


def begin(session: WriteSession, row: Embargo, *, now: datetime, but: Collection[str] = frozenset()) -> None:
    """Keep the embargo, and tell those who use the data, but none that is named in *but*."""
    session.add(row)
    session.flush()
    at = moment(row.starts_at)
    text = Text(
        f"Le jeu de données {row.dataset} est sous embargo à partir du {at.fr} : personne ne l'utilise.",
        f"Data set {row.dataset} is under an embargo from {at.en}: nobody uses it.",
    )
    tell_habilitated(session, row.dataset, text, now=now, but=but)


def set_embargo(
    store: Store, dataset: str, *, starts_at: datetime, ends_at: datetime | None, reason: str, actor: str, now: datetime
) -> str:
    """Close *dataset* to everybody from *starts_at*, until its end or until it is lifted; return the embargo's id.

    Raises
    ------
    Invalid, NotFound, Refused
        no reason, or an end that is not after the start; no such data set; *actor* is neither a steward of its owner
        nor an administrator.
    """
    if ends_at is not None:
        require_order(starts_at, ends_at)
    row, event = planned(dataset, starts_at=starts_at, ends_at=ends_at, reason=reason, actor=actor, now=now)
    with store.write(event) as session:
        require_keeper(session, actor, dataset, now)
        begin(session, row, now=now)
    return row.id


def lift_embargo(store: Store, embargo_id: str, *, actor: str, now: datetime, reason: str) -> None:
    """End an embargo now, and tell those who may use the data again; doing it again changes nothing.

    Raises
    ------
    Invalid, NotFound, Refused
        no reason, or one that is too long; no such embargo; as :func:`set_embargo`.
    """
    written = written_reason(reason)
    with store.read() as session:
        found = get_embargo(session, embargo_id)
    subject = {"embargo": embargo_id, "dataset": found.dataset, "change": "lifted"}
    with store.write(Event(Kind.EMBARGO, actor, None, now, subject, private={"reason": written})) as session:
        row = get_embargo(session, embargo_id)
        require_keeper(session, actor, row.dataset, now)
        if row.lifted_at is None:
            lasted, row.lifted_at = row.ends_at is None or now < row.ends_at, now
            if lasted:
                text = Text(
                    f"L'embargo sur le jeu de données {row.dataset} est levé.",
                    f"The embargo on data set {row.dataset} is lifted.",
                )
                tell_habilitated(session, row.dataset, text, now=now)
