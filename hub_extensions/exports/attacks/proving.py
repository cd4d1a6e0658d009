"""Proves an installed attacks image: an invented model that learnt its rows by heart must be found to have done so.

Two containers, sealed as for a submitted model: one makes the model and its rows, the other attacks it.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub_extensions.exports.attacks.figures import ALIKE, findings_of
from hub_extensions.exports.attacks.space import AttackSpace, attack, run_sealed
from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.policy import Policy

#: Makes the model in the image.
EXAMPLE = ("python", "-I", "/opt/attacks/example.py")
MADE = ("model.skops", "train.csv", "test.csv")
#: The attacks that must tell who was trained on.
EXPECTED = ("worst_case", "qmia")


@dataclass(frozen=True)
class Proof:
    """What reviewers would be told of the example, and whether the attacks found what there was to find."""

    findings: list[Finding]
    found: bool


def prove(space: AttackSpace, folder: Path) -> Proof:
    """Make a model in *folder*, attack it, and return what is found.

    Raises
    ------
    Unavailable, Invalid
        the engine or the image failed, or one of the programs in it.
    """
    making, attacking = folder / "making", folder / "attacking"
    for place in (making, attacking):
        (place / "input").mkdir(parents=True)
        (place / "input").chmod(0o755)
    run_sealed(replace(space, command=EXAMPLE), "example", making)
    for name in MADE:
        shutil.copyfile(making / "output" / name, attacking / "input" / name)
    job = {"outcome": "outcome", "seconds": dict(space.seconds)}
    (attacking / "input" / "job.json").write_text(json.dumps(job), "utf-8")
    for file in (attacking / "input").iterdir():
        file.chmod(0o644)
    report = attack(space, "proof", attacking)
    return Proof(findings_of(report, "model.skops", Policy()), _is_found(json.loads(report), Policy().membership_auc))


def _is_found(report: Mapping[str, Any], threshold: float) -> bool:
    """Whether the rows were believed to be the model's, and each expected attack was made and succeeded."""
    attacks = [report["attacks"].get(name, {}) for name in EXPECTED]
    succeeded = all(said.get("status") == "done" and said["auc"] > threshold for said in attacks)
    return succeeded and report["same"].get("status") == "done" and report["same"]["share"] >= ALIKE
