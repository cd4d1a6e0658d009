"""Looks for malware with ClamAV, and never takes silence for a clean bill.

The engine is a program of the system (Debian packages ``clamav`` or ``clamdscan``); it is run on the quarantined bytes
before anything of ours opens them. No engine, no signatures, old signatures, an error, a file it could not look into
wholly, a time-out: each means that the import waits in quarantine, with the reason on its page.

The resident daemon has a configuration of its own, and Debian's says « OK » of what is too large to look into (tried):
it is asked only when its configuration reports that, and what is encrypted.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from project_spaces.errors import Unavailable
from project_spaces.text import Text

#: Files in which ClamAV keeps signatures: the vendor's, and those that a site writes itself.
SIGNATURES = frozenset({".cvd", ".cld", ".cud", ".ndb", ".hdb", ".hsb", ".mdb", ".ldb", ".yara"})
#: What a daemon's configuration must say, or it calls clean what it can't look into wholly.
STRICT = ("AlertExceedsMax", "AlertEncrypted")
#: Exit statuses that clamscan(1) and clamdscan(1) document.
CLEAN, FOUND = 0, 1
ARGUMENTS = {
    # What it can't look into wholly (limits, encryption) is reported as found, not passed over.
    "clamscan": (
        "--stdout",
        "--no-summary",
        "--alert-exceeds-max=yes",
        "--alert-encrypted=yes",
        "--max-filesize=2000M",
        "--max-scansize=2000M",
        "--max-scantime=0",
    ),
    "clamdscan": ("--stdout", "--no-summary", "--fdpass"),
}


@dataclass(frozen=True, slots=True)
class Scan:
    """What an engine said of one file: the names of what it found, none when clean, and which engine it was."""

    found: tuple[str, ...]
    engine: str


class Scanner(Protocol):
    """Looks at quarantined files; one answer for each, in order."""

    def __call__(self, files: Sequence[Path], now: datetime) -> list[Scan]:
        """Scan, or raise ``Unavailable``: a scanner that can't say never passes."""


@dataclass(frozen=True)
class ClamAV:
    """ClamAV of this machine.

    Parameters
    ----------
    program
        ``clamscan`` reads the signatures at each call; ``clamdscan`` asks the resident daemon, which is faster.
    signatures
        folder of signatures.
    max_age
        of the newest signature file.
    daemon
        configuration of the daemon that ``clamdscan`` asks.
    """

    program: Literal["clamscan", "clamdscan"] = "clamscan"
    signatures: Path = Path("/var/lib/clamav")
    max_age: timedelta = timedelta(days=7)
    daemon: Path = Path("/etc/clamav/clamd.conf")
    timeout_s: float = 900.0

    def __call__(self, files: Sequence[Path], now: datetime) -> list[Scan]:
        """Scan each file; raises ``Unavailable`` with the reason."""
        program = shutil.which(self.program)
        if program is None:
            raise Unavailable(
                Text(
                    f"L'antivirus n'est pas installé ({self.program}) : les fichiers restent en quarantaine.",
                    f"The malware scanner is not installed ({self.program}): the files stay in quarantine.",
                )
            )
        self._require_signatures(now)
        if self.program == "clamdscan":
            self._require_strict_daemon()
        engine = self._run(program, "--version").stdout.strip().splitlines()
        if not engine:
            raise Unavailable(_failed("--version"))
        return [self._scan(program, file, engine[0][:100]) for file in files]

    def _scan(self, program: str, file: Path, engine: str) -> Scan:
        where = f"--database={self.signatures}" if self.program == "clamscan" else f"--config-file={self.daemon}"
        done = self._run(program, *ARGUMENTS[self.program], where, str(file))
        names = tuple(
            line.removesuffix(" FOUND").rpartition(": ")[2]
            for line in done.stdout.splitlines()
            if line.endswith(" FOUND")
        )
        if done.returncode == FOUND and names:
            return Scan(names, engine)
        if done.returncode == CLEAN and not names and f"{file}: OK" in done.stdout.splitlines():
            return Scan((), engine)
        raise Unavailable(_failed(f"status {done.returncode}"))

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        try:
            return subprocess.run(
                command, capture_output=True, text=True, timeout=self.timeout_s, check=False, env=environment
            )
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
            raise Unavailable(_failed(type(error).__name__)) from error

    def _require_strict_daemon(self) -> None:
        """Refuse a daemon that would call clean what it did not look into, or that reads other signatures."""
        try:
            lines = self.daemon.read_text("utf-8", "replace").splitlines()
        except OSError as error:
            raise Unavailable(_failed(f"{self.daemon}: {error.strerror}")) from error
        said = {name: rest[0] for name, *rest in map(str.split, filter(str.strip, lines)) if rest}
        lax = [name for name in STRICT if said.get(name, "no").lower() not in {"yes", "true", "1"}]
        if lax or Path(said.get("DatabaseDirectory", "/var/lib/clamav")) != self.signatures:
            wanted = ", ".join([*(f"{name} yes" for name in lax), f"DatabaseDirectory {self.signatures}"])
            raise Unavailable(
                Text(
                    f"Le démon de l'antivirus laisserait passer ce qu'il n'a pas lu ({self.daemon} : {wanted}) : les "
                    "fichiers restent en quarantaine.",
                    f"The malware scanner's daemon would pass what it has not read ({self.daemon}: {wanted}): the "
                    "files stay in quarantine.",
                )
            )

    def _require_signatures(self, now: datetime) -> None:
        try:
            found = [file.stat().st_mtime for file in self.signatures.iterdir() if file.suffix in SIGNATURES]
        except OSError:
            found = []
        if not found:
            raise Unavailable(
                Text(
                    f"L'antivirus n'a pas de signatures ({self.signatures}) : les fichiers restent en quarantaine.",
                    f"The malware scanner has no signatures ({self.signatures}): the files stay in quarantine.",
                )
            )
        age = now.timestamp() - max(found)
        if age > self.max_age.total_seconds():
            days = int(age // 86400)
            raise Unavailable(
                Text(
                    f"Les signatures de l'antivirus ont {days} jours : les fichiers restent en quarantaine.",
                    f"The malware scanner's signatures are {days} days old: the files stay in quarantine.",
                )
            )


def _failed(why: str) -> Text:
    return Text(
        f"L'antivirus n'a pas abouti ({why}) : les fichiers restent en quarantaine.",
        f"The malware scan did not complete ({why}): the files stay in quarantine.",
    )
