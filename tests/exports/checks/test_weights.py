"""Bare arrays: weights are a reviewer's question, the project's rows are not, and a header must tell the truth."""

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_extensions.exports.checks.corpus.modelled import safetensors
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.models.weights import inspect_safetensors
from hub_extensions.exports.checks.policy import Policy
from tests.exports.checks.conftest import Checker

WEIGHTS = np.random.default_rng(3).normal(0, 0.3, (40, 6))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A table of a project in which nothing is a whole number."""
    source = np.random.default_rng(11)
    values = np.round(source.gamma(2, 20, (3000, 4)), 2)
    path = tmp_path_factory.mktemp("data") / "dosages.parquet"
    pq.write_table(pa.table({f"v{place}": values[:, place] for place in range(4)}), path)
    return path, values


def written(array: Any) -> bytes:
    """An array as NumPy writes it."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize("laid_down", [False, True])
@pytest.mark.parametrize("suffix", ["safetensors", "npy"])
def test_the_projects_rows_are_found_among_weights(
    measured: tuple[Path, Any], judge: Checker, suffix: str, laid_down: bool
) -> None:
    path, values = measured
    rows = values[100:140].T if laid_down else values[100:140]
    content = safetensors({"w": WEIGHTS, "b": rows}) if suffix == "safetensors" else written(rows)
    verdict = judge(f"model.{suffix}", content, data=[path])
    assert "rows.matched" in {finding.rule for finding in verdict.findings}


@pytest.mark.parametrize("suffix", ["safetensors", "npy"])
def test_weights_are_for_a_reviewer(measured: tuple[Path, Any], judge: Checker, suffix: str) -> None:
    content = safetensors({"w": WEIGHTS}) if suffix == "safetensors" else written(WEIGHTS)
    verdict = judge(f"model.{suffix}", content, data=[measured[0]])
    assert [finding.rule for finding in verdict.findings] == ["model.lane"]


def of_header(header: Any, body: bytes) -> bytes:
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + body


LIES = {
    "a gap": {"w": {"dtype": "F64", "shape": [2], "data_offsets": [16, 32]}},
    "an overlap": {
        "a": {"dtype": "F64", "shape": [4], "data_offsets": [0, 32]},
        "b": {"dtype": "F64", "shape": [2], "data_offsets": [16, 32]},
    },
    "bytes behind": {"w": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}},
    "another shape": {"w": {"dtype": "F64", "shape": [5], "data_offsets": [0, 32]}},
    "a negative place": {"w": {"dtype": "F64", "shape": [4], "data_offsets": [-32, 0]}},
    "an unknown type": {"w": {"dtype": "PERSON", "shape": [4], "data_offsets": [0, 32]}},
    "no tensor": {"w": 3},
    "a list": [],
    "nothing": {},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused(tmp_path: Path, lie: str) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(of_header(LIES[lie], bytes(32)))
    with pytest.raises(Unreadable):
        inspect_safetensors(path, Policy())


def test_a_header_longer_than_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}" + bytes(40))
    with pytest.raises(Unreadable):
        inspect_safetensors(path, Policy())


def test_half_precision_of_both_kinds_is_read(tmp_path: Path) -> None:
    values = np.array([[1.5, -2.25]] * 6, dtype="<f4")
    wide = (values.view("<u4") >> 16).astype("<u2").tobytes()
    half = values.astype("<f2").tobytes()
    header = {
        "bf": {"dtype": "BF16", "shape": [6, 2], "data_offsets": [0, 24]},
        "f": {"dtype": "F16", "shape": [6, 2], "data_offsets": [24, 48]},
    }
    path = tmp_path / "m.safetensors"
    path.write_bytes(of_header(header, wide + half))
    assert {array.rows for array in inspect_safetensors(path, Policy()).arrays} == {(("1.5", "-2.25"),) * 6}


def test_rows_behind_an_array_are_seen(judge: Checker) -> None:
    verdict = judge("w.npy", written(WEIGHTS) + b"75;34;120\n" * 40)
    assert "content.trailing" in {finding.rule for finding in verdict.findings}
