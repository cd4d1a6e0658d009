"""Keeps what must be read again (a second factor's secret, a workspace's tokens) encrypted in the database.

The keys live in a file of the trusted side and are passed in; the database alone opens nothing.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from project_spaces.errors import Unavailable
from project_spaces.text import Text


class SecretBox:
    """Encrypts with the first key, decrypts with any: a new key goes first, the old ones stay until all is resealed."""

    def __init__(self, *keys: bytes) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> str:
        """Return *secret* encrypted and authenticated."""
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises
        ------
        Unavailable
            the key is not the one it was sealed with, or the row was tampered with.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Unavailable(
                Text(
                    "Un secret de la base ne s'ouvre pas avec la clé de cette installation. Prévenez l'administrateur.",
                    "A secret in the database does not open with this installation's key. Tell the administrator.",
                )
            ) from None
