"""Settings as the ledger hears of them: every value in words, those that may hold a secret as a keyed mark."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub_extensions.settings.loading import Settings
from project_spaces.settings_in_force import Values

#: Addresses and commands in which sites put passwords and tokens.
HIDDEN = frozenset({"database_url", "alarm_command", "alarm_webhook", "mail_webhook", "timestamp_url"})
#: Files whose words are rules themselves: they are recorded by their hash, too.
RULES = frozenset({"witness_policy", "timestamp_certificates"})
_CREDENTIALS = re.compile(r'://[^/\s"]*@')


def as_recorded(settings: Settings, mark: Callable[[str], str]) -> Values:
    """Return the settings in force.

    Parameters
    ----------
    mark
        keyed: shows that a value is another one, and tells nobody which.
    """
    return {name: _shown(name, value, mark) for name, value in settings.model_dump(mode="json").items()}


def defaults(mark: Callable[[str], str]) -> Values:
    """Return what would be in force if nobody had set anything."""
    return as_recorded(Settings.model_construct(), mark)


def _shown(name: str, value: Any, mark: Callable[[str], str]) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    if name in RULES and value is not None:
        return f"{text} {_hash_of(Path(text))}"
    hidden = name in HIDDEN or _CREDENTIALS.search(text)
    return mark(text) if text and hidden else text


def _hash_of(file: Path) -> str:
    try:
        return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    except OSError:
        return "unreadable"
