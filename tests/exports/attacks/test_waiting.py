"""Models under review get their figures from the worker; what breaks on the way is seen and passes nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests.exceptions

from audit.events import Kind
from hub_extensions.exports.attacks.space import LARGEST_REPORT, AttackSpace
from hub_extensions.exports.attacks.waiting import attack_waiting
from hub_extensions.exports.checking import CheckOrder
from hub_extensions.exports.checks import FileVerdict, Verdict
from hub_extensions.exports.requests import ExportFile
from hub_extensions.exports.testing import Bench
from project_spaces.errors import Unavailable

REPORT = json.dumps(
    {
        "same": {"status": "done", "share": 1.0},
        "attacks": {"lira": {"status": "done", "auc": 0.98, "tpr": 0.4}},
    }
).encode()
DECLARED = {"training": "train.csv", "test": "test.csv", "outcome": "y"}


@dataclass
class FakeEngine:
    """Stands for the engine: what a container finds is kept, what it would write is written."""

    write: Callable[[Path], object] = lambda output: (output / "report.json").write_bytes(REPORT)
    status: int = 0
    raises: Exception | None = None
    seen: dict[str, bytes] = field(default_factory=dict)
    host: dict[str, Any] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    runs: int = 0

    def create_host_config(self, **arguments: Any) -> Any:
        self.host = arguments
        return arguments

    def create_container(self, **arguments: Any) -> Mapping[str, Any]:
        self.left.add("c1")
        assert arguments["network_disabled"]
        return {"Id": "c1"}

    def start(self, container: str) -> None:
        self.runs += 1
        binds = {bind["bind"]: Path(source) for source, bind in self.host["binds"].items()}
        self.seen = {file.name: file.read_bytes() for file in binds["/input"].iterdir()}
        assert not list(binds["/output"].iterdir()), "a folder of its own, empty"
        self.write(binds["/output"])

    def wait(self, container: str, timeout: int) -> Mapping[str, Any]:
        if self.raises:
            raise self.raises
        return {"StatusCode": self.status}

    def remove_container(self, container: str, **arguments: Any) -> None:
        if container not in self.left:
            raise docker.errors.NotFound(container)
        self.left.discard(container)


def models(order: CheckOrder) -> Sequence[FileVerdict]:
    """Judge every file a model, to be looked at."""
    return [FileVerdict(file, Verdict.FLAG, "skops", None, ()) for file in order.files]


@dataclass
class Lane:
    """A desk with one model under review and the space where it is attacked."""

    bench: Bench
    engine: FakeEngine
    request: str

    def attack(self) -> list[str]:
        space = AttackSpace(self.engine, "sha256:0", 61001, "tests")
        return list(attack_waiting(self.bench.desk, space, now=self.bench.now))

    def findings(self) -> dict[str, str]:
        """The rules that the model's row holds, with how serious they are."""
        with self.bench.desk.store.read() as session:
            [file] = session.query(ExportFile).all()
            return {said["rule"]: said["severity"] for said in file.findings}


@pytest.fixture
def lane(bench: Bench) -> Lane:
    bench.desk = replace(bench.desk, checker=models)
    for name in ("train.csv", "test.csv"):
        bench.write(f"modele/{name}", f"x,y\n1,0\n{len(name)},1\n".encode())
    bench.write("modele/m.skops", b"PK")
    bench.write("modele/m.skops.model.json", json.dumps(DECLARED).encode())
    return Lane(bench, FakeEngine(), bench.submitted("modele/m.skops"))


class TestFigures:
    def test_are_laid_beside_the_model_once_with_their_record(self, lane: Lane):
        [request] = lane.attack()
        assert lane.findings() == {"model.attack.rows": "info", "model.attack.lira": "flag"}
        assert set(lane.engine.seen) == {"model.skops", "train.csv", "test.csv", "job.json"}
        assert lane.engine.seen["model.skops"] == b"PK"
        told = [event for event in lane.bench.ledger.events if event.kind is Kind.EXPORT_CHECKED]  # type: ignore[attr-defined]
        assert told[-1].subject["request"] == request
        assert lane.attack() == []
        assert lane.engine.runs == 1

    def test_leave_no_row_and_no_container_behind(self, lane: Lane):
        lane.attack()
        assert not lane.engine.left
        assert not list(lane.bench.desk.vault.scratch.glob("attack-*"))

    def test_a_vote_given_before_stays(self, lane: Lane):
        request = lane.request
        lane.bench.vote(request, "ada")
        lane.attack()
        lane.bench.vote(request, "bea")
        assert lane.bench.state(request).value in {"released", "approved"}


class TestWhatBreaks:
    """Never a figure, never silence."""

    @pytest.mark.parametrize(
        "engine",
        [
            FakeEngine(status=137),
            FakeEngine(write=lambda _: None),
            FakeEngine(write=lambda output: (output / "report.json").write_bytes(b"{}")),
            FakeEngine(write=lambda output: (output / "report.json").write_bytes(b" " * (LARGEST_REPORT + 1))),
            FakeEngine(write=lambda output: (output / "report.json").symlink_to("/etc/hostname")),
            FakeEngine(write=lambda output: (output / "report.json").mkdir()),
            FakeEngine(raises=requests.exceptions.ReadTimeout()),
        ],
        ids=["killed", "no report", "another report", "outsized", "a link", "a folder", "too long"],
    )
    def test_is_said_to_the_reviewers(self, lane: Lane, engine: FakeEngine):
        lane.engine = engine
        lane.attack()
        assert lane.findings() == {"model.attack.failed": "flag"}
        assert not engine.left

    def test_an_engine_that_is_away_leaves_the_model_waiting(self, lane: Lane):
        lane.engine.raises = docker.errors.APIError("away")
        with pytest.raises(Unavailable):
            lane.attack()
        assert lane.findings() == {}
        lane.engine.raises = None
        assert len(lane.attack()) == 1

    def test_a_model_without_declared_rows_is_told_to_be_one(self, lane: Lane):
        (lane.bench.project_dir / "modele/m.skops.model.json").unlink()
        lane.attack()
        assert lane.findings() == {"model.attack.none": "flag"}
        assert lane.engine.runs == 0

    @pytest.mark.parametrize(
        "raw",
        [
            b"[]",
            b"{" * 9000,
            json.dumps({**DECLARED, "outcome": 3}).encode(),
            json.dumps({**DECLARED, "training": "../../../etc/passwd"}).encode(),
            json.dumps({**DECLARED, "test": "/etc/passwd"}).encode(),
            json.dumps({**DECLARED, "test": "lien.csv"}).encode(),
            b" " * (1 << 17),
        ],
        ids=["no object", "nested", "a number", "up", "absolute", "a link", "outsized"],
    )
    def test_a_hostile_declaration_reaches_no_container(self, lane: Lane, raw: bytes):
        lane.bench.write("modele/m.skops.model.json", raw)
        (lane.bench.project_dir / "modele/lien.csv").symlink_to("/etc/passwd")
        lane.attack()
        assert lane.findings() == {"model.attack.failed": "flag"}
        assert lane.engine.runs == 0
