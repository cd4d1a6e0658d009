"""Passwords: what may be one, and how one is kept and compared (argon2id, RFC 9106).

A comparison costs the same whether or not there is a password to compare with, so that the time of an answer does not
tell which names exist.
"""

from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from project_spaces.errors import Invalid
from project_spaces.text import Text

#: ANSSI's guidance for a password beside a second factor; SATRE 2.2.06.
SHORTEST = 12
#: Longer ones are refused before they are hashed: hashing megabytes is an attack.
LONGEST = 256
#: What a password is compared with when there is none to compare with; matching it signs nobody in.
NOBODYS = "no account has this password"


@dataclass(frozen=True)
class Passwords:
    """Hashes and compares with one set of argon2 parameters (the library's defaults are RFC 9106's second choice)."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _nobody: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_nobody", self.hasher.hash(NOBODYS))

    def hash(self, password: str, *, username: str) -> str:
        """Return what is stored instead of *password*.

        Raises
        ------
        Invalid
            it is too short or too long, too uniform, or holds the username.
        """
        _check(password, username)
        return self.hasher.hash(_encode(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Compare once, whatever is stored; without a stored password nothing matches."""
        try:
            same = self.hasher.verify(stored or self._nobody, _encode(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
        return same and stored is not None and len(password) <= LONGEST

    def rehash(self, password: str) -> str:
        """Return what is stored from now on for a password that was just proved right."""
        return self.hasher.hash(_encode(password))

    def outdated(self, stored: str) -> bool:
        """Tell whether the parameters have changed since it was stored."""
        return self.hasher.check_needs_rehash(stored)


def _encode(password: str) -> bytes:
    """Any text has bytes, also text that is not Unicode (a lone surrogate in JSON)."""
    return password.encode("utf-8", "surrogatepass")


def _check(password: str, username: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            Text(
                f"Le mot de passe doit avoir de {SHORTEST} à {LONGEST} caractères.",
                f"The password must have {SHORTEST} to {LONGEST} characters.",
            )
        )
    if len(set(password)) < SHORTEST // 2 or username in password.lower():
        raise Invalid(
            Text(
                "Mot de passe trop facile : il répète peu de caractères ou contient l'identifiant.",
                "The password is too easy: it repeats few characters or holds the username.",
            )
        )
