"""The container of a linkage: sealed, gone at the end, and believed in nothing that was not planned."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests.exceptions

from hub_extensions.engine import images
from hub_extensions.linkage.circuit import Delivery, Limits, PartitionedSpace, container_of, run_linkage
from hub_extensions.workspaces.sealed_container import LABEL
from project_spaces.errors import Conflict, Invalid, Unavailable
from project_spaces.linkage.tables import LinkagePlan, pseudonym
from project_spaces.manifests import Manifest

KEY = bytes(range(32))
HOME = "tests-linkage"

Run = Callable[..., Delivery]


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.APIClient]:
    """The real engine."""
    client = docker.APIClient(version="auto")
    yield client
    client.close()


@pytest.fixture
def inputs(demo_folder: Path, demo_manifests: Mapping[str, Manifest]) -> dict[str, Path]:
    """Where each prepared data set lies."""
    return {slug: demo_folder / slug for slug in demo_manifests}


@pytest.fixture
def space(engine: docker.APIClient, tmp_path: Path) -> PartitionedSpace:
    """The partitioned space of this machine, from the image that the product builds."""
    image = (images.find("linkage") or images.ensure("linkage")).digest
    return PartitionedSpace(engine, image, tmp_path / "scratch", 61000, HOME, Limits(memory_mb=2048, timeout_s=120))


class TestRealContainer:
    """Through the engine, on the shipped data."""

    def test_delivers_the_1001_persons_and_leaves_nothing_behind(
        self, space: PartitionedSpace, snds_plan: LinkagePlan, inputs: dict[str, Path], tmp_path: Path
    ):
        target = tmp_path / "delivered"
        delivery = run_linkage(space, snds_plan, name="first", inputs=inputs, key=KEY, target=target)
        assert (delivery.quality.persons, delivery.quality.pairs) == (1_001, 100_338)
        assert {table.name: table.rows for table in delivery.tables} == {
            "ER_PRS_F": 10_000,
            "T_MCOaaC": 10_000,
            "persons_linked": 1_001,
        }
        someone = pq.read_table(inputs["snds-dcir"] / "ER_PRS_F.parquet")["BEN_NIR_PSA"][0].as_py()
        assert pseudonym(KEY, someone) in pq.read_table(target / "ER_PRS_F.parquet")["ID_PROJET"].to_pylist()
        assert not space.engine.containers(all=True, filters={"label": f"{LABEL}={HOME}"})
        assert [entry.name for entry in space.scratch.iterdir()] == ["first.lock"]
        assert not list(target.glob("*.key"))

    def test_a_container_that_a_killed_run_left_does_not_stop_the_next(
        self, space: PartitionedSpace, snds_plan: LinkagePlan, inputs: dict[str, Path], tmp_path: Path
    ):
        space.engine.create_container(name="bureau-linkage-killed", image=space.image, labels={LABEL: HOME})
        target = tmp_path / "delivered"
        assert run_linkage(space, snds_plan, name="killed", inputs=inputs, key=KEY, target=target).quality.persons
        assert not space.engine.containers(all=True, filters={"label": f"{LABEL}={HOME}"})

    def test_a_failing_program_delivers_nothing_and_quotes_no_value(
        self, space: PartitionedSpace, snds_plan: LinkagePlan, tmp_path: Path
    ):
        inputs = {slug: tmp_path / slug for slug in ("snds-dcir", "snds-pmsi-mco")}
        for table in (snds_plan.left, snds_plan.right):
            inputs[table.dataset].mkdir()
            (inputs[table.dataset] / table.path).write_bytes(b"NIR 1 84 12 76 451 089 46")
        with pytest.raises(Invalid) as failure:
            run_linkage(space, snds_plan, name="broken", inputs=inputs, key=KEY, target=tmp_path / "no")
        assert "184" not in failure.value.text.fr.replace(" ", "")
        assert not (tmp_path / "no").exists()
        assert not space.engine.containers(all=True, filters={"label": f"{LABEL}={HOME}"})

    def test_code_inside_gets_no_network_no_other_file_and_changes_no_input(
        self, space: PartitionedSpace, snds_plan: LinkagePlan, inputs: dict[str, Path], tmp_path: Path
    ):
        attack = """
