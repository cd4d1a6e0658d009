"""A real recorder in a process of its own, to be killed."""

import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from audit.client import Ledger
from audit.events import Event, Kind
from audit.keystore import KeyStore
from audit.places import Places


def event(number: int = 0, content: bytes | None = b"print(1)", **changes: object) -> Event:
    facts = {
        "kind": Kind.KERNEL_MESSAGE,
        "actor": "alice",
        "project": "stays",
        "at": datetime.now(UTC),
        "subject": {"n": number},
        "content": content,
    }
    return Event(**(facts | changes))  # type: ignore[arg-type]


class RecorderProcess:
    """Starts, kills and starts again; the socket lies in a short folder of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.places = Places(directory)
        self.options = options
        self.short = Path(tempfile.mkdtemp(dir="/tmp", prefix="bv"))
        self.socket = self.short / "ledger.sock"
        self.keys = KeyStore(self.short / "keys")
        self.process: subprocess.Popen[str] | None = None
        self._clients: list[Ledger] = []

    def start(self) -> "RecorderProcess":
        command = [sys.executable, "-m", "audit.recorder", "--dir", self.places.root, "--socket", self.socket]
        self.process = subprocess.Popen([*command, *self.options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("READY"), "the recorder does not start"
        return self

    def refuses_to_start(self) -> str:
        command = [sys.executable, "-m", "audit.recorder", "--dir", self.places.root, "--socket", self.socket]
        done = subprocess.run([*command, *self.options], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 1
        return done.stderr

    def client(self, timeout: float = 5.0) -> Ledger:
        self._clients.append(Ledger(self.socket, self.keys, timeout))
        return self._clients[-1]

    def kill(self) -> None:
        self.process.kill()
        self._gone()

    def stop(self) -> int:
        self.process.terminate()
        return self._gone()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def _gone(self) -> int:
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.process = None
        return status

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.short)
