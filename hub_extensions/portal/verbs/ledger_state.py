"""How the ledger is: its checkpoint, how fresh it is, when it was silent. Shows no entry."""

from datetime import timedelta
from typing import Final

from audit.errors import Malformed
from audit.events import Kind
from audit.index import Index
from audit.standings import COPY, COSIGNED, STAMP, Standing, standings
from hub_extensions.oversight.alarms import AlarmKind
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs.audit import require_auditor
from hub_extensions.portal.words import both, iso
from project_spaces.errors import Unavailable
from project_spaces.text import Text

#: How far back silences are looked for, how many are listed.
LOOK_BACK, MOST = timedelta(days=30), 20


ANCHOR_ALARMS: Final = frozenset({AlarmKind.ANCHOR, AlarmKind.CONTRADICTED})
ANCHOR_LABELS = {
    STAMP: Text("Horodatage RFC 3161", "RFC 3161 time-stamp"),
    COPY: Text("Copie au second lieu", "Copy at the second place"),
}
WITNESS: Final = "witness "
#: The entries that tell of each kind of anchor.
ANCHOR_ENTRIES = {STAMP: Kind.LEDGER_STAMPED, COPY: Kind.LEDGER_COPIED, WITNESS: Kind.LEDGER_COSIGNED}


def state(call: Call, _body: Nothing) -> Page:
    """The published checkpoint, who holds it to its word, the last heartbeat, silences of the last thirty days."""
    require_auditor(call)
    published, longest = call.portal.ledger.published(), call.portal.longest_silence
    with call.portal.ledger.open() as index:
        beats = [Kind.LEDGER_HEARTBEAT.value, Kind.LEDGER_OPENED.value]
        beat = index.times(index.places_of(kind=beats, limit=1))
        first = index.times(index.places_of(after=-1, limit=1))
        since = max(call.now - LOOK_BACK, *first) if first else call.now
        anchors = _anchors(call, index, published.size)
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
        },
        "anchors": anchors,
        "anchor_alarms": [both(each.text) for each in call.portal.alarms(call.now) if each.kind in ANCHOR_ALARMS],
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


def _anchors(call: Call, index: Index, size: int) -> list[Page]:
    """What others hold: which size of the log each witness, the authority and the second place has, and since when."""
    try:
        found = standings(call.portal.ledger.places)
    except (Malformed, OSError) as error:
        text = Text(f"L'état des ancrages est illisible : {error}.", f"The anchors' state can't be read: {error}.")
        raise Unavailable(text) from error
    return [_anchor(call, index, size, name, found[name]) for name in sorted(found) if name != COSIGNED]


def _anchor(call: Call, index: Index, size: int, name: str, standing: Standing) -> Page:
    kind = WITNESS if name.startswith(WITNESS) else name
    witness = name.removeprefix(WITNESS)
    label = ANCHOR_LABELS.get(kind, Text(f"Témoin {witness}", f"Witness {witness}"))
    told = index.places_of(kind=ANCHOR_ENTRIES[kind].value, limit=1) if kind in ANCHOR_ENTRIES else []
    done = standing.done_at
    return {
        "label": both(label),
        "size": standing.size if done else None,
        "behind": max(0, size - standing.size) if done else None,
        "done_at": iso(done),
        "age_s": None if done is None else max(0, round((call.now - done).total_seconds())),
        "failing_since": iso(standing.failing_since),
        "why": standing.why or None,
        "contradicted": standing.contradicted or None,
        "entry": told[0] if told else None,
    }
