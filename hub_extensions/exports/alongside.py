"""What files are compared with: what left the project, and what its other requests ask for at this moment.

Two tables that wait at the same time are as good as released together: approving both gives their difference away. So
what is in the reviewers' hands counts like what left. Writers take turns, so of two submissions at once the second sees
the first before it is committed, and is judged again.
"""

import json
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.exports.checking import Earlier
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.planted import PlantedRequest
from hub_extensions.exports.requests import ExportFile, ExportRequest, OutputKind
from hub_extensions.exports.states import UNDER_REVIEW, State

#: Revoked or not, somebody may have it.
GONE = frozenset({State.RELEASED, State.REVOKED})
#: Asked for, and nothing speaks against it yet.
ASKED = UNDER_REVIEW | {State.APPROVED}


def alongside(session: Session, desk: Desk, project: str, *, but: str = "") -> tuple[Earlier, ...]:
    """Return the files that left *project* or wait to, the oldest first, without those of the request *but*.

    What was planted to calibrate the review never leaves, so it stands in nobody's way.
    """
    query = (
        select(ExportFile, ExportRequest.state, ExportRequest.submitted_at)
        .join(ExportRequest)
        .where(ExportRequest.project == project, ExportRequest.id != but, ExportFile.removed_at.is_(None))
        .where(ExportRequest.state.in_(GONE | ASKED), ExportFile.kind != OutputKind.SUPPORTING)
        .where(ExportRequest.id.not_in(select(PlantedRequest.request_id)))
        .order_by(ExportRequest.submitted_at, ExportRequest.id, ExportFile.position)
    )
    return tuple(
        Earlier(
            desk.vault.path(str(file.released_sha256)),
            str(file.released_name),
            file.population,
            asked,
            waiting=state in ASKED,
        )
        for file, state, asked in session.execute(query)
    )


def overtaken(compared: Iterable[Earlier], now: Iterable[Earlier]) -> bool:
    """Whether something stands in *now* that was not *compared*; what has gone from it changes no verdict for the
    worse."""
    return not set(map(_key, now)) <= set(map(_key, compared))


def _key(earlier: Earlier) -> tuple[str, str, str]:
    return str(earlier.frozen), earlier.name, json.dumps(earlier.population, sort_keys=True)
