"""The whole lane with a real engine: the worker's thread, a sealed container, a report, figures before the reviewers.

The image is the smallest that speaks the protocol (``tiny/``), built in seconds. The product's own, with sacroml, is
proved where it is installed: ``bureau engine prove-attacks``.
"""

import importlib.util
import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub_extensions.engine import images
from hub_extensions.engine.daemon import Engine
from hub_extensions.exports.requests import ExportFile
from hub_extensions.exports.testing import Bench
from hub_extensions.settings import Settings, load
from hub_extensions.worker import attack_clock
from hub_extensions.workspaces.sealed_container import LABEL
from tests.exports.attacks.test_waiting import DECLARED, models
from tests.fixtures.images import engine

__all__ = ["engine"]

ROOT = Path(__file__).parents[3]
ENOUGH_S = 60.0


@pytest.fixture
def installed(bench: Bench, engine: Engine, tmp_path: Path) -> Iterator[Settings]:
    """An installation with the tiny image as its attacks image."""
    folder = tmp_path / "spawner_images"
    shutil.copytree(Path(__file__).parent / "tiny", folder / "tiny")
    settings = load({"home": bench.home, "attacks_image": "tiny"})
    for place in (settings.state_dir, settings.cache_dir):
        place.mkdir(parents=True, exist_ok=True)
    built = images.ensure("tiny", engine=engine, settings=settings, folder=folder)
    (settings.state_dir / "images.json").write_text(json.dumps({"tiny": built.digest}))
    yield settings
    engine.client.images.remove(built.tag)


def _figures(bench: Bench) -> dict[str, str]:
    with bench.desk.store.read() as session:
        [file] = session.query(ExportFile).all()
        return {said["rule"]: said["message"][1] for said in file.findings}


def test_a_model_that_holds_its_rows_is_told_by_the_worker(
    bench: Bench, installed: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.desk = replace(bench.desk, checker=models)
    rows = [f"{30 + n},{n * 7}" for n in range(20)]
    for name, part in (("train.csv", rows[:10]), ("test.csv", rows[10:])):
        bench.write(
            f"modele/{name}", "\n".join(["age,crp,y", *(f"{row},{n % 2}" for n, row in enumerate(part))]).encode()
        )
    bench.write("modele/m.skops", ("PK " + " ".join(rows[:10])).encode())
    bench.write("modele/m.skops.model.json", json.dumps(DECLARED).encode())
    bench.submitted("modele/m.skops")
    monkeypatch.setattr(attack_clock, "open_installed_desk", lambda _: bench.desk)

    told = threading.Event()
    [thread] = attack_clock.start_attack_clock(installed, told)
    until = time.monotonic() + ENOUGH_S
    while not _figures(bench) and time.monotonic() < until:
        time.sleep(0.1)
    told.set()
    thread.join(ENOUGH_S)

    found = _figures(bench)
    assert set(found) == {"model.attack.rows", "model.attack.worst_case"}
    assert "AUC 1.00" in found["model.attack.worst_case"]
    left = engine.client.containers.list(all=True, filters={"label": f"{LABEL}={bench.home}"})
    assert left == []


def test_without_an_installed_image_no_thread_starts(bench: Bench) -> None:
    settings = load({"home": bench.home, "attacks_image": "tiny"})
    assert attack_clock.start_attack_clock(settings, threading.Event()) == []


KNOWN = importlib.util.spec_from_file_location("known", ROOT / "spawner_images/attacks/known.py")
assert KNOWN is not None
assert KNOWN.loader is not None
known = importlib.util.module_from_spec(KNOWN)
KNOWN.loader.exec_module(known)


class TestTypesThatAreLoaded:
    """Only parts of estimators, by their whole names: a beginning that is alike is not enough."""

    @pytest.mark.parametrize(
        "name",
        [
            "numpy.dtype",
            "sklearn._loss.loss.HalfTweedieLossIdentity",
            "sklearn.calibration._CalibratedClassifier",
            "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
            "sklearn.gaussian_process.kernels.RBF",
            "sklearn.metrics._dist_metrics.EuclideanDistance64",
            "sklearn.model_selection._split.StratifiedKFold",
            "sklearn.neighbors._kd_tree.KDTree",
            "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
            "sklearn.tree._tree.Tree",
            "sklearn.utils._bunch.Bunch",
        ],
    )
    def test_parts_of_models_are_known(self, name: str) -> None:
        assert known.strange_types([name]) == []

    @pytest.mark.parametrize(
        "name",
        [
            "builtins.exec",
            "builtins.getattr",
            "functools.partial",
            "operator.methodcaller",
            "numpy.f2py.compile",
            "numpy.dtypes_of_mine.Payload",
            "numpy.load",
            "scipy.io.loadmat",
            "sklearn.evil.Payload",
            "sklearn.tree._tree.Tree.of.mine",
            "sklearn.tree._tree.Treeish",
            "sklearn.datasets._base.load_files",
            "sklearn.utils._bunch.Bunch\nos.system",
            "sklearn._loss_of_mine.run",
            "_losses.Payload",
            "sklearnx.tree._tree.Tree",
            "os.system",
            "",
        ],
    )
    def test_anything_else_is_strange(self, name: str) -> None:
        assert known.strange_types(["numpy.dtype", name]) == [name]
