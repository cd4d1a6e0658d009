"""Mends from a trusted process: the file is opened by a confined worker, within a time limit, never here."""

import sys
import tempfile
from pathlib import Path

from hub_extensions.exports.checks.confined import NoAnswer, ask
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.runner import policy_on_the_wire
from hub_extensions.exports.mends.kinds import CannotMend, Mend, Mended
from project_spaces.text import Text

#: Seconds that one mend may take.
TIMEOUT_S = 60.0
COMMAND = (sys.executable, "-m", "hub_extensions.exports.mends.worker")
_TOO_LONG = Text(
    "La correction automatique n'a pas abouti à temps : votre fichier est inchangé.",
    "The automatic mend did not finish in time: your file is unchanged.",
)


def run_mend(path: Path, name: str, mend: Mend, policy: Policy) -> Mended:
    """Mend one file in a confined worker.

    Raises:
        CannotMend: the mend does not apply or is not enough, or the worker died or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="bv-mend-") as scratch:
        target = Path(scratch) / "mended"
        order = {
            "path": str(path),
            "name": name,
            "mend": mend.value,
            "policy": policy_on_the_wire(policy),
            "out": str(target),
        }
        try:
            said = ask(COMMAND, order, TIMEOUT_S, Path(scratch))
        except NoAnswer as error:
            raise CannotMend(_TOO_LONG) from error
        if "refused" in said:
            raise CannotMend(Text(*said["refused"]))
        return Mended(str(said["suffix"]), target.read_bytes(), Text(*said["note"]), said["sidecar"])
