"""Secrets of the trusted side: random files of mode 0600, made once, never in a configuration or a log."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

#: Every secret of an installation.
NAMES = (
    "hub_cookie",
    "hub_crypt",
    "proxy_token",
    "gateway_cookie",
    "portal_cookie",
    "portal_token",
    "worker_token",
)


def secret(folder: Path, name: str) -> str:
    """Return the secret *name* (64 hexadecimal digits), made on first use.

    Two processes that ask at once get the same one: the file is linked into place, and the first link wins.
    """
    return _once(folder / name, secrets.token_hex(32).encode()).decode()


def fernet_key(folder: Path) -> bytes:
    """Return the key that encrypts second factors and workspace tokens in the database."""
    return _once(folder / "fernet", Fernet.generate_key())


def _once(path: Path, fresh: bytes) -> bytes:
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
