"""How the ledger is: its checkpoint, how fresh it is, when it was silent. Shows no entry."""

from datetime import timedelta

from audit.checkpoint import split_note
from audit.events import Kind
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs.audit import require_auditor
from hub_extensions.portal.words import iso

#: How far back silences are looked for, how many are listed.
LOOK_BACK, MOST = timedelta(days=30), 20


def state(call: Call, _body: Nothing) -> Page:
    """The published checkpoint, the age of the last heartbeat, silences of the last thirty days."""
    require_auditor(call)
    published, longest = call.portal.ledger.published(), call.portal.longest_silence
    with call.portal.ledger.open() as index:
        beats = [Kind.LEDGER_HEARTBEAT.value, Kind.LEDGER_OPENED.value]
        beat = index.times(index.places_of(kind=beats, limit=1))
        first = index.times(index.places_of(after=-1, limit=1))
        since = max(call.now - LOOK_BACK, *first) if first else call.now
        silences = index.silences(longest, since, call.now) if beat else []
        indexed = index.size
    age = None if not beat else round((call.now - beat[0]).total_seconds())
    return {
        "checkpoint": {
            "origin": published.origin,
            "size": published.size,
            "root": published.root.hex(),
            "note": published.note,
            "at": iso(published.at),
            "cosigners": [name for name, _ in split_note(published.note)[1] if name != published.origin],
        },
        "indexed": indexed,
        "beat_at": iso(beat[0]) if beat else None,
        "beat_age_s": age,
        "longest_silence_s": round(longest.total_seconds()),
        "beat_late": age is None or age > longest.total_seconds(),
        "silences": [
            {"begin": iso(each.begin), "end": iso(each.end), "seconds": round((each.end - each.begin).total_seconds())}
            for each in silences[-MOST:][::-1]
        ],
        "silence_count": len(silences),
    }
