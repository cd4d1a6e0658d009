"""Whether this server could open sealed messages by itself, as ``bureau status`` and the auditor's pages say it."""

import sqlite3
from contextlib import closing

from audit.errors import KeysUnusable, Malformed
from audit.events import Kind
from audit.index import Index
from audit.places import Places
from audit.row_checks import RowCheck
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.settings import Settings
from project_spaces.text import Text

NO_CEREMONY = Text(
    "Les clés qui ouvrent les messages scellés sont sur ce serveur, jusqu'à la cérémonie des auditeurs "
    "(bureau audit ceremony).",
    "The keys that open sealed messages lie on this server until the auditors' ceremony (bureau audit ceremony).",
)
KEYS_LEFT = Text(
    "La cérémonie des auditeurs n'est pas allée à son terme : des clés restent sur ce serveur "
    "(bureau audit ceremony --finish).",
    "The auditors' ceremony did not come to its end: keys are left on this server (bureau audit ceremony --finish).",
)

#: Somebody who replaced the auditors' file would read all that is sealed from then on: the ledger knows who was named.
NOT_AS_RECORDED = Text(
    "Les auditeurs dont les clés servent ne sont pas ceux que la dernière cérémonie a inscrits au journal : "
    "prévenez-les, et ne faites rien d'autre avant (bureau audit status).",
    "The auditors whose keys are in use are not those that the last ceremony recorded in the ledger: tell them "
    "before anything else (bureau audit status).",
)


def recorded_ceremony(settings: Settings) -> str | None:
    """Return the digest that the ledger holds of the last ceremony, None without one.

    Raises
    ------
    Malformed
        the ledger can't be searched, or what is found there is not what it signed.
    """
    places = Places(settings.ledger_dir)
    if not places.index.exists():
        return None
    try:
        with closing(Index(places, RowCheck(places))) as index:
            found = index.places_of(kind=Kind.AUDIT_CEREMONY.value, limit=1)
            rows = index.held_against(index.rows(found), kind=Kind.AUDIT_CEREMONY.value)
    except (sqlite3.Error, OSError) as error:
        raise Malformed(str(error)) from None
    if rows and (problem := rows[0].problem) is not None:
        msg = f"{problem.where}: {problem.en}"
        raise Malformed(msg)
    return str(rows[0].subject.get("digest")) if rows else None


def seal_standing(settings: Settings) -> Text | None:
    """Say why this server could open sealed messages; None once a ceremony went to its end."""
    if not (settings.secrets_dir / "ledger").exists() and not settings.ledger_dir.exists():
        return None  # nothing is installed here, and asking makes nothing
    try:
        keys = ledger_keys(settings)
        held, left = keys.ceremony(), keys.private_parts()
        recorded = recorded_ceremony(settings)
    except KeysUnusable as error:
        return Text(error.fr, error.en)
    except Malformed as error:
        return Text(f"Le journal ne peut pas être interrogé : {error}.", f"The ledger can't be searched: {error}.")
    if recorded != (None if held is None else held.digest):
        return NOT_AS_RECORDED
    if held is None:
        return NO_CEREMONY
    return KEYS_LEFT if left else None
