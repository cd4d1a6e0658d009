"""What stands behind a request, for its reviewers: what left the project before, and the ledger's entries.

Reviewers see that something ran, when, and where it is in the ledger; never what: the content is sealed, and opening it
is the auditors' (docs/audit.md). The program that an author names is kept and shown (``exports.programs``).
"""

from datetime import datetime

from audit.events import Kind
from hub_extensions.exports import history as earlier
from hub_extensions.exports.details import detail
from hub_extensions.portal.audit_words import kind_label
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs.audit import record_look
from hub_extensions.portal.words import both
from project_spaces.errors import Unavailable

#: What can make a file.
MAKING = tuple(
    kind.value for kind in (Kind.KERNEL_MESSAGE, Kind.TERMINAL_INPUT, Kind.FILE_WRITE, Kind.FILE_CHANGE, Kind.JOB_RUN)
)
SHOWN = 40


def history(call: Call, _body: Nothing) -> Page:
    """What left the project before, and what each file of the request adds to it."""
    return earlier.history(call.portal.desk, call["request"], viewer=call.actor, now=call.now)


def origins(call: Call, _body: Nothing) -> Page:
    """The ledger's latest entries of the author in the project before the submission: numbers and kinds, no content."""
    earlier.check_reviews(call.portal.desk, call["request"], viewer=call.actor, now=call.now)
    request = detail(call.portal.desk, call["request"], call.actor, now=call.now)
    record_look(call, [request["author"]], what="export origins", request=request["id"])
    asked = {"kind": MAKING, "actor": request["author"], "project": request["project"]}
    try:
        with call.portal.ledger.open() as index:
            places = index.places_of(**asked, until=_submitted(request), limit=SHOWN + 1)
            rows = index.rows(places[:SHOWN])
    except Unavailable as error:
        return {"entries": [], "more": False, "why": both(error.text)}
    return {
        "entries": [
            {"index": row.index, "at": row.at.isoformat(), "kind_label": both(kind_label(row.kind))} for row in rows
        ],
        "more": len(places) > SHOWN,
        "why": None,
    }


def _submitted(request: Page) -> datetime | None:
    return datetime.fromisoformat(request["submitted_at"]) if request["submitted_at"] else None
