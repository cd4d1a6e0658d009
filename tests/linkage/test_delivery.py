"""From the file of a linkage to a version to mount: recorded first, registered last, bound to one project."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from hub_extensions.linkage.circuit import PartitionedSpace
from hub_extensions.linkage.delivery import Linkages, deliver
from project_spaces.datasets import get_dataset, register_manifest, versions, withdraw_dataset
from project_spaces.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from project_spaces.facts import Classification
from project_spaces.manifests import Manifest, read_verified
from project_spaces.people import Person, create_person
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.requests.records import AccessRequest, RequestState
from project_spaces.store import Store
from project_spaces.text import Text

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
INSTALLATION = "system:tests"


@dataclass
class InProcess:
    """Plays the engine: runs the real program in this process, on the files that the container would get."""

    program: ModuleType
    before: Callable[[], None] = lambda: None
    runs: int = 0

    def create_host_config(self, **arguments: Any) -> dict[str, Any]:
        return arguments

    def create_container(self, **arguments: Any) -> dict[str, str]:
        self.files = {bind["bind"]: Path(source) for source, bind in arguments["host_config"]["binds"].items()}
        return {"Id": "fake"}

    def start(self, container: str) -> None:
        self.before()
        self.runs += 1
        job = json.loads(self.files["/input/job.json"].read_text())
        inputs = {
            side: self.files[f"/input/{side}/{job[side]['path']}"] for side in ("left", "right", "truth") if job[side]
        }
        self.program.run(job, inputs, self.files["/input/project.key"].read_bytes(), self.files["/output"])

    def wait(self, container: str, timeout: int) -> dict[str, int]:
        return {"StatusCode": 0}

    def logs(self, container: str, tail: int) -> bytes:
        return b""

    def remove_container(self, container: str, **arguments: Any) -> None: ...


@dataclass
class House:
    """An installation with the demonstration's data sets and two projects."""

    linkages: Linkages
    ledger: MemoryLedger
    engine: InProcess

    def run(self, text: str, actor: str = INSTALLATION) -> Any:
        return deliver(self.linkages, text, actor=actor, clock=lambda: NOW)

    def phases(self) -> list[object]:
        return [event.subject["phase"] for event in self.ledger.events if event.kind is Kind.LINKAGE_RUN]


INPUTS = ("snds-dcir", "snds-pmsi-mco", "febrl4-a", "febrl4-b")


@pytest.fixture(scope="module")
def database(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, demo_manifests: Mapping[str, Manifest]
) -> Path:
    """A database with two projects and the inputs registered, made once; every test works on a copy."""
    file = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("database") / "bureau.sqlite"))
    store = Store(f"sqlite:///{file}", MemoryLedger())
    for slug in ("readmissions", "registre"):
        create_project(
            store,
            slug=slug,
            title=slug,
            purpose="essai",
            starts_at=NOW,
            ends_at=NOW.replace(year=2027),
            quota=Quota(1.0, 1024, 128, 1, 0),
            actor=INSTALLATION,
            now=NOW,
        )
    for slug in INPUTS:
        register_manifest(store, demo_manifests[slug], actor=INSTALLATION, now=NOW)
    store.close()
    return file


@pytest.fixture
def house(tmp_path: Path, join: ModuleType, demo_folder: Path, database: Path) -> Iterator[House]:
    ledger, engine = MemoryLedger(), InProcess(join)
    store = Store(f"sqlite:///{shutil.copy(database, tmp_path)}", ledger)

    def folder_of(dataset: str, version: str) -> Path:
        return demo_folder / dataset if dataset in INPUTS else tmp_path / "datasets" / dataset / version

    space = PartitionedSpace(engine, "sha256:0", tmp_path / "scratch", 61000, "tests")
    yield House(Linkages(store, space, folder_of, tmp_path / "keys"), ledger, engine)
    store.close()


def test_the_result_is_a_registered_version_of_1001_persons(house: House, snds_spec: str):
    outcome = house.run(snds_spec)
    assert (outcome.dataset, outcome.version, outcome.delivered) == ("snds-apparie", "1", True)
    assert outcome.quality.persons == 1_001
    with house.linkages.store.read() as session:
        dataset = get_dataset(session, "snds-apparie")
        assert (dataset.classification, dataset.person_column) == (Classification.PSEUDONYMISED, "ID_PROJET")
        registered = versions(session, "snds-apparie")[0]
    manifest = read_verified(
        house.linkages.folder_of("snds-apparie", "1"), registered.manifest_sha256, ["ER_PRS_F", "T_MCOaaC"]
    )
    assert not any(table.linkable or table.identifying for table in manifest.tables)
    assert "snds-dcir 1 × snds-pmsi-mco 1" in manifest.source


def test_the_wish_is_recorded_with_its_text_before_the_container_starts(house: House, snds_spec: str):
    recorded: list[list[object]] = []
    house.engine.before = lambda: recorded.append(house.phases())
    house.run(snds_spec)
    assert recorded == [["started"]]
    assert house.phases() == ["started", "delivered"]
    started = next(event for event in house.ledger.events if event.kind is Kind.LINKAGE_RUN)
    assert (started.project, started.content) == ("readmissions", snds_spec.encode())


def test_without_ledger_nothing_runs(house: House, snds_spec: str):
    house.ledger.stop()
    with pytest.raises(Unavailable):
        house.run(snds_spec)
    assert house.engine.runs == 0


