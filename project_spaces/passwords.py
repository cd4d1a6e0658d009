"""Passwords: what may be one, and how one is kept and compared (argon2id, RFC 9106).

What people really choose is refused offline by zxcvbn: its lists of passwords that leaked, of names and words, and its
sequences on a keyboard, in any mixture (NIST SP 800-63B, 3.1.1.2). What French speakers choose stands here beside them.

A comparison costs the same whether or not there is a password to compare with, so that the time of an answer does not
tell which names exist.
"""

from dataclasses import dataclass, field
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from project_spaces.errors import Invalid
from project_spaces.text import Text

#: ANSSI's guidance for a password beside a second factor; SATRE 2.2.06.
SHORTEST = 12
#: Longer ones are refused before they are hashed: hashing megabytes is an attack.
LONGEST = 256
#: zxcvbn's score from 0 to 4 of a password that ten thousand million guesses do not find.
STRONG = 3
#: It looks at so many characters; what is good so far is good.
LOOKED_AT = 72
#: What heads every list of leaked French passwords, and what this place suggests.
FRENCH = (
    "motdepasse", "azerty", "azertyuiop", "bonjour", "soleil", "doudou", "loulou", "chouchou", "jetaime", "marseille",
    "coucou", "nicolas", "camille", "chocolat", "princesse", "bienvenue", "vacances", "bureau", "virtuel", "sante",
    "hopital", "recherche", "connexion", "printemps", "automne", "hiver", "france", "paris",
)  # fmt: skip
#: What a password is compared with when there is none to compare with; matching it signs nobody in.
NOBODYS = "no account has this password"


#: The library's defaults are RFC 9106's second choice.
DEFAULT = PasswordHasher()


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """Return what a password is compared with where none is stored: made once, before the first comparison."""
    return hasher.hash(NOBODYS)


@dataclass(frozen=True)
class Passwords:
    """Hashes and compares with one set of argon2 parameters."""

    hasher: PasswordHasher = DEFAULT
    _nobody: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_nobody", _nobodys(self.hasher))

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
    if username in password.lower() or _guessable(password, username):
        raise Invalid(
            Text(
                "Mot de passe trop facile à deviner : évitez l'identifiant, les mots de passe courants, les suites et "
                "les répétitions ; quelques mots sans rapport entre eux conviennent.",
                "The password is too easy to guess: avoid the username, common passwords, sequences and repetitions; "
                "a few unrelated words will do.",
            )
        )


def _guessable(password: str, username: str) -> bool:
    guessed = zxcvbn(password[:LOOKED_AT], user_inputs=[username, *FRENCH])
    return bool(guessed["score"] < STRONG)