import json, os, pathlib, socket
def tried(act):
    try: act()
    except OSError as error: return type(error).__name__
    return "done"
mounts = [line.split() for line in open("/proc/mounts")]
print(json.dumps({
    "network": tried(lambda: socket.create_connection(("1.1.1.1", 53), 2)),
    "interfaces": sorted(os.listdir("/sys/class/net")),
    "input": tried(lambda: open("/input/left/ER_PRS_F.parquet", "ab")),
    "writable mounts": [m[1] for m in mounts if m[1].startswith(("/input", "/output")) and "ro" not in m[3].split(",")],
    "other table": tried(lambda: open("/input/left/IR_BEN_R.parquet")),
    "root": tried(lambda: open("/opt/linkage/join.py", "ab")),
    "engine": tried(lambda: open("/var/run/docker.sock")),
    "key": oct(os.stat("/input/project.key").st_mode & 0o777),
    "capabilities": [l.split()[1] for l in open("/proc/self/status") if l.startswith(("CapEff", "NoNewPrivs"))],
    "secrets": [n for n in os.environ if any(w in n for w in ("TOKEN", "KEY", "PASSWORD", "SECRET"))],
}))
"""
        folder = tmp_path / "run"
        (folder / "output").mkdir(parents=True)
        (folder / "job.json").touch()
        (folder / "project.key").touch(mode=0o400)
        os.chown(folder / "project.key", space.uid, space.uid)
        sealed = replace(container_of(space, snds_plan, "attack", folder, inputs), command=["python", "-c", attack])
        host = space.engine.create_host_config(**sealed.host_arguments())
        container = space.engine.create_container(**sealed.create_arguments(host))["Id"]
        try:
            space.engine.start(container)
            assert space.engine.wait(container, timeout=60)["StatusCode"] == 0
            found: dict[str, Any] = json.loads(space.engine.logs(container))
        finally:
            space.engine.remove_container(container, force=True)
        assert found == {
            "network": "OSError",
            "interfaces": ["lo"],
            "input": "PermissionError",
            "writable mounts": ["/output"],
            "other table": "FileNotFoundError",
            "root": "PermissionError",
            "engine": "FileNotFoundError",
            "key": "0o400",
            "capabilities": ["0000000000000000", "1"],
            "secrets": [],
        }


class FakeEngine:
    """Plays the engine; *program* is what runs inside, given the folder it may write in."""

    def __init__(self, program: Callable[[Path], None]) -> None:
        self.program = program
        self.binds: dict[str, Any] = {}
        self.removed = 0

    def create_host_config(self, **arguments: Any) -> dict[str, Any]:
        return arguments

    def create_container(self, **arguments: Any) -> dict[str, str]:
        self.binds = arguments["host_config"]["binds"]
        return {"Id": "fake"}

    def start(self, container: str) -> None:
        self.program(next(Path(source) for source, bind in self.binds.items() if bind["bind"] == "/output"))

    def wait(self, container: str, timeout: int) -> dict[str, int]:
        return {"StatusCode": 0}

    def logs(self, container: str, tail: int) -> bytes:
        return b""

    def remove_container(self, container: str, **arguments: Any) -> None:
        if container != "fake":
            raise docker.errors.NotFound(container)
        self.removed += 1


def faithful(plan: LinkagePlan, output: Path) -> None:
    """Write what was planned, empty."""
    for table, columns in plan.expected_columns().items():
        pq.write_table(pa.table({name: pa.array([], pa.string()) for name in columns}), output / f"{table}.parquet")
    side = dict.fromkeys(("records", "records_with_key", "persons", "linked_records", "linked_persons"), 0)
    report = {"pairs": 0, "persons": 0, "left": side, "right": side, "levels": [], "truth": None}
    (output / "quality.json").write_text(json.dumps(report))


class TestUntrustedOutput:
    """What the program wrote is checked as if an attacker had written it."""

    @pytest.fixture
    def run(self, snds_plan: LinkagePlan, inputs: dict[str, Path], tmp_path: Path) -> Run:
        def with_program(program: Callable[[Path], None]) -> Delivery:
            engine = FakeEngine(program)
            space = PartitionedSpace(engine, "sha256:0", tmp_path / "scratch", 61000, HOME)
            try:
                return run_linkage(space, snds_plan, name="fake", inputs=inputs, key=KEY, target=tmp_path / "delivered")
            finally:
                assert engine.removed == 1
                assert [entry.name for entry in (tmp_path / "scratch").iterdir()] == ["fake.lock"]

        return with_program

    def test_what_was_planned_is_delivered(self, run: Run, snds_plan: LinkagePlan, tmp_path: Path):
        assert len(run(lambda output: faithful(snds_plan, output)).tables) == 3
        assert (tmp_path / "delivered/ER_PRS_F.parquet").stat().st_mode & 0o777 == 0o444

    @pytest.mark.parametrize(
        "kind", ["extra file", "missing file", "symlink", "fifo", "extra column", "no parquet", "report"]
    )
    def test_anything_else_delivers_nothing(self, run: Run, snds_plan: LinkagePlan, tmp_path: Path, kind: str):
        (tmp_path / "secret").write_text("a file of the host")

        def program(output: Path) -> None:
            faithful(snds_plan, output)
            table = output / "ER_PRS_F.parquet"
            if kind == "extra file":
                (output / "identities.csv").touch()
                return
            if kind == "report":
                (output / "quality.json").write_text('{"persons": 1}')
                return
            table.unlink()
            if kind == "symlink":
                table.symlink_to(tmp_path / "secret")
            elif kind == "fifo":
                os.mkfifo(table)
            elif kind == "extra column":
                pq.write_table(pa.table({"ID_PROJET": ["a"], "BEN_NIR_PSA": ["b"]}), table)
            elif kind == "no parquet":
                table.write_bytes(b"PAR1")

        with pytest.raises(Invalid):
            run(program)
        assert not (tmp_path / "delivered").exists()

    def test_a_run_without_end_is_stopped(self, run: Run, tmp_path: Path):
        def never(output: Path) -> None:
            raise requests.exceptions.ReadTimeout

        with pytest.raises(Unavailable, match="nothing was delivered"):
            run(never)

    def test_a_missing_image_is_one_sentence(
        self, snds_plan: LinkagePlan, inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        engine = FakeEngine(lambda _: None)

        def missing(**arguments: Any) -> dict[str, str]:
            raise docker.errors.ImageNotFound("no such image")

        monkeypatch.setattr(engine, "create_container", missing)
        space = PartitionedSpace(engine, "sha256:0", tmp_path / "scratch", 61000, HOME)
        with pytest.raises(Unavailable, match="image of the linkage space is missing"):
            run_linkage(space, snds_plan, name="fake", inputs=inputs, key=KEY, target=tmp_path / "delivered")

    def test_two_runs_of_one_name_at_a_time_are_refused(
        self, run: Run, snds_plan: LinkagePlan, inputs: dict[str, Path], tmp_path: Path
    ):
        def meanwhile(output: Path) -> None:
            space = PartitionedSpace(FakeEngine(lambda _: None), "sha256:0", tmp_path / "scratch", 61000, HOME)
            with pytest.raises(Conflict):
                run_linkage(space, snds_plan, name="fake", inputs=inputs, key=KEY, target=tmp_path / "second")
            faithful(snds_plan, output)

        assert len(run(meanwhile).tables) == 3

    def test_what_a_killed_run_left_is_deleted_with_its_key(self, run: Run, snds_plan: LinkagePlan, tmp_path: Path):
        left = tmp_path / "scratch/fake"
        left.mkdir(parents=True)
        (left / "project.key").write_bytes(b"old")

        def program(output: Path) -> None:
            assert (output.parent / "project.key").read_bytes() == KEY
            faithful(snds_plan, output)

        assert len(run(program).tables) == 3
