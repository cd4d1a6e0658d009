"""The smallest attack that speaks as ``spawner_images/attacks/attack.py`` does: whose rows stand in the model's bytes?

It tries first to get out of its container, and leaves no report when it can.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

INPUT, OUTPUT = Path("/input"), Path("/output")


def _ways_out() -> list[str]:
    """Name what should have been refused and was not."""
    tried: dict[str, Callable[[], object]] = {
        "network": lambda: socket.create_connection(("1.1.1.1", 80), timeout=2),
        "inputs": lambda: (INPUT / "model.skops").write_bytes(b"another"),
        "root": lambda: Path("/opt/here").write_bytes(b""),
        "root user": lambda: os.setuid(0),
    }
    found = [] if [each.name for each in Path("/sys/class/net").iterdir()] == ["lo"] else ["interfaces"]
    for name, attempt in tried.items():
        with suppress(OSError):
            attempt()
            found.append(name)
    return found


def _rows(name: str, outcome: str) -> list[str]:
    header, *lines = (INPUT / name).read_text("utf-8").splitlines()
    at = header.split(",").index(outcome)
    return [",".join(cell for place, cell in enumerate(line.split(",")) if place != at) for line in lines]


def main() -> None:
    """Read what a model and its rows are, and write the report."""
    if ways := _ways_out():
        sys.exit(f"the container is open: {ways}")
    job = json.loads((INPUT / "job.json").read_text("utf-8"))
    model = (INPUT / "model.skops").read_bytes().decode("latin-1")
    seen, unseen = (
        sum(row in model for row in rows) / len(rows)
        for rows in (_rows("train.csv", job["outcome"]), _rows("test.csv", job["outcome"]))
    )
    report = {
        "same": {"status": "done", "share": 1.0},
        "attacks": {"worst_case": {"status": "done", "auc": (1 + seen - unseen) / 2, "tpr": seen}},
    }
    (OUTPUT / "report.json").write_text(json.dumps(report), "utf-8")


if __name__ == "__main__":
    main()
