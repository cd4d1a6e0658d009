"""Opens the domain for a process of this installation: database, ledger client, keys and folders, from the settings."""

from functools import lru_cache

from audit.client import Ledger
from audit.keystore import KeyStore
from audit.places import Places
from hub_extensions.detection.opening import open_watch
from hub_extensions.installation.secret_files import fernet_key
from hub_extensions.settings import Settings
from hub_extensions.settings.access_rules import access_rules
from project_spaces.layout import Layout
from project_spaces.own_trace import OwnTrace
from project_spaces.secret_box import SecretBox
from project_spaces.sessions.activity import SessionActivity
from project_spaces.store import Store


def ledger_keys(settings: Settings) -> KeyStore:
    """Return the sealing and pseudonym keys of this installation; made once, never again beside a log that exists."""
    fresh = not Places(settings.ledger_dir).checkpoint.exists()
    return KeyStore(settings.secrets_dir / "ledger", make=fresh)


@lru_cache(maxsize=4)
def open_store(settings: Settings) -> Store:
    """Return the domain's store; one per process."""
    ledger = Ledger(settings.ledger_socket, ledger_keys(settings), timeout=5.0)
    return Store(settings.store_url, ledger, open_watch(settings).watched, access_rules(settings))


def open_activity(settings: Settings) -> SessionActivity:
    """Return where a process writes down that people are here."""
    return SessionActivity(settings.store_url, settings.idle_limit)


def open_own_trace(settings: Settings, store: Store | None = None) -> OwnTrace:
    """Return the way in which people open what they themselves did."""
    return OwnTrace(store or open_store(settings), ledger_keys(settings), settings.lock_policy)


def open_box(settings: Settings) -> SecretBox:
    """Return the box that opens what the database keeps encrypted."""
    return SecretBox(fernet_key(settings.secrets_dir))


def open_layout(settings: Settings) -> Layout:
    """Return where data sets, projects and homes lie."""
    return Layout(settings.storage_dir)
