"""The join itself, on real files: figures of the shipped sets, and what may never come out."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from project_spaces.linkage.quality import Level, Quality
from project_spaces.linkage.specification import parse_spec
from project_spaces.linkage.tables import LinkagePlan, plan_linkage, pseudonym
from project_spaces.manifests import Manifest

KEY = bytes(range(32))

Link = Callable[..., Quality]


@pytest.fixture(scope="module")
def link(join: ModuleType, demo_manifests: Mapping[str, Manifest], demo_folder: Path) -> Link:
    """Run a linkage as its container does, without the container."""

    def run(text: str, output: Path, key: bytes = KEY) -> Quality:
        job: dict[str, Any] = json.loads(json.dumps(plan_linkage(parse_spec(text), demo_manifests).as_job()))
        sides = [side for side in ("left", "right", "truth") if job[side]]
        join.run(job, {side: demo_folder / job[side]["dataset"] / job[side]["path"] for side in sides}, key, output)
        return Quality.from_bytes((output / "quality.json").read_bytes())

    return run


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the direct linkage delivers."""
    return tmp_path_factory.mktemp("snds")


@pytest.fixture(scope="module")
def report(link: Link, snds_spec: str, output: Path) -> Quality:
    """The direct linkage, run once."""
    return link(snds_spec, output)


class TestDirect:
    """SNDS claims × hospital stays on BEN_NIR_PSA = NIR_ANO_17."""

    def test_finds_the_1001_persons(self, report: Quality):
        assert (report.persons, report.pairs) == (1_001, 100_338)
        assert (report.left.linked_records, report.right.linked_records) == (10_000, 10_000)
        assert report.left.unlinked_share == report.right.unlinked_share == 0
        assert report.good_enough(1.0)

    def test_both_tables_share_the_project_pseudonym(
        self, report: Quality, snds_plan: LinkagePlan, output: Path, demo_folder: Path
    ):
        plan = snds_plan
        claims, stays = (pq.read_table(output / f"{name}.parquet") for name in ("ER_PRS_F", "T_MCOaaC"))
        assert claims.column_names == ["ID_PROJET", *plan.left.keep]
        assert stays.column_names == ["ID_PROJET", *plan.right.keep]
        identifiers = pq.read_table(demo_folder / "snds-dcir/ER_PRS_F.parquet", columns=["BEN_NIR_PSA"])
        expected = {pseudonym(KEY, value) for value in identifiers["BEN_NIR_PSA"].unique().to_pylist()}
        assert set(claims["ID_PROJET"].to_pylist()) == expected == set(stays["ID_PROJET"].to_pylist())

    def test_no_identifier_is_anywhere_in_what_comes_out(self, report: Quality, output: Path, demo_folder: Path):
        identifiers = pq.read_table(demo_folder / "snds-dcir/ER_PRS_F.parquet", columns=["BEN_NIR_PSA"])
        forbidden = set(identifiers["BEN_NIR_PSA"].to_pylist())
        for file in output.glob("*.parquet"):
            for column in pq.read_table(file).columns:
                assert not forbidden & set(column.unique().cast(pa.string()).to_pylist())

    def test_rows_follow_the_pseudonyms_not_the_input(self, report: Quality, output: Path):
        order = pq.read_table(output / "ER_PRS_F.parquet")["ID_PROJET"].to_pylist()
        assert order == sorted(order)

    def test_two_projects_share_no_pseudonym_and_one_repeats_itself(
        self, report: Quality, link: Link, snds_spec: str, output: Path, tmp_path: Path
    ):
        mine = (output / "persons_linked.parquet").read_bytes()
        link(snds_spec, tmp_path)
        assert (tmp_path / "persons_linked.parquet").read_bytes() == mine
        link(snds_spec, tmp_path, key=b"x" * 32)
        theirs = set(pq.read_table(tmp_path / "persons_linked.parquet")["ID_PROJET"].to_pylist())
        assert not theirs & set(pq.read_table(output / "persons_linked.parquet")["ID_PROJET"].to_pylist())


def test_indirect_linkage_follows_the_cnam_protocol(link: Link, febrl_spec: str, tmp_path: Path):
    report = link(febrl_spec, tmp_path)
    found = {8: 390, 7: 2_078, 6: 3_775, 5: 4_658, 4: 4_928}
    assert report.levels == tuple(Level(criteria, count) for criteria, count in found.items())
    assert report.truth is not None
    assert (report.truth.precision, report.truth.recall) == (1.0, 0.9856)
    assert report.good_enough(0.9)
    assert not report.good_enough(0.99)


def small(join: ModuleType, folder: Path, left: Sequence[str | None], right: Sequence[str | None]) -> dict[str, Any]:
    """Link two columns of a few values, `zero` being an identifier that stands for nobody."""
    for side, values in (("left", left), ("right", right)):
        numbers = list(range(len(values)))
        pq.write_table(pa.table({"id": pa.array(values, pa.string()), "n": numbers}), folder / f"{side}.parquet")
    job = {
        "kind": "exact",
        "compare": [["id", "id"]],
        "never_match": ["zero"],
        "at_least": 1,
        "pseudonym": "ID_PROJET",
        "left": {"table": "l", "record": None, "keep": ["n"]},
        "right": {"table": "r", "record": None, "keep": ["n"]},
        "truth": None,
    }
    report: dict[str, Any] = join.run(
        job, {side: folder / f"{side}.parquet" for side in ("left", "right")}, KEY, folder
    )
    return report


def test_missing_and_fictitious_identifiers_link_nobody(join: ModuleType, tmp_path: Path):
    report = small(join, tmp_path, ["a", None, "", "zero", "b"], ["a", None, "", "zero", "a", "o'neil"])
    assert (report["persons"], report["pairs"]) == (1, 2)
    assert (report["left"]["records_with_key"], report["right"]["records_with_key"]) == (2, 3)
    assert pq.read_table(tmp_path / "l.parquet").to_pylist() == [{"ID_PROJET": pseudonym(KEY, "a"), "n": 0}]


def test_empty_sides_give_an_empty_delivery_that_is_not_good(join: ModuleType, tmp_path: Path):
    small(join, tmp_path, [], ["a"])
    assert pq.read_table(tmp_path / "r.parquet").num_rows == 0
    assert not Quality.from_bytes((tmp_path / "quality.json").read_bytes()).good_enough(0.0)
