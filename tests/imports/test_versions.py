"""A new version of a data set comes in: against its dictionary, by one steward of its owner, judged by another."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_extensions.datasets.sheets import parse_sheet, prepare
from hub_extensions.exports.testing import AUTHOR, SETUP
from hub_extensions.imports import composing, reviewing
from hub_extensions.imports.acting import load
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.composing import Target
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.inspecting import inspect_confined
from hub_extensions.imports.states import State
from hub_extensions.imports.testing import SAM, SUE, ImportBench
from project_spaces.datasets import latest_version, register_manifest
from project_spaces.errors import Conflict, NotFound, Refused
from project_spaces.manifests import read_verified
from project_spaces.owner_perimeters import entrust

SHEET = {
    "slug": "sejours",
    "title": {"fr": "Séjours", "en": "Stays"},
    "version": "2026.1",
    "owner": "CHU",
    "classification": "pseudonymised",
    "min_persons": 11,
    "person_column": "num_enq",
    "licence": "convention 12",
    "source": "extraction",
    "citation": "CHU (2026)",
    "tables": [{"name": "sejours", "kind": "csv", "file": "sejours.csv", "types": {"integer": ["age"]}}],
}
GOOD = b"num_enq,age,dept\np1,40,01\np2,51,2A\n"


@pytest.fixture
def delivering(bench: ImportBench, tmp_path: Path) -> Iterator[ImportBench]:
    """A desk with the real inspector, a registered data set, and two stewards of its owner."""
    (tmp_path / "sejours.csv").write_bytes(GOOD)
    target = bench.desk.layout.dataset_dir("sejours", "2026.1")
    manifest = prepare(parse_sheet(SHEET), tmp_path, target)
    register_manifest(bench.desk.store, manifest, actor=SETUP, now=bench.now)
    for name in (SAM, AUTHOR):
        entrust(bench.desk.store, "CHU", name, actor=SETUP, now=bench.now)
    desk = bench.desk
    bench.desk = ImportDesk(desk.store, desk.quarantine, desk.layout, desk.rules, bench.scanner, inspect_confined)
    yield bench
    target.chmod(0o700)


def delivered(bench: ImportBench, data: bytes, name: str = "sejours.csv", version: str = "2027.1") -> str:
    """A delivery that the programs have looked at."""
    request_id = bench.draft({name: data}, Target(dataset="sejours", version=version))
    composing.submit(bench.desk, request_id, bench.by())
    advance(bench.desk, request_id, now=bench.now)
    return request_id


def rules(bench: ImportBench, request_id: str) -> set[str]:
    """Rules of what blocks."""
    with bench.desk.store.read() as session:
        found = [each for file in load(session, request_id).files for each in file.findings]
    return {each["rule"] for each in found if each["severity"] == "block"}


def test_a_version_that_fits_its_dictionary_is_registered_as_the_one_before(delivering: ImportBench) -> None:
    bench = delivering
    request_id = delivered(bench, GOOD + b"p3,,75\n")
    assert bench.state(request_id) is State.IN_REVIEW, rules(bench, request_id)
    reviewing.approve(bench.desk, request_id, bench.by(SAM))
    assert advance(bench.desk, request_id, now=bench.now)
    with bench.desk.store.read() as session:
        version = latest_version(session, "sejours")
    assert (version.version, version.rows) == ("2027.1", 3)
    folder = bench.desk.layout.dataset_dir("sejours", "2027.1")
    manifest = read_verified(folder, version.manifest_sha256, ["sejours"])
    assert [(column.name, column.type) for column in manifest.tables[0].columns] == [
        ("num_enq", "string"),
        ("age", "int64"),
        ("dept", "string"),
    ]
    assert (manifest.owner, manifest.person_column) == ("CHU", "num_enq")
    with pytest.raises(Conflict):
        delivered(bench, GOOD)


@pytest.mark.parametrize(
    ("data", "name", "rule"),
    [
        (b"num_enq,dept\np1,01\n", "sejours.csv", "schema.missing_column"),
        (b"num_enq,age,dept,nom\np1,40,01,Dupont\n", "sejours.csv", "schema.extra_column"),
        (b"num_enq,age,dept\np1,quarante,01\n", "sejours.csv", "schema.type"),
        (GOOD, "patients.csv", "schema.missing_table"),
        (GOOD, "patients.csv", "schema.unknown_table"),
    ],
)
def test_what_does_not_fit_the_dictionary_comes_back(
    delivering: ImportBench, data: bytes, name: str, rule: str
) -> None:
    request_id = delivered(delivering, data, name)
    assert delivering.state(request_id) is State.RETURNED
    assert rule in rules(delivering, request_id)


def test_only_stewards_of_the_owner_deliver_and_another_one_judges(delivering: ImportBench) -> None:
    with pytest.raises(Refused):
        composing.create(delivering.desk, Target(dataset="sejours", version="x"), "Livraison", delivering.by(SUE))
    request_id = delivered(delivering, GOOD)
    for who in (AUTHOR, SUE):
        with pytest.raises((Refused, NotFound)):
            reviewing.approve(delivering.desk, request_id, delivering.by(who))
    assert delivering.state(request_id) is State.IN_REVIEW


def test_a_version_that_appeared_elsewhere_is_never_taken_for_ours(delivering: ImportBench, tmp_path: Path) -> None:
    bench = delivering
    request_id = delivered(bench, GOOD)
    reviewing.approve(bench.desk, request_id, bench.by(SAM))
    (tmp_path / "sejours.csv").write_bytes(b"num_enq,age,dept\nother,1,01\n")
    target = bench.desk.layout.dataset_dir("sejours", "2027.1")
    other = prepare(parse_sheet({**SHEET, "version": "2027.1"}), tmp_path, target)
    register_manifest(bench.desk.store, other, actor=SETUP, now=bench.now)
    assert not advance(bench.desk, request_id, now=bench.now)
    assert hashlib.sha256((target / "manifest.json").read_bytes()).hexdigest() == other.sha256
    reviewing.return_(bench.desk, request_id, "Nom déjà pris.", bench.by(SAM))
    target.chmod(0o700)
