"""Sign-ins: how, when and where a person proved who it was, for as long as the session lasts (référentiel 5.3).

Each browser has a sign-in of its own, found again by the Hub's session id, of which only the hash is kept. It lasts
until its person signs out, has been here for too long or has not been here for too long, or is signed out from
elsewhere: an administrator who replaces the account, the identity provider. What is older than any rule may ask for is
deleted with the next sign-in, addresses included.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.errors import NotFound
from project_spaces.records import rules_of
from project_spaces.records.sign_ins import SignIn, SignInEnd, SignInMethod, hash_of
from project_spaces.requirements import MOST_AGE
from project_spaces.rules import Rules
from project_spaces.sessions.programs import end_programs_within
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

__all__ = ["SignIn", "SignInEnd", "SignInMethod", "hash_of", "keep_sign_in"]

#: Who acts where the installation itself lets somebody in or out.
SIGN_IN_ACTOR = "system:sign-in"
ADDRESS_LENGTH, LABEL_LENGTH = 64, 80


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where somebody signs in.

    Parameters
    ----------
    address
        as our proxy saw it.
    session
        the Hub's id of the browser session that begins; None for a program.
    device
        what this browser has kept since its first visit; None for a program.
    sign_in
        what stands for the session in leaves, here and where it is used.
    label
        what the browser says it is, for its person to recognise.
    lasts
        how long the session may last in all.
    """

    address: str = ""
    session: str | None = None
    device: str | None = None
    sign_in: str | None = None
    label: str = ""
    lasts: timedelta | None = None


NOWHERE = Terminal()


@dataclass(frozen=True, slots=True)
class Proof:
    """How the two factors were proved.

    Parameters
    ----------
    amr
        the ways, by their names in RFC 8176 (``pwd``, ``otp``, ``mfa`` …).
    at
        when: now, or at the identity provider some time ago.
    acr
        the level that the identity provider states.
    provider_session
        its name for its own session.
    """

    amr: Collection[str]
    at: datetime
    acr: str | None = None
    method: SignInMethod = SignInMethod.LOCAL
    provider_session: str | None = None


def signed_in_event(person: str, proof: Proof, terminal: Terminal, now: datetime) -> Event:
    """Return the event of a sign-in."""
    how: dict[str, str | int | bool | None] = {"factors": 2, "method": proof.method.value}
    how |= {"amr": " ".join(sorted(proof.amr)), "acr": proof.acr}
    if terminal.sign_in is not None:
        how["sign_in"] = terminal.sign_in
    return Event(Kind.SIGNIN_SUCCESS, person, None, now, how, private={"address": terminal.address})


def keep_sign_in(
    session: WriteSession, person: str, proof: Proof, terminal: Terminal = NOWHERE, *, now: datetime
) -> str:
    """Keep a sign-in whose event the transaction holds already, and return its id.

    A browser has one session: what it had before is over. A browser that this person has not used lately is recorded,
    and shown to the person's other sessions.
    """
    session.execute(delete(SignIn).where(SignIn.person == person, SignIn.at < now - MOST_AGE))
    device = hash_of(terminal.device)
    known = session.execute(select(SignIn.device_sha256).where(SignIn.person == person).distinct()).scalars().all()
    if device is not None:
        same = (SignIn.person == person, SignIn.device_sha256 == device, SignIn.ended_at.is_(None))
        session.execute(update(SignIn).where(*same).values(ended_at=now, ended_by=SignInEnd.ELSEWHERE))
    new_device = device is not None and bool(known) and device not in known
    if new_device:
        private = {"address": terminal.address, "device": terminal.label}
        session.also(Event(Kind.SIGNIN_NEW_DEVICE, person, None, now, private=private))
    number = uuid.uuid4().hex
    session.add(
        SignIn(
            id=number,
            person=person,
            at=now,
            amr=sorted(proof.amr),
            acr=proof.acr,
            address=terminal.address[:ADDRESS_LENGTH] or None,
            method=proof.method,
            factor_at=proof.at,
            session_sha256=hash_of(terminal.session),
            provider_session_sha256=hash_of(proof.provider_session),
            device_sha256=device,
            device=terminal.label[:LABEL_LENGTH] or None,
            new_device=new_device,
            ends_at=None if terminal.lasts is None else now + terminal.lasts,
            seen_at=now,
        )
    )
    return number


