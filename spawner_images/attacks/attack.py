"""Attacks one model with the rows it was trained on and rows it never saw; the cheapest attack first, each in a process
of its own with its own empty folder and its own time.

sacroml's LiRA takes shadow models that it finds in its folder for the next model's: no folder is used twice. What
crashes or takes too long is written down as that.
"""

import json
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path += ["/opt/attacks", "/opt/attacks/absent"]

import pandas as pd
import skops.io
from known import strange_types
from sacroml.attacks.attribute_attack import AttributeAttack
from sacroml.attacks.likelihood_attack import LIRAAttack
from sacroml.attacks.qmia_attack import QMIAAttack
from sacroml.attacks.structural_attack import StructuralAttack
from sacroml.attacks.target import Target
from sacroml.attacks.worst_case_attack import WorstCaseAttack
from sklearn.base import clone

INPUT, OUTPUT = Path("/input"), Path("/output")
#: Columns of which attribute inference is tried; more take longer than a submission waits.
MOST_GUESSED = 6
#: Rows of each side with which it is tried: each costs a hundred answers of the model for each column.
MOST_TRIED = 50
REFIT_S = 20


def _attacks(seconds: dict[str, int]) -> dict[str, Callable[[str], object]]:
    made: dict[str, Callable[[str], object]] = {
        "structural": lambda folder: StructuralAttack(output_dir=folder, write_report=False),
        "qmia": lambda folder: QMIAAttack(output_dir=folder, write_report=False),
        "worst_case": lambda folder: WorstCaseAttack(output_dir=folder, write_report=False, n_reps=5, n_dummy_reps=0),
        "attribute": lambda folder: AttributeAttack(output_dir=folder, write_report=False, n_cpu=1),
        "lira": lambda folder: LIRAAttack(output_dir=folder, write_report=False, n_shadow_models=20),
    }
    return {name: make for name, make in made.items() if seconds.get(name)}


def _numbers(name: str, said: dict) -> dict[str, object]:
    """Return the few figures of a report that a reviewer judges by."""
    instances = said["attack_experiment_logger"]["attack_instance_logger"]
    if name == "structural":
        facts = instances["instance_0"]
        return {"risks": sorted(key for key, value in facts.items() if key.endswith("_risk") and str(value) == "True")}
    if name == "attribute":
        facts = instances["instance_0"]
        found = {str(each.get("name")): each for each in facts.get("quantitative", [])}
        worst = max(((_share(each.get("train")) - _share(each.get("test"))) for each in found.values()), default=0.0)
        return {"advantage": worst}
    aucs = [float(each["AUC"]) for each in instances.values()]
    tprs = [float(each["TPR@0.1%"]) for each in instances.values() if "TPR@0.1%" in each]
    return {"auc": sum(aucs) / len(aucs), "tpr": sum(tprs) / len(tprs) if tprs else None}


def _share(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _apart(work: Callable[[], object], seconds: float) -> dict[str, object]:
    """Do *work* in a process of its own; say what it gave, or that it broke or took too long."""
    mine, other = multiprocessing.Pipe(duplex=False)

    def run() -> None:
        os.setsid()
        try:
            other.send({"status": "done", **work()})
        except Exception as error:  # noqa: BLE001 - a model and a library raise anything
            other.send({"status": "failed", "why": type(error).__name__})

    started = time.monotonic()
    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    other.close()
    try:
        said = mine.recv() if mine.poll(seconds) else {"status": "too_long"}
    except EOFError:
        said = {"status": "failed", "why": "Killed"}
    with suppress(ProcessLookupError, PermissionError):  # with the processes that it started
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    return {**said, "seconds": round(time.monotonic() - started, 1)}


def _same(target: Target) -> dict[str, object]:
    """Say for which share of all rows a model fitted anew on the declared rows answers as the submitted one does."""
    again = clone(target.model.model).fit(target.X_train, target.y_train)
    hits = sum(
        int((again.predict(rows) == target.model.model.predict(rows)).sum()) for rows in (target.X_train, target.X_test)
    )
    return {"share": hits / (len(target.X_train) + len(target.X_test))}


def _run(make: Callable[[str], object], name: str, target: Target) -> dict[str, object]:
    if name == "attribute":  # in this process alone, so that the others attack with every row
        for side in ("train", "test"):
            for part in (f"X_{side}", f"y_{side}", f"X_{side}_orig", f"y_{side}_orig"):
                setattr(target, part, getattr(target, part)[:MOST_TRIED])
    with tempfile.TemporaryDirectory() as folder:
        said = make(folder).attack(target)
    if not said:
        return {"status": "not_applicable"}
    return _numbers(name, said)


def _read(name: str, outcome: str) -> tuple[object, object]:
    table = pd.read_csv(INPUT / name)
    return table.drop(columns=[outcome]).to_numpy(dtype=float), table[outcome].to_numpy()


def main() -> None:
    """Read the model and the rows, attack, write the report."""
    job = json.loads((INPUT / "job.json").read_text("utf-8"))
    asked = skops.io.get_untrusted_types(file=INPUT / "model.skops")
    strange = strange_types(asked)
    if strange:
        sys.exit(f"types of no known library: {strange[0]}")
    model = skops.io.load(INPUT / "model.skops", trusted=asked)
    (seen, answers), (unseen, others) = _read("train.csv", job["outcome"]), _read("test.csv", job["outcome"])
    target = Target(model=model, dataset_name="declared", X_train=seen, y_train=answers, X_test=unseen, y_test=others)
    target.X_train_orig, target.y_train_orig, target.X_test_orig, target.y_test_orig = seen, answers, unseen, others
    for index in range(min(seen.shape[1], MOST_GUESSED)):
        target.add_feature(f"x{index}", [index], "float")
    report: dict[str, object] = {"train": len(seen), "test": len(unseen)}
    report["same"] = _apart(lambda: _same(target), REFIT_S)
    report["attacks"] = {
        name: _apart(lambda make=make, name=name: _run(make, name, target), job["seconds"][name])
        for name, make in _attacks(job["seconds"]).items()
    }
    (OUTPUT / "report.json").write_text(json.dumps(report), "utf-8")


if __name__ == "__main__":
    main()
