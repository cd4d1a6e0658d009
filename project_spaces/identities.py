"""Identities at an identity provider: which person stands behind an issuer and a subject, and that person's sign-in.

A person is found by issuer and subject alone. Names and addresses that the provider states are no link: they change,
two people share them, and whoever can choose one could choose somebody else's. The first sign-in needs the invitation
code that an administrator hands over once the person's identity is proved; it links the identity for good, and only
an administrator's new invitation takes the link away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.account_records import Identity, SignInRefused, find_identity, invited
from project_spaces.accounts import SignedIn
from project_spaces.decisions import Action, decide
from project_spaces.errors import BureauError, Conflict
from project_spaces.facts import PLATFORM
from project_spaces.people import get_person, subject_of
from project_spaces.records import rules_of
from project_spaces.records.sign_ins import two_factors
from project_spaces.sign_ins import (
    SIGN_IN_ACTOR,
    Proof,
    SignIn,
    SignInEnd,
    SignInMethod,
    Terminal,
    hash_of,
    keep_sign_in,
    signed_in_event,
    unseen_since,
)
from project_spaces.store import Store
from project_spaces.text import Text

UNKNOWN = Text(
    "Votre identité est confirmée, mais aucun compte ne lui est rattaché ici : ouvrez votre invitation, ou demandez-en "
    "une à l'autorité d'enregistrement.",
    "Your identity is confirmed, but no account is linked to it here: open your invitation, or ask the registration "
    "authority for one.",
)
ONE_FACTOR = Text(
    "Votre fournisseur d'identité n'atteste pas de double authentification : reconnectez-vous avec deux facteurs.",
    "Your identity provider did not state two factors: sign in again with a second factor.",
)
PROVE_AGAIN = Text(
    "Votre session a pris fin faute d'activité : authentifiez-vous de nouveau chez votre fournisseur d'identité.",
    "Your session ended for want of activity: authenticate again at your identity provider.",
)
SOMEBODY_ELSE = Text(
    "Vous vous êtes authentifié sous une autre identité que celle de la session ouverte : rien n'a changé. "
    "Déconnectez-vous d'abord pour changer de compte.",
    "You authenticated as somebody else than the person of the open session: nothing has changed. Sign out first to "
    "change accounts.",
)
TAKEN = Text(
    "Cette identité est déjà rattachée à un autre compte : signalez-le à l'autorité d'enregistrement.",
    "This identity is already linked to another account: tell the registration authority.",
)


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a verified token says: who, and how it was proved."""

    issuer: str
    subject: str
    proof: Proof


def link_identity(store: Store, activation_code: str, asserted: Asserted, *, now: datetime) -> str:
    """Link an identity to the person who was invited, and return the username; the invitation is spent.

    Raises
    ------
    SignInRefused
        the invitation is not valid (any more), or the second factor is missing.
    Conflict
        the identity is somebody else's already.
    """
    with store.read() as session:
        username = invited(session, activation_code, now).person
    subject = {"method": asserted.proof.method.value}
    private = {"issuer": asserted.issuer, "subject": asserted.subject}
    with store.write(Event(Kind.IDENTITY_LINKED, username, None, now, subject, private=private)) as session:
        account = invited(session, activation_code, now)
        _require_two_factors(session, asserted.proof)
        if find_identity(session, asserted.issuer, asserted.subject) is not None:
            raise Conflict(TAKEN)
        session.add(Identity(issuer=asserted.issuer, subject=asserted.subject, person=username, linked_at=now))
        account.activation_sha256 = account.activation_ends_at = None
        get_person(session, username).enrolled_at = now
    return username


def sign_in_with(
    store: Store, asserted: Asserted, terminal: Terminal, *, now: datetime, only: str | None = None
) -> SignedIn:
    """Sign in the person behind an identity; *only*, where somebody signs in again in an open session.

    Raises
    ------
    SignInRefused
        nobody's identity, no second factor, or ``decide`` says no; recorded.
    Unavailable
        the ledger or the database does not answer: nobody is signed in.
    """
    with store.read() as session:
        username = find_identity(session, asserted.issuer, asserted.subject)
    if username is None:
        refuse_sign_in(store, SignInRefused(UNKNOWN), "identity unknown", terminal, now=now)
    try:
        with store.write(signed_in_event(username, asserted.proof, terminal, now)) as session:
            if find_identity(session, asserted.issuer, asserted.subject) != username:
                raise SignInRefused(UNKNOWN)
            _require_two_factors(session, asserted.proof)
            if only not in {None, username}:
                raise SignInRefused(SOMEBODY_ELSE)
            _require_presence(session, username, asserted.proof, now)
            decision = decide(subject_of(session, username, Action.SIGN_IN), Action.SIGN_IN, PLATFORM, now)
            if not decision.allowed:
                raise SignInRefused(decision.reasons[0].text, [reason.text for reason in decision.reasons])
            keep_sign_in(session, username, asserted.proof, terminal, now=now)
            name = get_person(session, username).display_name
    except SignInRefused as refusal:
        refuse_sign_in(store, refusal, "refused", terminal, now=now, claimed=username)
    store.require_settled()
    return SignedIn(username, name)


def refuse_sign_in(
    store: Store, error: BureauError, cause: str, terminal: Terminal, *, now: datetime, claimed: str | None = None
) -> NoReturn:
    """Record an attempt that failed, then raise *error*."""
    subject: Mapping[str, str | bool] = {"cause": cause, "known": claimed is not None, "why": error.text.en}
    persons = {} if claimed is None else {"claimed": claimed}
    private = {"address": terminal.address}
    store.record(Event(Kind.SIGNIN_FAILURE, SIGN_IN_ACTOR, None, now, subject, private=private, persons=persons))
    error.recorded = True
    raise error


def end_at_provider(
    store: Store, issuer: str, *, subject: str | None, provider_session: str | None, now: datetime
) -> int:
    """End the sign-ins that the identity provider says are over; return how many there were."""
    with store.read() as session:
        over = select(SignIn.id, SignIn.person).where(SignIn.ended_at.is_(None), SignIn.method == SignInMethod.OPENID)
        if provider_session is not None:
            over = over.where(SignIn.provider_session_sha256 == hash_of(session_name(issuer, provider_session)))
        if subject is not None:
            over = over.where(SignIn.person == (find_identity(session, issuer, subject) or ""))
        found = session.execute(over).all()
    for number, person in found:
        event = Event(Kind.SIGNOUT, SIGN_IN_ACTOR, None, now, {"cause": "provider"}, persons={"person": person})
        with store.write(event) as session:
            session.execute(update(SignIn).where(SignIn.id == number).values(ended_at=now, ended_by=SignInEnd.PROVIDER))
    return len(found)


def session_name(issuer: str, provider_session: str) -> str:
    """Return the provider's session as a name that no other provider can choose."""
    return f"{issuer} {provider_session}"


def _require_presence(session: Session, username: str, proof: Proof, now: datetime) -> None:
    """A session that ended because nobody was there is not opened again by what the provider remembers."""
    unseen = unseen_since(session, username, now=now)
    if unseen is not None and proof.at <= unseen:
        raise SignInRefused(PROVE_AGAIN, codes=("sign_in_too_old",))


def _require_two_factors(session: Session, proof: Proof) -> None:
    if not two_factors(sorted(proof.amr), proof.acr, rules_of(session).strong_acr):
        raise SignInRefused(ONE_FACTOR)
