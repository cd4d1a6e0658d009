"""The process in which untrusted files are opened: ``python -m hub_extensions.exports.checks.worker``.

Reads requests on standard input, one a line, and writes one JSON line for each step on standard output. Says which file
it begins, so that the parent knows which one it died of.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.request import Request, read_request
from hub_extensions.exports.checks.sandbox import Limits, confine


class Reporter:
    """Writes the lines that the parent reads."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def say(self, event: str, index: int = -1, **facts: Any) -> None:
        """Write one line now."""
        self._out.write(json.dumps({"event": event, "index": index, **facts}) + "\n")
        self._out.flush()

    def findings(self, event: str, index: int, found: list[Finding], **facts: Any) -> None:
        """Write findings of one file."""
        self.say(event, index, findings=[finding.to_wire() for finding in found], **facts)


def not_checked(name: str, fr: str, en: str) -> Finding:
    """Return the finding for a file whose checks did not end: never a pass."""
    return block(
        "check.failed", name, f"Le fichier n'a pas pu être contrôlé ({fr}).", f"The file could not be checked ({en})."
    )


def _run(request: Request, report: Reporter) -> None:
    from hub_extensions.exports.checks.session import Session

    session = Session(request)
    for index, path, name in request.files:
        if index in request.skip:
            continue
        report.say("start", index)
        started = time.monotonic()
        try:
            kind, normal, found = session.check(index, path, name)
        except Exception as error:  # noqa: BLE001 - a hostile file raises anything; it must not stop the others
            print(f"check of {name!r} raised {error!r}", file=sys.stderr)
            report.findings(
                "done",
                index,
                [not_checked(name, type(error).__name__, type(error).__name__)],
                type="unknown",
                normalised=None,
            )
            continue
        report.findings(
            "done",
            index,
            found,
            type=kind,
            normalised=None if normal is None else str(normal),
            seconds=time.monotonic() - started,
        )
    report.say("start", -2)
    for index, found in session.across().items():
        report.findings("also", index, found)
    report.say("end", peak_mb=_peak_mb())


def _peak_mb() -> int:
    """Return the most memory that this process held, in MiB; 0 where the system doesn't say."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM:")), 0)


def main() -> int:
    """Confine this process, then answer the requests on standard input, one a line."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    confined = False
    for line in sys.stdin:
        raw = json.loads(line)
        if not confined:
            confine(Limits(**raw.get("limits", {})))
            confined = True
        _run(read_request(raw), Reporter(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
