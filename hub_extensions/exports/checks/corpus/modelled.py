"""Models: what a person may decide about, and training rows in every place where a model keeps some."""

import io
import json
import pickle
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, Case, patients, rows_csv, seeded
from hub_extensions.exports.checks.corpus.workbooks import zipped


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


def field(number: int, body: bytes | int) -> bytes:
    """Return one field of a protocol-buffer message."""

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
        b"".join(field(1, side) for side in shape)
        + field(2, 1)
        + field(8, b"initializer")
        + field(9, struct.pack(f"<{len(values)}f", *values))
    )
    graph = b"".join(field(1, field(4, name.encode())) for name in operators) + field(2, b"g") + field(5, tensor)
    return field(1, 8) + field(2, b"corpus") + field(7, graph)


def cases() -> Iterator[Case]:
    """Yield every model of the corpus."""
    yield from _models()
    yield from _written_into()
    yield from _bare_arrays()


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


def _plain(text: str) -> dict[str, Any]:
    kind = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    return {**kind, "content": json.dumps(text), "is_json": True}


def _written_into() -> Iterator[Case]:
    """Rows where an author may write words: keys, lists, notes, descriptions."""
    people = patients(300, "written into models")
    lines = [f"{p['age']};{p['sexe']};{p['crp']};{p['cout']}" for p in people]
    whole = rows_csv(people).decode()
    source = seeded("written")
    words = {"douleur": 0, "thorax": 1, "fievre": 2, "toux": 3, "dyspnee": 4}
    plain = onnx(["Gemm"], (200, 20), [source.gauss(0, 1) for _ in range(4000)])

    def counted(keys: list[str]) -> bytes:
        content = {key: _plain(str(place)) for place, key in enumerate(keys)}
        kind = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode"}
        vocabulary = {**kind, "content": content}
        return _model("CountVectorizer", "sklearn.feature_extraction.text", {"vocabulary_": vocabulary}, {})

    listed = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [*map(_plain, lines)]}
    classifier = ("LogisticRegression", "sklearn.linear_model._logistic")
    yield Case("words.skops", FLAG, "a vocabulary of words", counted(list(words)))
    yield Case("keys.skops", BLOCK, "rows as keys of a vocabulary", counted(lines))
    yield Case("list.skops", BLOCK, "rows in a list", _model(*classifier, {"history_": listed}, {}))
    yield Case("string.skops", BLOCK, "a table in a text", _model(*classifier, {"comment": _plain(whole)}, {}))
    yield Case("noted.onnx", FLAG, "a name and a description", plain + field(6, b"Risque a 30 jours, version 2"))
    yield Case("described.onnx", BLOCK, "a table as description", plain + field(6, whole.encode()))
    entry = field(1, b"log") + field(2, whole.encode())
    yield Case("property.onnx", BLOCK, "a table as property", plain + field(14, entry))
    unknown = b"".join(field(77, field(3, line.encode())) for line in lines)
    yield Case("unknown.onnx", BLOCK, "rows in fields that ONNX does not know", plain + unknown)


def safetensors(arrays: Mapping[str, Any], notes: Mapping[str, str] | None = None, *, after: bytes = b"") -> bytes:
    """Return a safetensors file of 64-bit numbers; *after* follows what its header describes."""
    header: dict[str, Any] = {"__metadata__": dict(notes)} if notes else {}
    body = b""
    for name, array in arrays.items():
        data = array.astype("<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + body + after


def _npz(arrays: Mapping[str, Any], more: Mapping[str, bytes] | None = None) -> bytes:
    return zipped({**{f"{name}.npy": _npy(array) for name, array in arrays.items()}, **(more or {})})


def _bare_arrays() -> Iterator[Case]:
    import numpy as np

    people = patients(300, "weights")
    rows = np.array([[float(str(p["age"])), float(str(p["crp"]))] for p in people])
    source = seeded("bare weights")
    weights = {
        "dense.weight": np.array([[source.gauss(0, 0.3) for _ in range(6)] for _ in range(32)]),
        "dense.bias": np.array([source.gauss(0, 0.1) for _ in range(32)]),
    }
    named = "\n".join(f"{p['age']};{p['sexe']};{p['crp']}" for p in people[:40])
    yield Case("network.safetensors", FLAG, "weights: a person decides", safetensors(weights, {"format": "np"}))
    yield Case("rows.safetensors", BLOCK, "ages and values in rows", safetensors({**weights, "buffer": rows}))
    yield Case("columns.safetensors", BLOCK, "the same, laid down", safetensors({**weights, "buffer": rows.T}))
    yield Case("note.safetensors", BLOCK, "rows in its notes", safetensors(weights, {"log": named}))
    yield Case("behind.safetensors", BLOCK, "rows behind it", safetensors(weights, after=rows_csv(people)))
    yield Case("broken.safetensors", BLOCK, "a header that lies", safetensors(weights)[:-8])
    yield Case("weights.npz", FLAG, "weights: a person decides", _npz(weights))
    yield Case("vector.npy", FLAG, "coefficients: a person decides", _npy(weights["dense.bias"]))
    yield Case("rows.npz", BLOCK, "rows of whole numbers", _npz({"x": rows}))
    yield Case("counts.npy", BLOCK, "counts leave as CSV", _npy(np.arange(120).reshape(30, 4) * 3))
    yield Case("names.npz", BLOCK, "a list of values", _npz({"who": np.array([str(p["ipp"]) for p in people])}))
    yield Case("records.npy", BLOCK, "records", _npy(np.array([(1, 2.5)] * 20, dtype=[("age", "i4"), ("crp", "f8")])))
    yield Case("more.npz", BLOCK, "a table among the arrays", _npz(weights, {"t.csv": rows_csv(people)}))
    yield Case("objects.npz", BLOCK, "objects, never unpickled", _npz(weights, {"o.npy": _pickled_npy(people)}))


def _pickled_npy(people: Any) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.array(people, dtype=object), allow_pickle=True)
    return out.getvalue()
