"""ONNX: what the libraries export is judged, what no model needs is refused by its name, no byte goes unread."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hub_extensions.exports.checks.corpus.modelled import field
from hub_extensions.exports.checks.findings import Verdict, verdict_of
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.models.onnx.inspecting import inspect_onnx
from hub_extensions.exports.checks.models.onnx.reading import read_model
from hub_extensions.exports.checks.policy import Policy

REAL = Path(__file__).parents[1] / "models"
ROWS = np.column_stack([np.arange(40) % 37 + 30, np.arange(40) * 1.5 + 2]).astype("<f4")


def tensor(values: np.ndarray, kind: int = 1, name: bytes = b"w", *, place: int = 9, more: bytes = b"") -> bytes:
    """A TensorProto of *kind* with the bytes of *values* as its raw data."""
    sides = b"".join(field(1, side) for side in values.shape)
    return sides + field(2, kind) + field(8, name) + field(place, values.tobytes()) + more


def node(name: bytes = b"Gemm", *attributes: bytes, domain: bytes = b"") -> bytes:
    return field(4, name) + field(7, domain) + b"".join(field(5, each) for each in attributes)


def model(*nodes: bytes, tensors: tuple[bytes, ...] = (), graph: bytes = b"", more: bytes = b"") -> bytes:
    inside = b"".join(field(1, each) for each in nodes or (node(),)) + b"".join(field(5, each) for each in tensors)
    return field(1, 8) + field(7, inside + field(2, b"g") + graph) + more


@pytest.fixture
def inspected(tmp_path: Path) -> Callable[[bytes], Inspected]:
    """Inspect the bytes of a model."""

    def inspect(data: bytes) -> Inspected:
        path = tmp_path / "m.onnx"
        path.write_bytes(data)
        return inspect_onnx(path, Policy())

    return inspect


Inspect = Callable[[bytes], Inspected]


def said(result: Inspected) -> set[tuple[str, str]]:
    return {(finding.rule, finding.where) for finding in result.findings} - {("model.lane", "m.onnx")}


class TestWhatLibrariesExport:
    """skl2onnx 1.20 and PyTorch 2, made by ``tests/exports/models/make_models.py``."""

    @pytest.mark.parametrize(
        "name",
        ["logistic", "linear", "forest", "boosted", "perceptron", "components", "centres", "dense", "signal"],
    )
    def test_is_for_a_reviewer(self, name: str) -> None:
        result = inspect_onnx(REAL / f"{name}.onnx", Policy())
        assert [finding.rule for finding in result.findings] == ["model.lane"]

    def test_is_blocked_when_it_is_its_training_rows(self) -> None:
        neighbours = inspect_onnx(REAL / "neighbours.onnx", Policy())
        assert {("model.operator", "Scan"), ("model.training_rows", "Sc_Scancst")} <= said(neighbours)
        vectors = inspect_onnx(REAL / "vectors.onnx", Policy())
        assert ("model.training_rows", "SVMClassifier.support_vectors") in said(vectors)

    def test_is_read_whatever_byte_is_lost_or_changed(self) -> None:
        """A result or a refusal, never another error."""
        whole = (REAL / "logistic.onnx").read_bytes()
        for at in range(len(whole)):
            for data in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
                try:
                    read_model(data)
                except Unreadable:
                    continue


REFUSED_OPERATORS = {
    "Solve of another domain": (node(b"Solve", domain=b"com.microsoft"), "com.microsoft.Solve"),
    "a known name in another domain": (node(b"Gemm", domain=b"org.example"), "org.example.Gemm"),
    "a name of nobody": (node(b"PersonLookup"), "PersonLookup"),
    "drawing by lot": (node(b"RandomNormal"), "RandomNormal"),
    "a learnt operator in ONNX's own domain": (node(b"TreeEnsembleClassifier"), "TreeEnsembleClassifier"),
}


@pytest.mark.parametrize("case", REFUSED_OPERATORS)
def test_an_operator_off_the_list_is_refused_by_its_name(inspected: Inspect, case: str) -> None:
    operator, name = REFUSED_OPERATORS[case]
    result = inspected(model(node(), operator))
    assert said(result) == {("model.operator", name)}
    assert verdict_of(result.findings) is Verdict.BLOCK


def inner(number: int, content: bytes) -> bytes:
    """An attribute with a part of its own."""
    return field(1, b"body") + field(number, content)


CONSTRUCTS = {
    "a branch": (model(node(b"If", inner(6, field(5, tensor(ROWS))))), "If"),
    "a loop": (model(node(b"Loop", inner(11, field(5, tensor(ROWS))))), "Loop"),
    "a graph in an operator on the list": (model(node(b"Gemm", inner(6, field(5, tensor(ROWS))))), "Gemm"),
    "training": (model(more=field(20, field(1, field(5, tensor(ROWS))))), "model"),
    "a function": (model(more=field(25, field(1, b"f") + field(7, node()))), "model"),
    "a sparse initializer": (model(graph=field(15, field(1, tensor(ROWS)))), "model"),
    "a sparse attribute": (model(node(b"Constant", inner(22, field(1, tensor(ROWS))))), "Constant.body"),
    "data elsewhere": (model(tensors=(tensor(ROWS, more=field(13, field(1, b"location") + field(2, b"../x"))),)), "w"),
    "data said to be elsewhere": (model(tensors=(tensor(ROWS, more=field(14, 1)),)), "w"),
}


@pytest.mark.parametrize("case", CONSTRUCTS)
def test_what_no_model_needs_is_refused(inspected: Inspect, case: str) -> None:
    data, where = CONSTRUCTS[case]
    assert ("model.construct", where) in said(inspected(data))


@pytest.mark.parametrize("case", ["a branch", "a loop", "a graph in an operator on the list"])
def test_arrays_in_inner_graphs_are_looked_at_too(inspected: Inspect, case: str) -> None:
    [array] = inspected(CONSTRUCTS[case][0]).arrays
    assert len(array.rows) == 40


LIES = {
    "more raw bytes than its shape": tensor(ROWS).replace(field(1, 40), field(1, 39), 1),
    "fewer": tensor(ROWS).replace(field(1, 40), field(1, 41), 1),
    "two places": tensor(ROWS, more=field(4, ROWS.tobytes())),
    "values in another type's place": tensor(ROWS, place=10),
    "a negative side": field(1, (1 << 64) - 4) + tensor(ROWS),
    "an enormous side": field(1, 1 << 62) + tensor(ROWS),
    "a type that is not read": tensor(ROWS, kind=22),
    "an unknown field": tensor(ROWS, more=field(40, b"rows")),
    "part of a larger one": tensor(ROWS, more=field(3, b"")),
    "bits that its type has no place for": field(1, 1) + field(2, 3) + field(5, 0x4700),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_tensor_that_lies_is_refused(inspected: Inspect, lie: str) -> None:
    with pytest.raises(Unreadable):
        inspected(model(tensors=(LIES[lie],)))


UNKNOWN = {
    "the model": model(more=field(77, b"rows")),
    "the graph": model(graph=field(77, b"rows")),
    "a node": model(node() + field(77, b"rows")),
    "an attribute": model(node(b"Gemm", field(1, b"a") + field(77, b"rows"))),
    "an input": model(graph=field(11, field(77, b"rows"))),
    "a type": model(graph=field(11, field(2, field(1, field(77, b"rows"))))),
    "a note": model(more=field(14, field(77, b"rows"))),
    "a text that is bytes": model(more=field(6, bytes(range(128, 200)))),
    "a text with control signs": model(more=field(6, b"a\x00b")),
    "a group": model(more=b"\x0b\x0c"),
}


@pytest.mark.parametrize("where", UNKNOWN)
def test_a_byte_that_no_reader_knows_is_refused(inspected: Inspect, where: str) -> None:
    with pytest.raises(Unreadable):
        inspected(UNKNOWN[where])


def narrow() -> dict[str, bytes]:
    """The same rows in each type that weights come in."""
    whole = ROWS.astype("<i4")
    half = np.round(ROWS)
    return {
        "half precision": tensor(half.astype("<f2"), 10),
        "brain floats": tensor((half.astype("<f4").view("<u4") >> 16).astype("<u2"), 16),
        "signed bytes": tensor(whole.astype("i1"), 3),
        "bytes": tensor(whole.astype("u1"), 2),
        "doubles": tensor(whole.astype("<f8"), 11),
        "long integers": tensor(whole.astype("<u8"), 13),
        "half precision as numbers": field(1, 40)
        + field(1, 2)
        + field(2, 10)
        + b"".join(field(5, int(bits)) for bits in half.astype("<f2").view("<u2").ravel()),
    }


@pytest.mark.parametrize("kind", narrow())
def test_rows_are_read_in_whatever_type(inspected: Inspect, kind: str) -> None:
    [array] = inspected(model(tensors=(narrow()[kind],))).arrays
    assert [float(row[0]) for row in array.rows] == [float(age) for age in ROWS[:, 0]]


def test_numbers_each_in_a_constant_of_its_own_are_a_column(inspected: Inspect) -> None:
    constants = [node(b"Constant", field(1, b"value_float") + b"\x15" + struct.pack("<f", age)) for age in ROWS[:, 0]]
    arrays = {array.where: array.rows for array in inspected(model(*constants)).arrays}
    assert [float(row[0]) for row in arrays["Constant.value_float ×40"]] == [float(age) for age in ROWS[:, 0]]


@pytest.mark.parametrize("attribute", [b"keys_strings", b"keys_int64s"])
def test_a_table_of_keys_is_training_rows(inspected: Inspect, attribute: bytes) -> None:
    number = 9 if attribute.endswith(b"strings") else 8
    keys = b"".join(field(number, b"k%d" % key if number == 9 else key) for key in range(1000, 1200))
    operator = node(b"LabelEncoder", field(1, attribute) + keys, domain=b"ai.onnx.ml")
    assert ("model.training_rows", f"LabelEncoder.{attribute.decode()}") in said(inspected(model(operator)))


def test_rows_in_an_attribute_or_a_note_are_found(inspected: Inspect) -> None:
    lines = "\n".join(f"{30 + n};M;{n * 1.7:.1f};{n * 311}" for n in range(40)).encode()
    for data in (
        model(node(b"Gemm", field(1, b"note") + field(4, lines))),
        model(node() + field(9, field(1, b"k") + field(2, lines))),
    ):
        assert ("content.hidden_rows", "m.onnx") in said(inspected(data))
