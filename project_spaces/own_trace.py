"""A person's own trace: what somebody ran opens for that person alone, with the password that nobody else has.

The pair of keys is made at the first sign-in and locked under the password (``audit.trace_keys``). Who signs in at an
identity provider has no password here and sets a passphrase instead; one that is forgotten is replaced by a new pair,
and what was sealed before stays closed to that person. Guessing here counts with guessing at sign-in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from audit.errors import LedgerError
from audit.events import Event, Kind
from audit.index import Index
from audit.keystore import KeyStore
from audit.passphrase import WrongPassphrase
from audit.trace_keys import Cause, TraceKey
from audit.unsealing import Opened, UnsealRefused, WrongPassword, open_own
from project_spaces import lockout
from project_spaces.account_records import has_password
from project_spaces.accounts import password_marker
from project_spaces.errors import Conflict, Invalid, Refused, Unavailable
from project_spaces.lockout import LockPolicy
from project_spaces.passwords import LONGEST, SHORTEST
from project_spaces.sign_ins import SIGN_IN_ACTOR
from project_spaces.store import Store
from project_spaces.text import Text

WRONG = Text("Ce mot de passe n'ouvre pas votre trace.", "This password does not open your trace.")
HAS_ONE = Text(
    "Vous avez déjà une clé de trace : changez sa phrase.", "You have a trace key already: change its phrase."
)
HAS_NONE = Text("Vous n'avez pas encore de clé de trace.", "You have no trace key yet.")
#: Pairs of one person: each is tried when one is opened, a fifth of a second each.
MOST_PAIRS = 20
TOO_MANY = Text(
    f"Votre clé a été remplacée {MOST_PAIRS} fois : adressez-vous à l'administrateur.",
    f"Your key was replaced {MOST_PAIRS} times: ask the administrator.",
)
HAS_PASSWORD = Text(
    "Votre clé de trace suit le mot de passe de votre compte : elle n'a pas de phrase à elle.",
    "Your trace key follows the password of your account: it has no phrase of its own.",
)


@dataclass(frozen=True)
class OwnTrace:
    """The own traces of one installation's people. argon2 takes a fifth of a second: call it in a thread."""

    store: Store
    keys: KeyStore
    policy: LockPolicy = field(default_factory=LockPolicy)

    def signed_in(self, person: str, password: str, *, now: datetime) -> TraceKey | None:
        """After both factors were right: see to it that the pair in use opens with *password*; return a new one.

        A new pair is recorded before it is made, with why: ``first``, or ``reset`` when the password was replaced
        without the old one; what was sealed before then opens with the old password only.

        Raises
        ------
        Unavailable
            the ledger or the key folder does not answer: no pair is made, the next sign-in tries again.
        """
        with self.store.read() as session:
            marker = password_marker(session, person)
        try:
            return self.keys.traces.ensure(
                self.keys.pseudonym(person), password, marker, now, lambda cause: self._tell(person, cause, now)
            )
        except LedgerError as error:
            raise Unavailable(Text(error.fr, error.en)) from error

    def standing(self, person: str) -> Sequence[TraceKey]:
        """Return the person's pairs, the one in use first; none: entries are sealed to the auditors' key alone."""
        return self.keys.traces.all(self.keys.pseudonym(person))

    def set_passphrase(self, person: str, passphrase: str, *, now: datetime) -> TraceKey:
        """Make the first pair of a person who signs in without a password of this installation.

        Raises
        ------
        Invalid, Conflict, Unavailable
            too short or too long; there is a pair already, or a password locks it; the ledger does not take it.
        """
        _check(passphrase)
        self._require_no_password(person)
        if self.standing(person):
            raise Conflict(HAS_ONE)
        self._tell(person, Cause.FIRST, now)
        return self.keys.traces.make(self.keys.pseudonym(person), passphrase, Cause.FIRST, now)

    def replace_passphrase(self, person: str, passphrase: str, *, now: datetime) -> TraceKey:
        """Make another pair for a person who forgot the phrase: what was sealed before opens with the old one only.

        Raises
        ------
        Invalid, Conflict, Unavailable
            too short or too long; there is no pair to replace, there are too many, or a password locks it; the ledger
            does not take it.
        """
        _check(passphrase)
        self._require_no_password(person)
        if not 0 < (known := len(self.standing(person))) < MOST_PAIRS:
            raise Conflict(TOO_MANY if known else HAS_NONE)
        self._tell(person, Cause.RESET, now)
        return self.keys.traces.make(self.keys.pseudonym(person), passphrase, Cause.RESET, now)

    def has_password(self, person: str) -> bool:
        """Say whether a password of this installation locks the pair, rather than a phrase of its own."""
        with self.store.read() as session:
            return has_password(session, person)

    def change_passphrase(self, person: str, old: str, new: str, *, now: datetime) -> int:
        """Lock under *new* every pair that *old* opens, also one from before a reset; return how many.

        Where a password locks the pair in use, *new* has to be that password: it brings older pairs back under it.

        Raises
        ------
        Invalid, Refused, Locked, Unavailable
            too short or too long; *old* opens none, or *new* is not the password; too many wrong ones; the ledger does
            not take it.
        """
        _check(new)
        self._require_unlocked(person, now)
        pseudonym = self.keys.pseudonym(person)
        follows = self.has_password(person)
        try:
            self.keys.traces.unlock(pseudonym, old)
            opened = self.keys.traces.unlock(pseudonym, new) if follows else {}
        except WrongPassphrase:
            self._fail(person, now)
        if follows and self.standing(person)[0].id not in opened:
            self._fail(person, now)
        self.store.record(Event(Kind.ACCOUNT_CHANGED, person, None, now, {"change": "trace key locked anew"}))
        return self.keys.traces.relock(pseudonym, old, new)

    def open_own(
        self, index: Index, person: str, password: str, entries: Sequence[int], *, now: datetime
    ) -> list[Opened]:
        """Open entries of this person; recorded before anything is opened.

        Raises
        ------
        Refused
            an entry of somebody else, one not sealed for its author, bytes that are not the log's, a wrong password.
        Locked
            too many wrong passwords, here or at sign-in.
        Unavailable
            the ledger does not take the record.
        """
        self._require_unlocked(person, now)
        try:
            return open_own(
                index,
                self.keys,
                self.store.record,
                person=person,
                password=password[:LONGEST],
                entries=entries,
                now=now,
            )
        except WrongPassword:
            self._fail(person, now)
        except UnsealRefused as error:
            raise Refused(Text(error.fr, error.en)) from None

    def _tell(self, person: str, cause: Cause, now: datetime) -> None:
        subject = {"change": "trace key", "cause": cause.value}
        self.store.record(Event(Kind.ACCOUNT_CHANGED, person, None, now, subject))

    def _require_no_password(self, person: str) -> None:
        if self.has_password(person):
            raise Conflict(HAS_PASSWORD)

    def _require_unlocked(self, person: str, now: datetime) -> None:
        with self.store.read() as session:
            until = lockout.locked_until(session, person, now)
        if until is not None:
            raise lockout.locked(until)

    def _fail(self, person: str, now: datetime) -> NoReturn:
        event = Event(Kind.REFUSAL, person, None, now, {"what": "own trace", "cause": "password"})
        with self.store.write(event) as session:
            until = lockout.count_failure(session, person, self.policy, now)
            if until is not None:
                lock = {"until": until.isoformat()}
                session.also(Event(Kind.SIGNIN_LOCKED, SIGN_IN_ACTOR, None, now, lock, persons={"claimed": person}))
        raise lockout.locked(until) if until else Refused(WRONG)


def _check(passphrase: str) -> None:
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise Invalid(
            Text(
                f"La phrase doit avoir de {SHORTEST} à {LONGEST} caractères.",
                f"The passphrase must have {SHORTEST} to {LONGEST} characters.",
            )
        )
