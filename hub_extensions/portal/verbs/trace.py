"""My trace: what the ledger keeps about the person who asks, for how long, and who looked at it.

Nobody sees another's: the person is always the caller, and an entry is shown only when the caller acted in it or is
named in it. Private facts of an entry are shown to its actor alone. Even this look is recorded.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from audit.events import Kind
from audit.index import Index, Row
from hub_extensions.portal.audit_words import kind_label
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.ledger_view import NO_ENTRY, NO_LOG
from hub_extensions.portal.verbs.audit import entry_of, problem_of, proof_of, record_look, row_at
from hub_extensions.portal.words import both, iso
from project_spaces.errors import Invalid, NotFound, Unavailable
from project_spaces.memberships import memberships
from project_spaces.own_trace import OwnTrace
from project_spaces.retention import retention_of
from project_spaces.text import Text

PAGE_SIZE = 50
#: Looks at somebody's entries on one page.
MOST_LOOKS = 200
#: Entries of one's own that an unsealing links to.
MOST_LINKED = 20
NOT_TWICE = Text("Les deux phrases ne sont pas les mêmes.", "The two phrases are not the same.")
LOOKS = (Kind.AUDIT_READ.value, Kind.AUDIT_UNSEALED.value)


class Mine(Input):
    """Which of my entries: the cursor of the page before, one kind; and the cursor of the looks before."""

    kind: Kind | None = None
    before: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None
    looks_before: Annotated[int, Field(ge=0, lt=1 << 53)] | None = None


#: Byte for byte as typed.
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=256)]


class Password(Input):
    """The password (or phrase) that locks my trace key."""

    password: Secret


class Phrase(Input):
    """A phrase that is to lock my trace key, typed twice."""

    phrase: Secret
    again: Secret


class ChangedPhrase(Phrase):
    """The phrase (or password) that locks it until now, and the one that is to."""

    old: Secret


def trace(call: Call, body: Mine) -> Page:
    """What is kept about me: counts by kind, my entries, how long they are kept, who looked at them."""
    record_look(call, what="own")
    kind = None if body.kind is None else body.kind.value
    with call.portal.ledger.open() as index:
        places = index.places_of(person=call.actor, kind=kind, before=body.before, limit=PAGE_SIZE + 1)
        found = index.held_against(index.rows(places[:PAGE_SIZE]), kind=kind, person=call.actor)
        return {
            "counts": _counts(index, call.actor),
            "entries": [_mine(row, call.actor) for row in found],
            "next": found[-1].index if len(places) > PAGE_SIZE else None,
            **_looks(index, call.actor, body.looks_before),
            "retention": _retention(call),
        }


def proof(call: Call, _body: Nothing) -> Page:
    """The proof of one of my entries: evidence in my own hands of what I ran, and when."""
    number = _own_row(call).index
    record_look(call, what="own proof", entry=number)
    return proof_of(call, number)


def entry(call: Call, _body: Nothing) -> Page:
    """One of my entries, and whether I can open what it seals."""
    row = _own_row(call)
    record_look(call, what="own entry", entry=row.index)
    return {"entry": _mine(row, call.actor), "acted": row.actor_name == call.actor, **_keys(call)}


def key(call: Call, _body: Nothing) -> Page:
    """What locks my trace key: the password of my account, or a phrase of its own. Shows no entry."""
    return _keys(call)


def set_phrase(call: Call, body: Phrase) -> Page:
    """Make my trace key and lock it with a phrase, when I sign in elsewhere than here."""
    _own(call).set_passphrase(call.actor, _twice(body), now=call.now)
    return _keys(call)


def change_phrase(call: Call, body: ChangedPhrase) -> Page:
    """Lock with another phrase every trace key that the old one opens."""
    changed = _own(call).change_passphrase(call.actor, body.old, _twice(body), now=call.now)
    return {**_keys(call), "changed": changed}


def replace_phrase(call: Call, body: Phrase) -> Page:
    """Make another trace key because I forgot the phrase: what was sealed before opens with the forgotten one only."""
    _own(call).replace_passphrase(call.actor, _twice(body), now=call.now)
    return _keys(call)


def open_own(call: Call, body: Password) -> Page:
    """Open what one of my entries seals, with my own password: proof of what I wrote, and when."""
    own = _own(call)
    number = int(call["index"])
    with call.portal.ledger.open() as index:
        if number >= index.size:
            raise NotFound(NO_ENTRY)
        (opened,) = own.open_own(index, call.actor, body.password, [number], now=call.now)
    message = opened.message.decode("utf-8", "backslashreplace")
    return {"index": opened.index, "at": iso(opened.at), "kind": opened.kind, "message": message}


def _own(call: Call) -> OwnTrace:
    if call.portal.own is None:
        raise Unavailable(NO_LOG)
    return call.portal.own


def _keys(call: Call) -> Page:
    own = call.portal.own
    keys = () if own is None else own.standing(call.actor)
    return {
        "keys": [{"made_at": iso(each.made_at), "cause": each.cause.value} for each in keys],
        "follows_password": own is None or own.has_password(call.actor),
    }


def _twice(body: Phrase) -> str:
    if body.phrase != body.again:
        raise Invalid(NOT_TWICE)
    return body.phrase


def _own_row(call: Call) -> Row:
    with call.portal.ledger.open() as index:
        row = row_at(index, int(call["index"]))
    if call.actor not in row.names.values():
        raise NotFound(NO_ENTRY)
    return row


def _counts(index: Index, person: str) -> list[Page]:
    counted = [(kind.value, index.count(kind=kind.value, person=person) or 0) for kind in Kind]
    found = sorted((each for each in counted if each[1]), key=lambda each: -each[1])
    return [{"kind": kind, "label": both(kind_label(kind)), "count": count} for kind, count in found]


def _mine(row: Row, person: str) -> Page:
    found = entry_of(row)
    if row.actor_name != person:
        found |= {"private": {}}
    return found


def _looks(index: Index, person: str, before: int | None) -> Page:
    """Looks of others, newest first: however often somebody opens this page, that pushes none of them out."""
    places = index.places_of(kind=LOOKS, person=person, besides=person, before=before, limit=MOST_LOOKS + 1)
    rows = index.held_against(index.rows(places[:MOST_LOOKS]), kind=LOOKS, person=person)
    more = rows[-1].index if len(places) > MOST_LOOKS else None
    return {"looks": [_look(row, person) for row in rows], "looks_next": more}


def _look(row: Row, person: str) -> Page:
    found = {
        "index": row.index,
        "at": row.at.isoformat(),
        "kind_label": both(kind_label(row.kind)),
        "by": row.actor_name or row.actor,
        #: Who sat at the server's terminal.
        "os_user": row.private.get("os_user"),
        "what": row.subject.get("what"),
        "problem": problem_of(row.problem),
        "unsealing": None,
    }
    author = row.persons.get("author", "")
    if row.kind == Kind.AUDIT_UNSEALED and row.names.get(author) == person:
        found["unsealing"] = _unsealing(row)
    return found


def _unsealing(row: Row) -> Page:
    """Who opened messages of the person who asks, and why; what is private in it is gone once retention took it."""
    listed = [int(number) for number in row.private.get("list", "").split(",") if number.isdecimal()]
    return {
        "entries": row.subject.get("entries"),
        "first": listed[:MOST_LINKED],
        "auditors": row.private.get("auditors"),
        "reason": row.private.get("reason"),
    }


def _retention(call: Call) -> list[Page]:
    with call.portal.store.read() as session:
        projects = sorted({each.project for each in memberships(session, person=call.actor)})
        kept = [(slug, retention_of(session, slug, call.portal.retention_months)) for slug in projects]
    return [{"project": slug, "months": each.months, "held": each.hold is not None} for slug, each in kept]
