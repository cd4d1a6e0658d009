"""Rows and code in the places of a model where no reader looks; what isn't read is refused in one sentence."""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub_extensions.exports.checks.corpus.case import patients, rows_csv
from hub_extensions.exports.checks.findings import Finding, Verdict, verdict_of
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.models.arrays.keeping import keep_array
from hub_extensions.exports.checks.models.lane import array_of, inspect_skops
from hub_extensions.exports.checks.models.weights import inspect_npz, inspect_safetensors
from hub_extensions.exports.checks.onefile import check_file
from hub_extensions.exports.checks.policy import Policy

REAL = Path(__file__).parents[1] / "models"
PEOPLE = patients(60, "hidden in models")
ROWS = np.array([[float(str(p["age"])), float(str(p["crp"]))] for p in PEOPLE])
CSV = rows_csv(PEOPLE)


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def real() -> dict[str, bytes]:
    """The members of a pipeline that skops wrote."""
    with zipfile.ZipFile(REAL / "pipeline.skops") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(members: Mapping[str, bytes], *, comment: bytes = b"", extra: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.comment, info.extra = comment, extra
            archive.writestr(info, data)
    return out.getvalue()


def with_schema(change: Callable[[dict[str, Any]], object], **more: bytes) -> bytes:
    members = real()
    schema = json.loads(members["schema.json"])
    change(schema)
    return written({**members, "schema.json": json.dumps(schema).encode(), **more})


def skops(tmp_path: Path, data: bytes) -> Inspected:
    path = tmp_path / "m.skops"
    path.write_bytes(data)
    return inspect_skops(path, Policy())


def rules(result: Inspected) -> set[str]:
    return {said.rule for said in result.findings}


def test_a_pipeline_that_skops_wrote_is_for_a_reviewer() -> None:
    assert rules(inspect_skops(REAL / "pipeline.skops", Policy())) == {"model.lane"}


def attribute(node: Mapping[str, Any]) -> Callable[[dict[str, Any]], object]:
    """Write a node into the pipeline as one more attribute."""
    return lambda schema: schema["content"]["content"].update(history_=dict(node))


FUNCTION = {"__class__": "function", "__module__": "numpy", "__loader__": "FunctionNode"}


class TestSkops:
    """Every member is an array that was read; every function is one of a known library."""

    @pytest.mark.parametrize("called", [("os", "system"), ("builtins", "exec"), ("evil", "run"), ("builtins", "open")])
    def test_a_function_behind_a_harmless_name_is_code(self, tmp_path: Path, called: tuple[str, str]) -> None:
        content = {"module_path": called[0], "function": called[1]}
        assert "model.code" in rules(skops(tmp_path, with_schema(attribute({**FUNCTION, "content": content}))))

    def test_a_function_of_a_known_library_is_none(self, tmp_path: Path) -> None:
        content = {"module_path": "numpy", "function": "log1p"}
        assert rules(skops(tmp_path, with_schema(attribute({**FUNCTION, "content": content})))) == {"model.lane"}

    @pytest.mark.parametrize("name", ["rows.csv", "rows.bin", "rows.npz"])
    def test_a_file_that_a_node_names_and_nothing_reads_is_refused(self, tmp_path: Path, name: str) -> None:
        node = {"__class__": "bytes", "__module__": "builtins", "__loader__": "BytesNode", "file": name}
        result = skops(tmp_path, with_schema(attribute(node), **{name: CSV}))
        assert "model.unknown_part" in rules(result)

    @pytest.mark.parametrize("kind", ["scipy", "json", "other"])
    def test_an_array_that_says_to_be_something_else_is_refused(self, tmp_path: Path, kind: str) -> None:
        node = {"__class__": "ndarray", "__module__": "numpy", "type": kind, "file": "a.npy"}
        result = skops(tmp_path, with_schema(attribute(node), **{"a.npy": npy(ROWS)}))
        assert "model.unknown_part" in rules(result)

    def test_rows_in_nested_lists_are_looked_for(self, tmp_path: Path) -> None:
        def plain(value: Any) -> dict[str, Any]:
            return {"__class__": "float", "__module__": "builtins", "content": json.dumps(value), "is_json": True}

        listed = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
        node = {**listed, "content": [{**listed, "content": [*map(plain, row)]} for row in ROWS.tolist()]}
        arrays = [array.numbers for array in skops(tmp_path, with_schema(attribute(node))).arrays]
        assert any(array is not None and np.array_equal(array, ROWS) for array in arrays)

    def test_numbers_each_in_an_array_of_its_own_are_looked_for(self, tmp_path: Path) -> None:
        nodes = [
            {"__class__": "ndarray", "__module__": "numpy", "type": "numpy", "file": f"{number}.npy"}
            for number in range(len(ROWS))
        ]
        listed = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": nodes}
        files = {f"{number}.npy": npy(np.float64(age)) for number, age in enumerate(ROWS[:, 0])}
        arrays = [array.numbers for array in skops(tmp_path, with_schema(attribute(listed), **files)).arrays]
        assert any(array is not None and np.array_equal(array, ROWS[:, 0]) for array in arrays)

    @pytest.mark.parametrize("beside", [{"comment": CSV[:500]}, {"extra": b"\x99\x99\xf4\x01" + CSV[:500]}])
    def test_bytes_beside_the_members_are_seen(self, tmp_path: Path, beside: dict[str, bytes]) -> None:
        assert "content.trailing" in rules(skops(tmp_path, written(real(), **beside)))


def headed(note: str) -> bytes:
    """An array whose header says more than its shape."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }}{note}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)


@pytest.mark.parametrize("note", [" # 75;34;120;1", " " * 4000, "\n# 75;34"], ids=["comment", "spaces", "a line"])
def test_a_header_of_an_array_that_says_more_is_refused(note: str) -> None:
    assert array_of(headed("")).shape == (2,)
    with pytest.raises(Unreadable):
        array_of(headed(note))


def test_bytes_beside_the_members_of_an_npz_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, w=np.random.default_rng(0).normal(size=(8, 3)))
    assert rules(inspect_npz(path, Policy())) == {"model.lane"}
    path.write_bytes(written({"w.npy": npy(np.ones(3) / 3)}, extra=b"\x99\x99\xf4\x01" + CSV[:500]))
    assert "content.trailing" in rules(inspect_npz(path, Policy()))


BYTES: dict[str, np.ndarray] = {
    "a table as bytes": np.frombuffer(CSV[:1024], dtype="u1"),
    "a table as floats": np.frombuffer(CSV[:1024], dtype="<f4"),
    "an archive as bytes": np.frombuffer(written({"rows.csv": CSV})[:1024], dtype="i1"),
    "random bytes as floats": np.random.default_rng(7).integers(0, 256, 4096).astype("u1").view("<f4"),
    "random bytes as doubles": np.random.default_rng(8).integers(0, 256, 4096).astype("u1").view("<f8"),
}


@pytest.mark.parametrize("what", BYTES)
def test_bytes_of_something_else_are_no_weights(what: str) -> None:
    kept = Inspected()
    keep_array(kept, BYTES[what], "w")
    assert "model.bytes" in {said.rule for said in kept.findings}


PLAIN: dict[str, np.ndarray] = {
    "weights": np.random.default_rng(1).normal(0, 0.02, 4096).astype("f4"),
    "tiny weights": np.random.default_rng(1).normal(0, 1e-6, 4096).astype("f4"),
    "quantised": np.random.default_rng(2).normal(0, 30, 4096).clip(-128, 127).astype("i1"),
    "zeros": np.zeros(4096, dtype="f4"),
    "spaces": np.full(4096, 32, dtype="u1"),
    "places": np.arange(4096),
    "limits of a tree": np.array([0.5, np.inf, 1.7e308, -1.0] * 4 + [0.3] * 200),
    "one hot": np.eye(64, dtype="u1"),
}


@pytest.mark.parametrize("what", PLAIN)
def test_weights_are_no_bytes(what: str) -> None:
    kept = Inspected()
    keep_array(kept, PLAIN[what], "w")
    assert kept.findings == []


def test_names_and_keys_are_looked_at_as_rows(tmp_path: Path) -> None:
    names = [f"{p['age']}_{p['sexe']}_{p['crp']}_{p['cout']}" for p in PEOPLE]
    header = {name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * n, 4 * n + 4]} for n, name in enumerate(names)}
    head = json.dumps(header).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", len(head)) + head + np.ones(60, dtype="<f4").tobytes())
    [rows] = [array.rows for array in inspect_safetensors(path, Policy()).arrays if len(array.rows) == 60]
    assert rows[0] == tuple(names[0].split("_"))


def said(path: Path, name: str) -> list[Finding]:
    return [each for each in check_file(path, name, Policy()).findings if each.rule.startswith("model.")]


LIBRARIES: dict[str, bytes] = {
    "xgboost.txt": (REAL / "xgboost.txt").read_bytes(),
    "xgboost.json": json.dumps(
        {"learner": {"gradient_booster": {"model": {"trees": []}}}, "version": [3, 1, 0]}
    ).encode(),
    "dumped.json": json.dumps(
        [{"nodeid": 0, "split": "age", "split_condition": 71, "children": [{"leaf": 1}]}]
    ).encode(),
    "lightgbm.txt": b"tree\nversion=v4\nfeature_names=age crp\n\nTree=0\nnum_leaves=3\nleaf_count=4 142 154\n",
    "lightgbm.json": json.dumps({"name": "tree", "feature_names": ["age"], "tree_info": []}).encode(),
    "catboost.json": json.dumps({"oblivious_trees": [], "features_info": {}}).encode(),
    "tokenizer.json": json.dumps({"model": {"type": "WordLevel", "vocab": {"75;34;120": 0}}}).encode(),
    "pmml.txt": b'<?xml version="1.0"?>\n<PMML version="4.4"><Header/></PMML>\n',
    "svm.txt": b"svm_type c_svc\nkernel_type rbf\nnr_class 2\ntotal_sv 2\nSV\n1 1:0.5 2:71\n-1 1:0.25 2:34\n",
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_model_as_its_library_writes_it_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(LIBRARIES[name])
    checked = check_file(path, name, Policy())
    assert [finding.rule for finding in checked.findings] == ["model.dump"]
    assert verdict_of(checked.findings) is Verdict.BLOCK


@pytest.mark.parametrize("extension", ["h5", "keras", "pt", "joblib", "pmml", "ubj", "cbm", "gguf", "tflite", "rds"])
def test_a_format_of_models_that_is_not_read_says_what_is(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"model.{extension}"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    [refused] = said(path, path.name)
    assert refused.rule == "model.format"
    assert "skops" in refused.message.en


def test_an_honest_text_about_models_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The booster[0] of XGBoost has num_leaves=31.\nTree=best\n<PM> libsvm: SV\n")
    assert said(path, path.name) == []
