"""The confined process that reads what is to be shown: ``python -m hub_extensions.exports.previews.worker``."""

import json
import os
import sys
from pathlib import Path

from hub_extensions.exports.checks.sandbox import Limits, confine
from hub_extensions.exports.previews.drawing import drawn

LIMITS = Limits(memory_mb=4096, cpu_s=30, file_mb=16)


def main() -> int:
    """Confine this process, then say what is in the file that is named on standard input."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.load(sys.stdin)
    confine(LIMITS)
    json.dump(drawn(Path(order["path"]), str(order["name"]), str(order["language"])), out)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
