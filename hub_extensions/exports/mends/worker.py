"""The confined process that mends one file: reads an order on standard input, writes the new file, answers one line."""

import json
import os
import sys
from pathlib import Path

from hub_extensions.exports.checks.policy import policy_from_mapping
from hub_extensions.exports.checks.sandbox import Limits, confine
from hub_extensions.exports.mends.kinds import CannotMend, Mend
from hub_extensions.exports.mends.mending import mend_file


def main() -> int:
    """Confine this process, mend, and say what was done or why not."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.load(sys.stdin)
    confine(Limits(cpu_s=60, forks=True))  # τ-ARGUS's solver runs in a copy that can be stopped
    try:
        mended = mend_file(
            Path(order["path"]), str(order["name"]), Mend(order["mend"]), policy_from_mapping(order["policy"])
        )
    except CannotMend as refusal:
        json.dump({"refused": list(refusal.text)}, out)
    else:
        Path(order["out"]).write_bytes(mended.data)
        json.dump({"suffix": mended.suffix, "note": list(mended.note), "sidecar": mended.sidecar}, out)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
