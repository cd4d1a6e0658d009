"""A site's own files become a version that can be mounted; what does not read as described leaves nothing behind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from hub_extensions.datasets.sheets import parse_sheet, prepare, read_sheet
from project_spaces.errors import Invalid
from project_spaces.manifests import read_verified

SHEET: Mapping[str, Any] = {
    "slug": "sejours",
    "title": {"fr": "Séjours", "en": "Stays"},
    "version": "2026.1",
    "owner": "CHU",
    "classification": "pseudonymised",
    "min_persons": 11,
    "person_column": "patient",
    "licence": "convention 12",
    "source": "extraction du 2 mars",
    "citation": "CHU (2026)",
    "tables": [
        {
            "name": "sejours",
            "kind": "csv",
            "file": "sejours.csv",
            "separator": ";",
            "decimal": ",",
            "encoding": "latin-1",
            "identifying": ["patient"],
            "types": {"number": ["montant"], "date": ["entree"]},
        }
    ],
}
CSV = "patient;dept;montant;entree;libellé\n0001;01;12,50;2025-03-01;été\n0002;2A;;2025-03-02;hiver\n"


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """The producer's folder."""
    (tmp_path / "sejours.csv").write_bytes(CSV.encode("latin-1"))
    return tmp_path


def changed(**changes: Any) -> dict[str, Any]:
    """Return the sheet's document with other values."""
    return {**SHEET, **changes}


def test_french_csv_becomes_typed_parquet_with_its_manifest(delivered: Path):
    (delivered / "sheet.yaml").write_text(yaml.safe_dump(dict(SHEET), allow_unicode=True))
    manifest = prepare(read_sheet(delivered / "sheet.yaml"), delivered, delivered / "out" / "2026.1")
    assert read_verified(delivered / "out" / "2026.1", manifest.sha256, ["sejours"]) == manifest
    assert manifest.table("sejours").identifying == {"patient"}
    rows = pq.read_table(delivered / "out" / "2026.1" / "sejours.parquet").to_pylist()
    assert rows[0] | {"entree": str(rows[0]["entree"])} == {
        "patient": "0001",
        "dept": "01",
        "montant": 12.5,
        "entree": "2025-03-01",
        "libellé": "été",
    }
    assert rows[1]["montant"] is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"min_persons": 2}, "min_persons"),
        ({"classification": "secret"}, "classification"),
        ({"titel": 1}, "titel"),
        ({"tables": []}, "tables"),
        ({"tables": [{"name": "../x", "kind": "csv", "file": "f"}]}, r"tables\.0\.name"),
    ],
)
def test_a_bad_sheet_is_refused_with_the_field(changes: dict[str, Any], named: str):
    with pytest.raises(Invalid, match=named):
        parse_sheet(changed(**changes))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"file": "absent.csv"}, r"absent\.csv is missing"),
        ({"sha256": "0" * 64}, "was changed"),
        ({"identifying": ["nom"]}, "no column nom"),
        ({"types": {"integer": ["age"]}}, "no column age"),
        ({"types": {"integer": ["dept"]}}, "does not read"),
        ({"encoding": "utf-8"}, "does not read"),
        ({"kind": "parquet"}, "does not read"),
        ({"member": "inside.csv"}, "does not read"),
    ],
)
def test_files_that_are_not_as_described_leave_nothing(delivered: Path, table: dict[str, Any], said: str):
    sheet = parse_sheet(changed(tables=[{**SHEET["tables"][0], **table}]))
    with pytest.raises(Invalid, match=said):
        prepare(sheet, delivered, delivered / "out" / "v")
    assert list((delivered / "out").iterdir()) == []


def test_a_person_column_that_no_table_has_is_refused(delivered: Path):
    with pytest.raises(Invalid, match="nobody"):
        prepare(parse_sheet(changed(person_column="nobody")), delivered, delivered / "out" / "v")


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"- 1"])
def test_a_sheet_that_is_no_yaml_object_is_one_sentence(tmp_path: Path, content: bytes):
    (tmp_path / "sheet.yaml").write_bytes(content)
    with pytest.raises(Invalid):
        read_sheet(tmp_path / "sheet.yaml")
    with pytest.raises(Invalid, match="can't be read"):
        read_sheet(tmp_path / "absent.yaml")
