"""Verifying the whole log while somebody looks, without holding up anybody: one process at a time, results remembered.

Hashing ten million entries takes minutes of one core. It runs in a process of its own at low priority
(``python -m hub_extensions.portal.verification``), which says how far it is; whoever asks meanwhile sees the same run.
A result holds for its checkpoint: the same checkpoint is not verified twice in a row. The checkpoint of each good
verification is remembered in a file, so that the next one also shows a rollback or a fork.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from audit.errors import Malformed
from audit.places import write_durably
from audit.verify import published_folder, verify_log

#: Progress is told at most after so many entries.
TOLD_EVERY = 4096
#: Seconds between two looks of a caller that waits.
_LOOK_S = 0.1


class Stage(StrEnum):
    """Where a verification is."""

    NEVER = "never"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Verification:
    """One run: how far it is, and what it found."""

    stage: Stage = Stage.NEVER
    done: int = 0
    size: int = 0
    begun: datetime | None = None
    ended: datetime | None = None
    #: As ``main`` prints it.
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """How far it is."""
        return min(100, self.done * 100 // self.size) if self.size else 0


class Verifications:
    """The verifications of one ledger."""

    def __init__(self, folder: Path, remembered: Path) -> None:
        self._folder = folder
        self._remembered = remembered
        self._lock = threading.Lock()
        self.latest = Verification()

    def start(self) -> Verification:
        """Begin one, unless one runs or the published checkpoint was verified already; return the one that counts.

        Raises
        ------
        Malformed, OSError
            there is no published log.
        """
        note = (published_folder(self._folder) / "checkpoint").read_text(encoding="utf-8")
        with self._lock:
            latest = self.latest
            if latest.stage is Stage.RUNNING or (latest.stage is Stage.DONE and latest.report.get("note") == note):
                return latest
            self.latest = run = Verification(Stage.RUNNING, begun=datetime.now(UTC))
            process = self._process()
        threading.Thread(target=self._follow, args=(run, process), daemon=True, name="verification").start()
        return run

    async def wait(self, run: Verification, longest_s: float) -> None:
        """Wait until *run* is over, *longest_s* seconds at most."""
        for _ in range(int(longest_s / _LOOK_S)):
            if run.stage is not Stage.RUNNING:
                return
            await asyncio.sleep(_LOOK_S)

    def _process(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "hub_extensions.portal.verification", str(self._folder), str(self._remembered)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)

    def _follow(self, run: Verification, process: "subprocess.Popen[str]") -> None:
        with process:
            _read(run, process.stdout)
        run.ended = datetime.now(UTC)
        run.stage = Stage.DONE if run.report else Stage.FAILED


def _read(run: Verification, lines: IO[str] | None) -> None:
    for line in lines or ():
        told = json.loads(line)
        if "report" in told:
            run.report = told["report"]
        else:
            run.done, run.size = told["done"], told["size"]


def main(folder: Path, remembered: Path) -> None:
    """Verify, and print one JSON object a line: progress, then the report."""
    os.nice(10)
    places = published_folder(folder)
    note = (places / "checkpoint").read_text(encoding="utf-8")
    old = remembered.read_text(encoding="utf-8") if remembered.exists() else None

    def progress(done: int, size: int) -> None:
        if done % TOLD_EVERY < 256:
            print(json.dumps({"done": done, "size": size}), flush=True)

    report = verify_log(folder, old_checkpoint=old, progress=progress)
    if report.good and note.splitlines()[1:2] == [str(report.size)]:
        write_durably(remembered, note.encode())  # unless the log has grown between the two readings
    found = {
        "good": report.good,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "checked_entries": report.checked_entries,
        "continues": report.continues,
        "problem_count": report.problem_count,
        "problems": [{"where": each.where, "text": {"fr": each.fr, "en": each.en}} for each in report.problems],
        "note": note,
    }
    print(json.dumps({"report": found}), flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except (Malformed, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