def test_the_second_run_is_the_next_version_with_the_same_pseudonyms(house: House, snds_spec: str):
    assert [house.run(snds_spec).version for _ in range(2)] == ["1", "2"]
    first, second = (
        pq.read_table(house.linkages.folder_of("snds-apparie", version) / "persons_linked.parquet") for version in "12"
    )
    assert first.equals(second)


def test_another_project_gets_other_pseudonyms_and_never_this_data_set(house: House, snds_spec: str):
    house.run(snds_spec)
    elsewhere = snds_spec.replace("project: readmissions", "project: registre")
    with pytest.raises(Conflict, match="not the result of this linkage"):
        house.run(elsewhere)
    house.run(elsewhere.replace("snds-apparie", "registre-lie"))
    mine, theirs = (
        set(pq.read_table(house.linkages.folder_of(slug, "1") / "persons_linked.parquet")["ID_PROJET"].to_pylist())
        for slug in ("snds-apparie", "registre-lie")
    )
    assert len(mine) == len(theirs) == 1_001
    assert not mine & theirs


def test_a_delivered_set_is_no_input_of_another_linkage(house: House, snds_spec: str):
    house.run(snds_spec)
    again = snds_spec.replace("snds-apparie", "bis").replace("dataset: snds-dcir", "dataset: snds-apparie")
    with pytest.raises(Refused, match="can't be linked any more"):
        house.run(again.replace("BEN_NIR_PSA", "ID_PROJET"))


def test_an_indirect_linkage_below_its_share_delivers_nothing_and_says_so(house: House, febrl_spec: str):
    outcome = house.run(febrl_spec.replace("at_least: 4", "at_least: 8"))
    assert (outcome.delivered, outcome.quality.persons) == (False, 390)
    assert house.phases() == ["started", "not good enough"]
    with house.linkages.store.read() as session, pytest.raises(NotFound):
        get_dataset(session, "registre-apparie")
    assert not house.linkages.folder_of("registre-apparie", "1").exists()


def test_a_changed_input_is_refused_before_anything_runs(house: House, snds_spec: str, tmp_path: Path):
    changed = shutil.copytree(house.linkages.folder_of("snds-dcir", "1"), tmp_path / "changed")
    (changed / "ER_PRS_F.parquet").unlink()
    (changed / "ER_PRS_F.parquet").write_bytes(b"PAR1")
    intact = house.linkages.folder_of
    house.linkages = replace(
        house.linkages, folder_of=lambda slug, version: changed if slug == "snds-dcir" else intact(slug, version)
    )
    with pytest.raises(Invalid, match=r"ER_PRS_F\.parquet"):
        house.run(snds_spec)
    assert house.engine.runs == 0


def test_a_withdrawn_input_is_refused(house: House, snds_spec: str):
    withdraw_dataset(house.linkages.store, "snds-dcir", actor=INSTALLATION, now=NOW, reason="essai")
    with pytest.raises(Refused, match="withdrawn"):
        house.run(snds_spec)


@pytest.mark.parametrize(
    ("old", "new"),
    [("project: readmissions", "project: nowhere"), ("dataset: snds-dcir", 'dataset: snds-dcir\n  version: "7"')],
)
def test_an_unknown_project_or_version_is_named(house: House, snds_spec: str, old: str, new: str):
    with pytest.raises(NotFound, match=r"nowhere|version 7"):
        house.run(snds_spec.replace(old, new))


def test_who_holds_no_role_may_not_link(house: House, snds_spec: str):
    create_person(
        house.linkages.store,
        username="ana",
        display_name="Ana",
        email="ana@example.org",
        actor=INSTALLATION,
        now=NOW,
    )
    with pytest.raises(Refused):
        house.run(snds_spec, actor="ana")
    assert house.engine.runs == 0


def test_what_the_accepted_request_does_not_ask_for_is_refused_and_recorded(house: House, snds_spec: str):
    """Attack: a linkage for a project whose request asks for none."""
    asked = {"slug": "readmissions", "linkage": None}
    with house.linkages.store.write(Event(Kind.ADMIN_ACT, INSTALLATION, None, NOW)) as session:
        session.add(Person(username="ana", display_name="Ana", email="ana@example.org", created_at=NOW))
        session.flush()
        row = {"id": "0" * 32, "applicant": "ana", "project": "readmissions", "created_at": NOW}
        session.add(AccessRequest(**row, state=RequestState.ACCEPTED, form=asked, round=1, short=False))
    with pytest.raises(Refused, match="asks for no linkage"):
        house.run(snds_spec)
    (entry,) = house.ledger.of(Kind.REFUSAL)
    assert (entry.actor, entry.project, entry.subject["what"]) == (INSTALLATION, "readmissions", "linkage")
    assert (house.phases(), house.engine.runs) == ([], 0)


def test_a_failed_run_is_recorded_and_leaves_no_version(house: House, snds_spec: str):
    def fail() -> None:
        raise Unavailable(Text("Le moteur ne répond pas.", "The engine does not answer."))

    house.engine.before = fail
    with pytest.raises(Unavailable):
        house.run(snds_spec)
    assert house.phases() == ["started", "failed"]


def test_a_folder_left_by_a_killed_run_is_replaced(house: House, snds_spec: str):
    left_over = house.linkages.folder_of("snds-apparie", "1")
    left_over.mkdir(parents=True)
    (left_over / "half").touch()
    assert house.run(snds_spec).version == "1"
    assert not (left_over / "half").exists()


def test_the_pseudonym_key_is_the_owners_alone(house: House, snds_spec: str):
    house.run(snds_spec)
    assert house.linkages.keys.stat().st_mode & 0o777 == 0o700
    assert (house.linkages.keys / "readmissions").stat().st_mode & 0o777 == 0o600
