"""The log as a command reads it: after everything recorded is published, and each entry held against the signature.

Whoever has root on the server can write an entry into the files, and seal a message to the public key beside it. A
command that believed the files would hand both over as the log's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from audit.client import Ledger
from audit.errors import Malformed
from audit.index import Index
from audit.keystore import KeyStore
from audit.places import Places
from audit.row_checks import RowCheck
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.settings import Settings


def remembered_checkpoint(settings: Settings) -> Path:
    """Return the file of the last checkpoint that verified on this installation."""
    return settings.state_dir / "audit-checkpoint"


@contextmanager
def own_ledger(settings: Settings) -> Iterator[tuple[Ledger, KeyStore]]:
    """Give the client of this installation's recorder, which answers, and the keys; raises ``LedgerUnavailable``."""
    keys = ledger_keys(settings)
    with closing(Ledger(settings.ledger_socket, keys)) as ledger:
        ledger.ping()
        yield ledger, keys


def open_signed(settings: Settings, ledger: Ledger, keys: KeyStore) -> Index:
    """Return the index of what is recorded until now; what the log did not sign is in it with its problem.

    Raises
    ------
    Malformed
        the published checkpoint covers less than what the recorder has, or the index can't be read.
    LedgerUnavailable
        the recorder does not answer.
    """
    recorded = ledger.ping().size
    ledger.settle()
    places, remembered = Places(settings.ledger_dir), remembered_checkpoint(settings)
    check = RowCheck(places, remembered.read_text(encoding="utf-8") if remembered.exists() else None)
    if check.size is not None and check.size < recorded:
        msg = f"the published checkpoint covers {check.size} of {recorded} recorded entries"
        raise Malformed(msg)
    try:
        return Index(places, check, keys.pseudonym, covered=True)
    except sqlite3.Error as error:
        raise Malformed(str(error)) from None
