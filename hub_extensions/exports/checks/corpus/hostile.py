"""Files that attack the checks, and models: wrong types, bombs, names, pickles that run code."""

import gzip
import io
import json
import os
import pickle
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, Case, patients, rows_csv, seeded, table
from hub_extensions.exports.checks.corpus.drawings import png
from hub_extensions.exports.checks.corpus.workbooks import zipped

#: What the evil pickle would make if anything ever ran it.
CANARY = Path(tempfile.gettempdir()) / "bureau-corpus-canary"


class _Evil:
    """Runs a command when it is unpickled; harmless as long as nobody unpickles it."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {CANARY}",)


def cases() -> Iterator[Case]:
    """Yield every hostile file of the corpus, then the models."""
    yield from _types()
    yield from _models()


def _types() -> Iterator[Case]:
    clean = table(["dep", "n"], [["75", 120], ["92", 131]])
    yield Case("empty.csv", BLOCK, "no byte at all")
    yield Case("two_gigabytes.csv", BLOCK, "2 GB, answered without reading", sparse=2 << 30)
    yield Case("fake.png", BLOCK, "a CSV called PNG", clean)
    yield Case("gz.csv", BLOCK, "gzip called CSV", gzip.compress(clean, mtime=0))
    yield Case("zip.csv", BLOCK, "ZIP called CSV", zipped({"a.csv": clean}))
    yield Case("page.csv", BLOCK, "a page called CSV", b"<html><body><script>alert(1)</script></body></html>")
    yield Case("png.csv", BLOCK, "a picture called CSV", png())
    yield Case("nul.csv", BLOCK, "NUL bytes inside", b"dep,n\n75,1\x0020\n92,131\n")
    yield Case("archive.zip", BLOCK, "archives do not leave", zipped({"a.csv": clean}))
    yield Case("bomb.zip", BLOCK, "a bomb", zipped({"a": b"0" * 30_000_000}))
    yield Case("traversal.zip", BLOCK, "a name that leaves its folder", zipped({"../../etc/cron.d/x": b"x"}))
    yield Case(
        "bomb.xlsx",
        BLOCK,
        "a workbook that is a bomb",
        zipped(
            {
                "[Content_Types].xml": b"<Types/>",
                "xl/workbook.xml": b"<w/>",
                "xl/worksheets/sheet1.xml": b" " * 40_000_000,
            }
        ),
    )
    yield Case("data.rds", BLOCK, "R data are not accepted", gzip.compress(b"X\n\0\0\0\3" + b"x" * 200, mtime=0))
    yield Case("data.sqlite", BLOCK, "databases are not accepted", b"SQLite format 3\0" + b"\0" * 2000)
    yield Case(
        "data.dta", BLOCK, "Stata data are not accepted", b"<stata_dta><header><release>118</release>" + b"\0" * 500
    )
    yield Case("data.h5", BLOCK, "HDF5 is not accepted", b"\x89HDF\r\n\x1a\n" + b"\0" * 500)
    yield Case("program.exe", BLOCK, "programs are not accepted", b"MZ" + b"\x90\0" * 400)
    yield Case("noextension", BLOCK, "no extension", clean)
    yield Case("right\u202evsc.csv", BLOCK, "a right-to-left mark in the name", clean)
    yield Case("zero\u200bwidth.csv", BLOCK, "a zero-width space in the name", clean)
    yield Case(".hidden.csv", BLOCK, "a hidden name", clean)


def _model(name: str, module: str, attributes: dict[str, Any], arrays: dict[str, bytes]) -> bytes:
    schema = {
        "__class__": name,
        "__module__": module,
        "__loader__": "ObjectNode",
        "content": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": attributes},
    }
    return zipped({"schema.json": json.dumps(schema).encode(), **arrays})


def _npy(values: Any) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.save(out, values, allow_pickle=False)
    return out.getvalue()


def _array(file: str) -> dict[str, str]:
    return {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": file}


def _field(number: int, body: bytes | int) -> bytes:
    def varint(value: int) -> bytes:
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*out, value])

    if isinstance(body, int):
        return varint(number << 3) + varint(body)
    return varint(number << 3 | 2) + varint(len(body)) + body


def onnx(operators: list[str], shape: tuple[int, int], values: list[float]) -> bytes:
    """Return an ONNX model of named operators and one array."""
    tensor = (
        b"".join(_field(1, side) for side in shape)
        + _field(2, 1)
        + _field(8, b"initializer")
        + _field(9, struct.pack(f"<{len(values)}f", *values))
    )
    graph = b"".join(_field(1, _field(4, name.encode())) for name in operators) + _field(2, b"g") + _field(5, tensor)
    return _field(1, 8) + _field(2, b"corpus") + _field(7, graph)


def _models() -> Iterator[Case]:
    import numpy as np

    people = patients(500, "model")
    rows = np.array([[float(str(p["age"])), float(str(p["crp"]))] for p in people])
    small = np.array([[0.3, -0.2, 1.1]])
    source = seeded("weights")
    yield Case(
        "knn.joblib",
        BLOCK,
        "a model that is its training rows",
        pickle.dumps({"_fit_X": rows.tolist(), "classes_": [0, 1]}, protocol=4),
    )
    yield Case("data.pkl", BLOCK, "rows in a pickle", pickle.dumps(people, protocol=4))
    yield Case("evil.pkl", BLOCK, "code in a pickle, never run", pickle.dumps(_Evil(), protocol=4))
    yield Case("evil_old.pkl", BLOCK, "code in a pickle of protocol 0", pickle.dumps(_Evil(), protocol=0))
    yield Case("evil.csv", BLOCK, "a pickle called CSV", pickle.dumps(_Evil(), protocol=0))
    yield Case(
        "knn.skops",
        BLOCK,
        "training rows in a skops model",
        _model(
            "KNeighborsClassifier",
            "sklearn.neighbors._classification",
            {"_fit_X": _array("a.npy")},
            {"a.npy": _npy(rows)},
        ),
    )
    wrapped = {
        "estimators_": {
            "__class__": "list",
            "__module__": "builtins",
            "__loader__": "ListNode",
            "content": [
                {
                    "__class__": "SVC",
                    "__module__": "sklearn.svm._classes",
                    "__loader__": "ObjectNode",
                    "content": {
                        "__class__": "dict",
                        "__module__": "builtins",
                        "__loader__": "DictNode",
                        "content": {"support_vectors_": _array("a.npy")},
                    },
                }
            ],
        }
    }
    yield Case(
        "svc_wrapped.skops",
        BLOCK,
        "support vectors inside a wrapper",
        _model("CalibratedClassifierCV", "sklearn.calibration", wrapped, {"a.npy": _npy(rows[:200])}),
    )
    yield Case("foreign.skops", BLOCK, "a class of no known library", _model("Payload", "evil_package.core", {}, {}))
    yield Case(
        "smuggled.skops",
        BLOCK,
        "a file that the schema ignores",
        _model(
            "LogisticRegression",
            "sklearn.linear_model._logistic",
            {"coef_": _array("a.npy")},
            {"a.npy": _npy(small), "b.csv": rows_csv(people)},
        ),
    )
    yield Case(
        "logreg.skops",
        FLAG,
        "coefficients in a model: a person decides",
        _model(
            "LogisticRegression", "sklearn.linear_model._logistic", {"coef_": _array("a.npy")}, {"a.npy": _npy(small)}
        ),
    )
    yield Case(
        "rf_overfit.skops",
        FLAG,
        "a forest may have learnt by heart",
        _model(
            "RandomForestClassifier",
            "sklearn.ensemble._forest",
            {
                "n_estimators": {
                    "__class__": "int",
                    "__module__": "builtins",
                    "__loader__": "JsonNode",
                    "content": "20",
                    "is_json": True,
                }
            },
            {},
        ),
    )
    yield Case(
        "linear.onnx",
        FLAG,
        "weights: a person decides",
        onnx(["Gemm", "Sigmoid"], (4, 2), [source.gauss(0, 1) for _ in range(8)]),
    )
    yield Case(
        "knn.onnx",
        BLOCK,
        "training rows as an initializer",
        onnx(["Scan", "TopK"], (500, 2), [float(value) for value in rows.ravel()]),
    )
    yield Case("broken.onnx", BLOCK, "no model at all", b"\x08\x08\x12\xff\xff\xff\xff\x0f" + bytes(range(1, 32)))
