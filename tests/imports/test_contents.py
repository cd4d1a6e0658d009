"""What the confined worker sees in files: types, archives, tables against dictionaries, identity traits."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_extensions.imports import inspecting
from hub_extensions.imports.contents import Expected, look
from hub_extensions.imports.inspecting import InspectOrder, inspect_confined
from project_spaces.errors import Unavailable

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "string", "constraints": {"required": True, "unique": True}},
        {"name": "age", "type": "integer", "constraints": {"minimum": 0, "maximum": 120}},
        {"name": "sexe", "type": "string", "categories": [{"value": "1"}, {"value": "2"}]},
        {"name": "entree", "type": "date"},
        {"name": "taux", "type": "number"},
    ]
}
GOOD = 'id,age,sexe,entree,taux\na1,40,1,2024-01-02,"0,5"\na2,,2,2024-02-29,1.5\n'


def seen(
    tmp_path: Path, name: str, data: bytes | str, schema: Any = None, expected: Expected | None = None
) -> list[str]:
    """Rules of what is found in one file, the note about a missing dictionary apart."""
    file = tmp_path / "quarantined"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    beside = None
    if schema is not None:
        beside = tmp_path / "schema"
        beside.write_text(json.dumps(schema))
    found = look(file, name, expected or Expected(), beside).findings
    return [each.rule for each in found if each.rule != "schema.none"]


def test_a_table_that_is_as_its_dictionary_says(tmp_path: Path) -> None:
    assert seen(tmp_path, "t.csv", GOOD, SCHEMA) == []
    assert seen(tmp_path, "t.csv", GOOD.replace(",", ";").replace("0;5", "0,5"), SCHEMA) == []
    table = pa.table({"id": ["a1"], "age": [40], "sexe": ["1"], "entree": ["2024-01-02"], "taux": [0.5]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    assert seen(tmp_path, "t.parquet", buffer.getvalue(), SCHEMA) == []


@pytest.mark.parametrize(
    ("change", "rule", "sentence"),
    [
        (("age,", "poids,"), "schema.missing_column", "Il manque la colonne « age » (un entier)."),
        (("age,", "poids,"), "schema.extra_column", "La colonne « poids » n'est pas dans le dictionnaire."),
        (("40", "quarante"), "schema.type", "Colonne « age » : 1 valeur(s) ne sont pas un entier (première ligne 2)."),
        (("40", "140"), "schema.range", "Colonne « age » : 1 valeur(s) supérieure(s) à 120 (première ligne 2)."),
        (("40", "-1"), "schema.range", "Colonne « age » : 1 valeur(s) inférieure(s) à 0 (première ligne 2)."),
        (("a2", "a1"), "schema.unique", "Colonne « id » : 1 valeur(s) reviennent plusieurs fois"),
        (("a2", ""), "schema.required", "Colonne « id » : 1 valeur(s) manque(nt) (première ligne 3)."),
        ((",2,2024", ",3,2024"), "schema.category", "hors de la liste des modalités (première ligne 3)."),
        (("2024-02-29", "2023-02-29"), "schema.type", "ne sont pas une date (première ligne 3)."),
        (("1.5", "1.5 g"), "schema.type", "ne sont pas un nombre (première ligne 3)."),
    ],
)
def test_each_thing_that_is_not_as_said_has_one_sentence_without_the_value(
    tmp_path: Path, change: tuple[str, str], rule: str, sentence: str
) -> None:
    file, schema = tmp_path / "t", tmp_path / "s"
    file.write_text(GOOD.replace(*change))
    schema.write_text(json.dumps(SCHEMA))
    found = [each for each in look(file, "t.csv", Expected(), schema).findings if each.rule == rule]
    assert any(sentence in each.message.fr for each in found), [each.message.fr for each in found]
    assert not any("quarante" in each.message.fr for each in found)


@pytest.mark.parametrize(
    "schema", [{}, {"fields": []}, {"fields": [{"name": "id", "type": "colour"}]}, {"fields": "id"}, []]
)
def test_a_dictionary_that_is_none_is_said_so(tmp_path: Path, schema: Any) -> None:
    assert set(seen(tmp_path, "t.csv", GOOD, schema)) & {"schema.unreadable", "content.unreadable"}


@pytest.mark.parametrize(
    ("header", "value", "rule"),
    [
        ("nom", "Dupont", "identifier.header"),
        ("code", "255081416802538", "identifier.nir"),
        ("contact", "jean.dupont@laposte.net", "identifier.email"),
        ("note", "joindre au 06 12 34 56 78", "identifier.phone"),
        ("note", "né le 12/03/1955", "identifier.birth_date"),
    ],
)
def test_identity_traits_are_refused(tmp_path: Path, header: str, value: str, rule: str) -> None:
    """The trait stands in one row of many: whatever its place, it is seen."""
    rows = "".join(f"{number},x{number}\n" for number in range(5000))
    file = tmp_path / "t"
    file.write_text(f"n,{header}\n{rows}5001,{value}\n{rows}")
    found = look(file, "t.csv", Expected(), None)
    assert [each.severity.value for each in found.findings if each.rule == rule] == ["block"]


def test_what_a_linkage_asks_for_passes_in_its_column_only(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "nir"}, {"name": "note"}]}
    expected = Expected({"t": schema}, {"t": ("nir",)})
    assert seen(tmp_path, "t.csv", "nir,note\n255081416802538,rien\n", expected=expected) == []
    assert seen(tmp_path, "t.csv", "nir,note\n1,255081416802538\n", expected=expected) == ["identifier.nir"]


def test_a_pseudonym_is_for_the_steward_to_judge(tmp_path: Path) -> None:
    file = tmp_path / "t"
    file.write_text("patient_id,age\np1,40\np2,41\n")
    found = [each for each in look(file, "t.csv", Expected(), None).findings if each.rule != "schema.none"]
    assert [(each.rule, each.severity.value) for each in found] == [("identifier.header", "flag")]


def zipped(*members: tuple[str, bytes]) -> bytes:
    """An archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("model.pkl", b"\x80\x04K\x01.", "type.refused"),
        ("run.exe", b"MZ\x90\0", "type.refused"),
        ("t.csv", b"MZ\x90\0" + bytes(300), "type.mismatch"),
        ("t.csv", zipped(("a.csv", b"n\n1\n")), "type.mismatch"),
        ("t.parquet", b"n\n1\n", "type.mismatch"),
        ("t.parquet", b"PAR1" + bytes(100), "content.unreadable"),
        ("t.csv", "âge;n\n40;1\n".encode("latin-1"), "content.unreadable"),
        ("a.zip", zipped(("inner.zip", zipped(("a.csv", b"n\n1\n")))), "type.refused"),
        ("a.zip", zipped(("run.pkl", b"\x80\x04K\x01.")), "type.refused"),
        ("a.zip", zipped(("../../etc/x.csv", b"n\n1\n")), "content.unreadable"),
        ("a.zip", zipped(("t.csv", b"nom,n\nDupont,1\n")), "identifier.header"),
        ("a.zip", zipped(("zeros.csv", bytes(64 << 20))), "content.unreadable"),
    ],
    ids=["pickle", "program", "disguised program", "disguised archive", "text as parquet", "broken parquet", "latin-1",
         "nested", "pickle inside", "path inside", "trait inside", "bomb"],
)  # fmt: skip
def test_what_must_not_come_in(tmp_path: Path, name: str, data: bytes, rule: str) -> None:
    assert rule in seen(tmp_path, name, data)


def test_packages_and_notebooks_come_in(tmp_path: Path) -> None:
    wheel = zipped(
        ("pkg/__init__.py", b"x = 1\n"), ("pkg/fast.so", b"\x7fELF"), ("pkg-1.dist-info/METADATA", b"Name: pkg\n")
    )
    assert seen(tmp_path, "pkg-1-py3-none-any.whl", wheel) == []
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert seen(tmp_path, "a.ipynb", json.dumps(notebook)) == []
    assert seen(tmp_path, "a.py", "# jean.dupont@chu.fr\nprint(1)\n") == ["identifier.email"]


def test_the_worker_is_confined_and_its_death_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "t"
    file.write_text(GOOD)
    (answer,) = inspect_confined(InspectOrder(((file, "t.csv", None),)))
    assert answer.type == "csv"
    for command in (["false"], ["echo", "{}"], ["echo", '{"files": []}'], ["sleep", "9"]):
        monkeypatch.setattr(inspecting, "COMMAND", tuple(command))
        monkeypatch.setattr(inspecting, "TIMEOUT_S", 0.5)
        with pytest.raises(Unavailable):
            inspect_confined(InspectOrder(((file, "t.csv", None),)))
