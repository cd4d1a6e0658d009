"""Who plays: people with a password and a second factor, kept in a file so that a person can go on in a browser."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyotp

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.settings import Settings
from project_spaces.facts import PlatformRole

#: Seconds of one time-based code (RFC 6238).
STEP_S = 30


@dataclass(frozen=True)
class Role:
    """One part of the play."""

    username: str
    display_name: str
    roles: tuple[PlatformRole, ...] = ()
    does: str = ""


ADMINISTRATOR = Role("claire", "Claire Delmas", (PlatformRole.ADMINISTRATOR,), "administratrice")
ANALYST = Role("ana", "Ana Moreau", (), "statisticienne, projet readmission")
OTHER_ANALYST = Role("bruno", "Bruno Petit", (), "statisticien, projet cohorte")
REVIEWERS = (
    Role("remi", "Rémi Lacaze", (PlatformRole.REVIEWER,), "vérificateur"),
    Role("sophie", "Sophie Arnaud", (PlatformRole.REVIEWER,), "vérificatrice"),
)
AUDITOR = Role("lucie", "Lucie Ferrand", (PlatformRole.AUDITOR,), "auditrice")
CAST = (ADMINISTRATOR, ANALYST, OTHER_ANALYST, *REVIEWERS, AUDITOR)


@dataclass(frozen=True)
class Player:
    """What a role signs in with; ``last_step`` is the last code's number, since a code serves once."""

    username: str
    password: str
    secret: str = ""
    last_step: int = 0


class Players:
    """The cast's credentials, in one file of the installation (mode 0600)."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.public_url
        self._file = settings.home / "demo" / "accounts.json"
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._players = {name: Player(**facts) for name, facts in known.items()}

    @property
    def file(self) -> Path:
        """Where a person finds them."""
        return self._file

    def get(self, username: str) -> Player:
        """Return one player, with a fresh password when unknown."""
        if username not in self._players:
            self._keep(Player(username, f"{secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"))
        return self._players[username]

    def client(self, username: str, code: Callable[[], str] | None = None) -> WorkbenchClient:
        """Return a client that signs in as *username*, with the right codes unless *code* gives others."""
        player = self.get(username)
        return WorkbenchClient(self._url, username, player.password, code or (lambda: self.code(username)))

    def code(self, username: str, secret: str = "") -> str:
        """Return a code that has not been used yet, waiting for the next one if need be."""
        player = self._players[username]
        key = secret or player.secret
        step = max(int(time.time()) // STEP_S, player.last_step + 1)
        wait = (step - 1) * STEP_S - time.time()  # one step ahead is accepted (drift of a device's clock)
        if wait > 0:
            time.sleep(wait)
        self._keep(replace(player, secret=key, last_step=step))
        return pyotp.TOTP(key).at(step * STEP_S)

    def _keep(self, player: Player) -> None:
        self._players[player.username] = player
        draft = self._file.with_suffix(".part")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({name: asdict(each) for name, each in self._players.items()}, indent=1))
        draft.rename(self._file)
