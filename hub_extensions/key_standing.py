"""Whether this server could open sealed messages by itself, as ``bureau status`` and the auditor's pages say it."""

from audit.errors import KeysUnusable
from hub_extensions.opening import ledger_keys
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


def seal_standing(settings: Settings) -> Text | None:
    """Say why this server could open sealed messages; None once a ceremony went to its end."""
    if not (settings.secrets_dir / "ledger").exists() and not settings.ledger_dir.exists():
        return None  # nothing is installed here, and asking makes nothing
    try:
        keys = ledger_keys(settings)
        held, left = keys.ceremony(), keys.private_parts()
    except KeysUnusable as error:
        return Text(error.fr, error.en)
    if held is None:
        return NO_CEREMONY
    return KEYS_LEFT if left else None
