"""Local accounts: a password and a compulsory second factor, opened with a one-time activation code.

An administrator creates the account and hands over the activation code; its person chooses a password, adds the secret
to an authenticator application and proves it with one code. Only then does the account exist for ``SIGN_IN``. Whatever
is wrong with a sign-in, the person reads the same sentence and waits the same time; after ten in a row the name is
locked, said so, and until when (``lockout``).
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces import lockout, recovery_codes, second_factor
from project_spaces.account_records import Account, SignInRefused, digest, invited, unlink
from project_spaces.decisions import Action, decide
from project_spaces.errors import Conflict
from project_spaces.facts import PLATFORM
from project_spaces.lockout import LockPolicy
from project_spaces.passwords import Passwords
from project_spaces.people import Person, get_person, person_places, require_administrator, subject_of
from project_spaces.secret_box import SecretBox
from project_spaces.sign_ins import (
    NOWHERE,
    SIGN_IN_ACTOR,
    Proof,
    Terminal,
    end_with_account,
    keep_sign_in,
    own_device,
    own_devices,
    signed_in_event,
)
from project_spaces.slugs import is_slug
from project_spaces.store import Store
from project_spaces.telling.people import tell_replaced
from project_spaces.text import Text

ISSUER = "Bureau virtuel"
ACTIVATION_LASTS = timedelta(days=7)
#: Where attempts to renew recovery codes are counted.
RENEWAL = "recovery codes"
#: 15 random bytes: 24 characters of base 32, so no number of guesses matters.
ACTIVATION_BYTES = 15

WRONG = Text("Identifiant, mot de passe ou code incorrect.", "Wrong username, password or code.")
WRONG_CODE = Text(
    "Ce code n'est pas celui attendu : vérifiez l'heure de votre appareil et saisissez le code affiché maintenant.",
    "This is not the expected code: check your device's clock and type the code shown now.",
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person needs to add the second factor to an authenticator application; shown once."""

    username: str
    secret: str
    provisioning_uri: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Both factors were right and ``decide`` allowed it."""

    username: str
    display_name: str


@dataclass(frozen=True)
class Accounts:
    """Accounts of one installation: its database, the key of its secrets, its rules."""

    store: Store
    box: SecretBox
    policy: LockPolicy = field(default_factory=LockPolicy)
    passwords: Passwords = field(default_factory=Passwords)

    def create(self, username: str, *, actor: str, now: datetime) -> str:
        """Open an account for a person, or replace a lost one; return the activation code, which is shown once.

        Everything a replaced account was entered with stops working at once: password, second factor, recovery codes,
        links to an identity provider, and the sessions that are open; its person is told.

        Raises
        ------
        NotFound, Refused
            nobody of that name; *actor* is not an administrator.
        """
        code = base64.b32encode(secrets.token_bytes(ACTIVATION_BYTES)).decode("ascii")
        with self.store.read() as session:
            known = session.get(Account, username) is not None
        kind = Kind.ACCOUNT_RESET if known else Kind.ACCOUNT_CREATED
        with self.store.write(Event(kind, actor, None, now, persons={"person": username})) as session:
            require_administrator(session, actor, now, within=person_places(session, username))
            person = get_person(session, username)
            account = session.get(Account, username) or Account(person=username, created_at=now)
            session.add(account)
            person.enrolled_at = account.password_hash = account.sealed_totp = None
            account.activation_sha256, account.activation_ends_at = digest(code), now + ACTIVATION_LASTS
            recovery_codes.forget(session, username)
            unlink(session, username)
            for apart in (None, RENEWAL, *own_devices(session, username)):
                lockout.forget_failures(session, username, apart)
            end_with_account(session, username, now)
            if known:
                tell_replaced(session, username, now=now)
        return "-".join(code[place : place + 4] for place in range(0, len(code), 4))

    def enrol(self, activation_code: str, password: str, *, now: datetime) -> Enrolment:
        """Set the password and make the second factor's secret; the account opens with ``confirm_enrolment``.

        Doing it again before that replaces both.

        Raises
        ------
        SignInRefused
            the code is not valid (any more).
        Invalid
            the password can't be one.
        """
        with self.store.read() as session:
            username = invited(session, activation_code, now).person
        hashed = self.passwords.hash(password, username=username)
        secret = second_factor.new_secret()
        event = Event(Kind.ACCOUNT_CHANGED, username, None, now, {"change": "enrolment started"})
        with self.store.write(event) as session:
            account = invited(session, activation_code, now)
            account.password_hash, account.sealed_totp = hashed, self.box.seal(secret)
        return Enrolment(username, secret, second_factor.provisioning_uri(secret, username, ISSUER))

    def pending(self, activation_code: str, *, now: datetime) -> Enrolment:
        """Return again what ``enrol`` returned, for a person who mistyped the first code.

        Raises
        ------
        SignInRefused
            the activation code is not valid (any more).
        Conflict
            ``enrol`` has not been done.
        """
        with self.store.read() as session:
            account = invited(session, activation_code, now)
            secret = self._secret(account)
            address = second_factor.provisioning_uri(secret, account.person, ISSUER)
            return Enrolment(account.person, secret, address)

    def confirm_enrolment(self, activation_code: str, totp: str, *, now: datetime) -> str:
        """Open the account after the first right code; return the username. The activation code is spent.

        Raises
        ------
        SignInRefused
            the activation code is not valid, or the one-time code is wrong.
        Conflict
            ``enrol`` has not been done.
        """
        with self.store.read() as session:
            username = invited(session, activation_code, now).person
        with self.store.write(Event(Kind.ACCOUNT_ENROLLED, username, None, now, {"factor": "totp"})) as session:
            account = invited(session, activation_code, now)
            step = second_factor.matching_step(self._secret(account), totp, now)
            if step is None:
                raise SignInRefused(WRONG_CODE)
            account.last_totp_step = step
            account.activation_sha256 = account.activation_ends_at = None
            get_person(session, username).enrolled_at = now
        return username

    def verify(
        self, username: str, password: str, totp: str, *, now: datetime, terminal: Terminal = NOWHERE
    ) -> SignedIn:
        """Sign a person in with both factors.

        Parameters
        ----------
        terminal
            where the attempt came from, for the record and for the session that follows.

        Raises
        ------
        SignInRefused
            something is wrong; the sentence does not say what. Or ``decide`` says no: then with its reasons.
        Locked
            too many wrong attempts under this name; the sentence says until when.
        Unavailable
            the ledger or the database does not answer: nobody is signed in (fail closed).
        """
        with self.store.read() as session:
            apart = own_device(session, username, terminal.device)
            self._require_unlocked(session, username, now, apart)
            person = session.get(Person, username) if is_slug(username) else None
            account = None if person is None else session.get(Account, username)
        enrolled = account if person is not None and person.enrolled_at is not None else None
        right = self.passwords.matches(enrolled.password_hash if enrolled else None, password)
        sealed = enrolled.sealed_totp if enrolled else None
        step = second_factor.matching_step(self.box.open(sealed) if sealed else None, totp, now)
        fresh = second_factor.fresh(step, enrolled.last_totp_step if enrolled else None)
        if not right or not (fresh or (enrolled is not None and self._recovers(username, totp))):
            self._fail(_Attempt(username, person is not None, terminal, apart), now)
        return self._succeed(_Attempt(username, True, terminal, apart), password, totp, step, now)

    def renew_recovery_codes(
        self, username: str, password: str, totp: str, *, now: datetime, terminal: Terminal = NOWHERE
    ) -> list[str]:
        """Make new recovery codes for a person who proves both factors once more; those made before stop working.

        A code of the application is asked, no recovery code: who has only those left asks the registration authority.

        Raises
        ------
        SignInRefused
            something is wrong; the sentence does not say what.
        Locked
            too many wrong attempts here: they shut no other door, or who sits at an open session locked its person out.
        Unavailable
            the ledger or the database does not answer: the old codes go on working.
        """
        with self.store.read() as session:
            self._require_unlocked(session, username, now, RENEWAL)
            account = session.get(Account, username)
        right = self.passwords.matches(account.password_hash if account else None, password)
        sealed = account.sealed_totp if account else None
        step = second_factor.matching_step(self.box.open(sealed) if sealed else None, totp, now)
        try:
            if not right:
                raise _UsedMeanwhile
            with self.store.write(recovery_codes.made(username, now)) as session:
                current = session.get_one(Account, username)
                if not second_factor.fresh(step, current.last_totp_step):
                    raise _UsedMeanwhile
                current.last_totp_step = step
                lockout.forget_failures(session, username, RENEWAL)
                return recovery_codes.replace(session, username, now=now)
        except _UsedMeanwhile:
            attempt = _Attempt(username, account is not None, terminal, RENEWAL)
            self._fail(attempt, now)

    def _recovers(self, username: str, typed: str) -> bool:
        with self.store.read() as session:
            return recovery_codes.works(session, username, typed)

    def _succeed(self, attempt: "_Attempt", password: str, code: str, step: int | None, now: datetime) -> SignedIn:
        username, terminal, apart = attempt.username, attempt.terminal, attempt.apart
        try:
            with self.store.write(signed_in_event(username, Proof(("pwd", "otp"), now), terminal, now)) as session:
                self._require_unlocked(session, username, now, apart)
                account = session.get_one(Account, username)
                fresh = second_factor.fresh(step, account.last_totp_step)
                if account.password_hash is None:
                    raise _UsedMeanwhile
                if not fresh and not recovery_codes.spend(session, username, code, now=now):
                    raise _UsedMeanwhile
                decision = decide(subject_of(session, username, Action.SIGN_IN), Action.SIGN_IN, PLATFORM, now)
                if not decision.allowed:
                    raise SignInRefused(decision.reasons[0].text, [reason.text for reason in decision.reasons])
                account.last_totp_step = step if fresh else account.last_totp_step
                keep_sign_in(session, username, Proof(("pwd", "otp"), now), terminal, now=now)
                if self.passwords.outdated(account.password_hash):
                    account.password_hash = self.passwords.rehash(password)
                lockout.forget_failures(session, username, apart)
                name = get_person(session, username).display_name
        except _UsedMeanwhile:
            self._fail(attempt, now)
        except SignInRefused as refusal:
            self._record_refusal(username, refusal, now=now, terminal=terminal)
            raise
        self.store.require_settled()
        return SignedIn(username, name)

    def _fail(self, attempt: "_Attempt", now: datetime) -> NoReturn:
        """Count and record a wrong attempt, then raise; a name that nobody has is not written down anywhere."""
        username, terminal = attempt.username, attempt.terminal
        claimed = username if attempt.known else None
        cause: dict[str, str | bool] = {"cause": "credentials", "known": attempt.known}
        with self.store.write(_attempt(Kind.SIGNIN_FAILURE, claimed, cause, now, terminal)) as session:
            self._require_unlocked(session, username, now, attempt.apart)
            until = lockout.count_failure(session, username, self.policy, now, attempt.apart)
            if until is not None:
                lock = {"until": until.isoformat()}
                session.also(_attempt(Kind.SIGNIN_LOCKED, claimed, lock, now, terminal))
        refusal = lockout.locked(until) if until else SignInRefused(WRONG)
        refusal.recorded = True
        raise refusal

    def _record_refusal(self, username: str, refusal: SignInRefused, *, now: datetime, terminal: Terminal) -> None:
        subject: dict[str, str | bool] = {"cause": "refused", "known": True, "why": refusal.text.en}
        self.store.record(_attempt(Kind.SIGNIN_FAILURE, username, subject, now, terminal))

    def _require_unlocked(self, session: Session, username: str, now: datetime, apart: str | None) -> None:
        until = lockout.locked_until(session, username, now, apart)
        if until is not None:
            raise lockout.locked(until)

    def _secret(self, account: Account) -> str:
        if account.sealed_totp is None:
            raise Conflict(Text("Choisissez d'abord un mot de passe.", "Choose a password first."))
        return self.box.open(account.sealed_totp)


def password_marker(session: Session, username: str) -> str:
    """Return what names the present password and tells nothing about it: another one after each change."""
    hashed = session.get_one(Account, username).password_hash or ""
    return hashlib.sha256(f"trace key\n{hashed}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt: under which name, whether somebody has it, from where, and at which door of the person's own."""

    username: str
    known: bool
    terminal: Terminal
    apart: str | None


class _UsedMeanwhile(Exception):
    """Another attempt used the same code, or the account was reset, between the look and the act."""


def _attempt(
    kind: Kind, claimed: str | None, subject: Mapping[str, str | bool], now: datetime, terminal: Terminal
) -> Event:
    """Tell of an attempt: the name that was claimed is not proved to be the one who acted."""
    persons = {} if claimed is None else {"claimed": claimed}
    return Event(kind, SIGN_IN_ACTOR, None, now, subject, private={"address": terminal.address}, persons=persons)
