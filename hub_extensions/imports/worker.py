"""The confined process that opens quarantined files: ``python -m hub_extensions.imports.worker``.

Two orders: ``look`` says what is in the files, ``prepare`` writes a data set's version from accepted ones. Both give up
memory, time, new programs and the network first (``checks.sandbox``).
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.sandbox import Limits, confine
from hub_extensions.exports.checks.worker import not_checked
from hub_extensions.imports.contents import Expected, Looked, look
from hub_extensions.imports.versions import prepare_version

LIMITS = Limits(memory_mb=8192, cpu_s=900, file_mb=8192)


def looked(order: dict[str, Any]) -> dict[str, Any]:
    """Look into every file."""
    expected = Expected(order["schemas"], {name: tuple(columns) for name, columns in order["asked"].items()})
    answers = []
    for path, name, schema in order["files"]:
        try:
            seen = look(Path(path), str(name), expected, None if schema is None else Path(schema))
        except Exception as error:  # noqa: BLE001 - a hostile file raises anything; it must not stop the others
            seen = Looked("unknown", (not_checked(str(name), type(error).__name__, type(error).__name__),))
        answers.append({"type": seen.type, "findings": [each.to_wire() for each in seen.findings]})
    return {"files": answers}


def main() -> int:
    """Confine this process, then do what is asked on standard input."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.load(sys.stdin)
    confine(LIMITS)
    answer = looked(order) if order["act"] == "look" else prepare_version(order)
    json.dump(answer, out)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
