"""What a process does first: have its settings in the ledger. With changed ones it does nothing before that.

Settings that were recorded already cost one look at the database, and need no ledger.
"""

import time
from datetime import UTC, datetime
from functools import partial

import structlog

from audit.keystore import KeyStore
from hub_extensions.installation.opening import ledger_keys, open_store
from hub_extensions.settings import Settings
from hub_extensions.settings.recorded import as_recorded, defaults
from project_spaces.errors import Unavailable
from project_spaces.settings_in_force import digest_of, record_settings

#: Seconds between two tries while ledger or database are not there.
AGAIN_S = 0.5

log = structlog.get_logger()


def settle_settings(settings: Settings, process: str) -> str:
    """Return the digest of the settings once they are recorded."""
    store, mark = open_store(settings), partial(_mark, ledger_keys(settings))
    values = as_recorded(settings, mark)
    while True:
        try:
            if record_settings(store, values, defaults(mark), process=process, now=datetime.now(UTC)):
                log.info("settings_recorded", digest=digest_of(values))
            return digest_of(values)
        except Unavailable as error:
            log.warning("settings_not_recorded_yet", error=error.text.en)
            time.sleep(AGAIN_S)


def _mark(keys: KeyStore, value: str) -> str:
    return keys.pseudonym(f"setting {value}")
