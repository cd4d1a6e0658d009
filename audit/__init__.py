"""The ledger: what reached running code, recorded first, in a form that outsiders can verify."""

from audit.client import AsyncLedger, Ledger
from audit.errors import LedgerDamaged, LedgerError, LedgerFull, LedgerUnavailable, Malformed
from audit.events import Event, Head, Kind, Receipt
from audit.index import Index, Row
from audit.keystore import KeyStore
from audit.places import Places
from audit.proof import prove, verify_proof
from audit.verify import Report, verify_log

__all__ = [
    "AsyncLedger",
    "Event",
    "Head",
    "Index",
    "KeyStore",
    "Kind",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "LedgerFull",
    "LedgerUnavailable",
    "Malformed",
    "Places",
    "Receipt",
    "Report",
    "Row",
    "prove",
    "verify_log",
    "verify_proof",
]