def live_sign_in(session: Session, person: str, hub_session: str, *, now: datetime) -> SignIn | None:
    """Return the sign-in behind a browser session of *person*, None when there is none or it is over."""
    row = sign_in_behind(session, person, hub_session)
    return row if row is not None and _lasts(row, rules_of(session), now) else None


def sign_in_behind(session: Session, person: str, hub_session: str) -> SignIn | None:
    """Return the sign-in behind a browser session of *person*, over or not."""
    mine = select(SignIn).where(SignIn.session_sha256 == hash_of(hub_session), SignIn.person == person)
    return session.scalars(mine).one_or_none()


def last_on_device(session: Session, device: str) -> SignIn | None:
    """Return the latest sign-in in a browser, whoever's it was and over or not."""
    here = select(SignIn).where(SignIn.device_sha256 == hash_of(device)).order_by(SignIn.at.desc(), SignIn.id)
    return session.scalars(here.limit(1)).one_or_none()


def _lasts(row: SignIn, rules: Rules, now: datetime) -> bool:
    """Tell whether a session goes on, whoever has noticed already that it does not."""
    if row.ended_at is not None or (row.ends_at is not None and now >= row.ends_at):
        return False
    return not _idle(row, rules, now)


def _idle(row: SignIn, rules: Rules, now: datetime) -> bool:
    return rules.idle is not None and row.session_sha256 is not None and rules.idle.over(row.seen_at, now)


def idle_ends(session: Session, row: SignIn) -> datetime | None:
    """Return when the session of *row* ends unless its person does something; None where nothing is asked."""
    limit = rules_of(session).idle
    return None if limit is None or row.session_sha256 is None else limit.ends(row.seen_at)


def idle_sentence(session: Session, found: SignIn | None, *, now: datetime) -> Text | None:
    """Return what the person of a session reads that ended because nobody was there; None where it did not."""
    limit = rules_of(session).idle
    if found is None or limit is None:
        return None
    unseen = found.ended_by is SignInEnd.IDLE if found.ended_at is not None else _idle(found, rules_of(session), now)
    return limit.sentence if unseen else None


def live_sign_ins(session: Session, person: str, *, now: datetime) -> Sequence[SignIn]:
    """Return every browser session of *person* that lasts, the latest first."""
    query = select(SignIn).where(SignIn.person == person, SignIn.ended_at.is_(None), SignIn.session_sha256.is_not(None))
    lasting = query.where(or_(SignIn.ends_at.is_(None), SignIn.ends_at > now))
    rules = rules_of(session)
    found = session.scalars(lasting.order_by(SignIn.at.desc(), SignIn.id))
    return [row for row in found if _lasts(row, rules, now)]


def own_devices(session: Session, person: str) -> set[str]:
    """Return the browsers, by their hashes, in which *person* signed in lately, as long as that account stands."""
    replaced = SignIn.ended_by.is_not_distinct_from(SignInEnd.RESET)
    mine = select(SignIn.device_sha256).where(SignIn.person == person, SignIn.device_sha256.is_not(None), ~replaced)
    return {each for each in session.scalars(mine.distinct()) if each is not None}


def own_device(session: Session, person: str, device: str | None) -> str | None:
    """Return the hash of a browser that is *person*'s own; None for any other."""
    hashed = hash_of(device)
    return hashed if hashed is not None and hashed in own_devices(session, person) else None


