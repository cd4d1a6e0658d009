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
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO, Any

from audit.checkpoint import Verifier, read_checkpoint
from audit.errors import Malformed
from audit.index_checks import IndexCheck
from audit.live_sealed import LiveSealed
from audit.places import Places, write_durably
from audit.row_checks import OTHER_KEY_EN, OTHER_KEY_FR
from audit.sealed_checks import SealedCheck
from audit.verify import Report, load_vkey, published_folder, verify_log
from project_spaces.signing.verified_log import Verified

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
    def verified(self) -> Verified | None:
        """The log that this run found whole, None where it found something wrong or is not over."""
        if self.stage is not Stage.DONE or not self.report.get("good") or self.begun is None:
            return None
        return Verified(int(self.report["size"]), str(self.report["root"]), self.begun)

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


class _Beside:
    """What stands beside the log and must fit it: the sealed messages, and the index that searches go through."""

    def __init__(self, folder: Path, messages: LiveSealed, report: Report) -> None:
        self._checks = (SealedCheck(messages, report), IndexCheck(Places(folder), report))

    def visit(self, first: int, entries: list[bytes]) -> None:
        """See the entries of one bundle."""
        for check in self._checks:
            check.visit(first, entries)

    def finish(self) -> None:
        """See the end."""
        for check in self._checks:
            check.finish()


def _signed_here(old: str, published: Path) -> bool:
    """Whether the remembered checkpoint was signed by the key that lies beside the log."""
    try:
        read_checkpoint(old, Verifier(load_vkey(published)))
    except Malformed:
        return False
    return True


def examine(folder: Path, remembered: Path, note: str, progress: Callable[[int, int], None]) -> Report:
    """Verify the log under *note* with what stands beside it, and remember that checkpoint when all is good."""
    places = published_folder(folder)
    old = remembered.read_text(encoding="utf-8") if remembered.exists() else None
    ours = old is None or _signed_here(old, places)
    with closing(LiveSealed(Places(folder))) as messages:
        visit = partial(_Beside, folder, messages)
        report = verify_log(places, old_checkpoint=old if ours else None, progress=progress, note=note, visit=visit)
    if not ours:
        report.add("log.vkey", OTHER_KEY_FR, OTHER_KEY_EN)
    if report.good:
        write_durably(remembered, note.encode())
    return report


def main(folder: Path, remembered: Path) -> None:
    """Verify, and print one JSON object a line: progress, then the report."""
    os.nice(10)

    def progress(done: int, size: int) -> None:
        if done % TOLD_EVERY < 256:
            print(json.dumps({"done": done, "size": size}), flush=True)

    note = (published_folder(folder) / "checkpoint").read_text(encoding="utf-8")
    report = examine(folder, remembered, note, progress)
    found = {
        "good": report.good,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "checked_entries": report.checked_entries,
        "continues": report.continues,
        "messages": report.messages,
        "deleted_messages": report.deleted_messages,
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
