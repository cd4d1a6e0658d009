"""The shipped data are the published ones: hashes, rows and the figures that the documentation gives."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hub_extensions.datasets.sheets import prepare
from hub_extensions.demo.catalogue import DEMO_DATA, demo_data_set
from project_spaces.errors import Invalid, NotFound
from project_spaces.manifests import Manifest, read_verified


@pytest.mark.parametrize(
    ("slug", "table", "rows", "columns"),
    [
        ("snds-dcir", "ER_PRS_F", 10_000, 122),
        ("snds-dcir", "IR_BEN_R", 10_000, 21),
        ("snds-pmsi-mco", "T_MCOaaC", 10_000, 40),
        ("diabetes130", "diabetes130", 101_766, 50),
        ("omop-1001", "person", 1_130, 16),
        ("omop-1001", "visit_occurrence", 32_153, 13),
        ("febrl4-a", "dataset4a", 5_000, 11),
    ],
)
def test_tables_have_the_published_size(
    demo_manifests: Mapping[str, Manifest], slug: str, table: str, rows: int, columns: int
):
    described = demo_manifests[slug].table(table)
    assert (described.rows, len(described.columns)) == (rows, columns)


def test_diabetes_gives_the_published_readmissions(demo_manifests: Mapping[str, Manifest], demo_folder: Path):
    assert demo_manifests["diabetes130"].classification == "open"
    table = pq.read_table(demo_folder / "diabetes130/diabetes130.parquet")
    assert table["readmitted"].value_counts().to_pylist() == [
        {"values": "NO", "counts": 54_864},
        {"values": ">30", "counts": 35_545},
        {"values": "<30", "counts": 11_357},
    ]
    assert len(table["patient_nbr"].unique()) == 71_518
    assert table["weight"].null_count == 98_569
    assert "None" in table["A1Cresult"].unique().to_pylist()


def test_codes_keep_their_leading_zeros(demo_manifests: Mapping[str, Manifest], demo_folder: Path):
    assert demo_manifests
    assert pq.read_table(demo_folder / "snds-dcir/ER_PRS_F.parquet")["BEN_RES_DPT"][0].as_py() == "033"


def test_preparing_twice_gives_the_same_version(demo_manifests: Mapping[str, Manifest], tmp_path: Path):
    again = prepare(demo_data_set("snds-pmsi-mco"), DEMO_DATA, tmp_path / "again")
    assert again == demo_manifests["snds-pmsi-mco"]
    assert read_verified(tmp_path / "again", again.sha256, ["T_MCOaaC"]) == again


def test_every_set_ships_its_licence(demo_manifests: Mapping[str, Manifest], demo_folder: Path):
    for slug in demo_manifests:
        assert list((demo_folder / slug).glob("LICEN[CS]E*")), slug


def test_a_changed_source_is_refused(tmp_path: Path):
    dataset = demo_data_set("diabetes130")
    shutil.copytree(DEMO_DATA / "diabetes130", tmp_path / "diabetes130")
    with (tmp_path / "diabetes130/dataset_diabetes.zip").open("ab") as archive:
        archive.write(b"\0")
    with pytest.raises(Invalid, match="was changed"):
        prepare(dataset, tmp_path, tmp_path / "out")


def test_a_registered_file_that_changed_is_refused(demo_manifests: Mapping[str, Manifest], tmp_path: Path):
    folder = tmp_path / "febrl4-b"
    manifest = prepare(demo_data_set("febrl4-b"), DEMO_DATA, folder)
    with pytest.raises(Invalid, match=r"manifest\.json"):
        read_verified(folder, demo_manifests["febrl4-a"].sha256)
    changed = folder / "dataset4b.parquet"
    changed.unlink()
    changed.write_bytes(b"other")
    with pytest.raises(Invalid, match=r"dataset4b\.parquet"):
        read_verified(folder, manifest.sha256, ["dataset4b"])
    (folder / "manifest.json").unlink()
    replace(manifest, min_persons=1).write(folder)
    with pytest.raises(Invalid, match=r"manifest\.json"):
        read_verified(folder, manifest.sha256)


def test_an_unknown_set_is_named():
    with pytest.raises(NotFound, match="nowhere"):
        demo_data_set("nowhere")