def sign_in_before(session: Session, row: SignIn) -> SignIn | None:
    """Return the person's sign-in before *row*, over or not, as long as it is kept."""
    earlier = select(SignIn).where(SignIn.person == row.person, SignIn.id != row.id, SignIn.at <= row.at)
    return session.scalars(earlier.order_by(SignIn.at.desc(), SignIn.id).limit(1)).one_or_none()


def end_other_sign_ins(store: Store, person: str, hub_session: str, *, now: datetime) -> int:
    """End every browser session of *person* but this one; return how many. Nothing is recorded where there is none.

    Raises
    ------
    Unavailable
        the ledger does not answer: nothing was ended.
    """
    kept = hash_of(hub_session)
    with store.read() as session:
        others = [each.id for each in live_sign_ins(session, person, now=now) if each.session_sha256 != kept]
    if others:
        _end(store, person, (SignIn.id.in_(others),), SignInEnd.ELSEWHERE, actor=person, now=now)
    return len(others)


def end_sign_in(store: Store, number: str, by: SignInEnd, *, actor: str, now: datetime) -> None:
    """End one sign-in; ending it twice changes nothing.

    Raises
    ------
    NotFound
        there is none of that id.
    Unavailable
        the ledger does not answer: nothing was ended.
    """
    with store.read() as session:
        row = session.get(SignIn, number)
        person = None if row is None else row.person
    if person is None:
        raise NotFound(Text("Il n'y a pas de telle session.", "There is no such session."))
    _end(store, person, (SignIn.id == number,), by, actor=actor, now=now)


def end_sign_ins(
    store: Store,
    person: str,
    *,
    now: datetime,
) -> None:
    """End every sign-in of *person*: what asks for one is refused from now on, open connections included.

    Raises
    ------
    Unavailable
        the ledger does not answer: nothing was ended.
    """
    _end(store, person, (SignIn.person == person,), SignInEnd.ASKED, actor=person, now=now)


def unseen_since(session: Session, person: str, *, now: datetime) -> datetime | None:
    """Return when *person* was here last, where the latest session of a browser ended for want of that; else None."""
    mine = select(SignIn).where(SignIn.person == person, SignIn.session_sha256.is_not(None))
    row = session.scalars(mine.order_by(SignIn.at.desc(), SignIn.id).limit(1)).one_or_none()
    return row.seen_at if row is not None and idle_sentence(session, row, now=now) is not None else None


def end_idle_sign_ins(store: Store, *, now: datetime) -> int:
    """End every session whose person has not been here for too long, each with an entry; return how many.

    Doors refuse such a session by themselves from that very moment; this makes it last, and tells the ledger.

    Raises
    ------
    Unavailable
        the ledger does not answer.
    """
    with store.read() as session:
        rules = rules_of(session)
        asked = (SignIn.ended_at.is_(None), SignIn.session_sha256.is_not(None))
        open_ = select(SignIn).where(*asked, or_(SignIn.ends_at.is_(None), SignIn.ends_at > now))
        over = [(row.id, row.person) for row in session.scalars(open_) if _idle(row, rules, now)]
    for number, person in over:
        _end(store, person, (SignIn.id == number,), SignInEnd.IDLE, actor=SIGN_IN_ACTOR, now=now)
    return len(over)


def end_with_account(session: WriteSession, person: str, now: datetime) -> None:
    """End every sign-in of a person whose account is replaced, and every token of a program, within that act."""
    mine = update(SignIn).where(SignIn.person == person, SignIn.ended_at.is_(None))
    session.execute(mine.values(ended_at=now, ended_by=SignInEnd.RESET))
    end_programs_within(session, person, now)


def _end(store: Store, person: str, which: Sequence[object], by: SignInEnd, *, actor: str, now: datetime) -> None:
    persons = {} if actor == person else {"person": person}
    with store.write(Event(Kind.SIGNOUT, actor, None, now, {"cause": by.value}, persons=persons)) as session:
        session.execute(
            update(SignIn).where(SignIn.ended_at.is_(None), *which).values(ended_at=now, ended_by=by)  # type: ignore[arg-type]
        )
