"""Rows of the project in a model's arrays, whatever their scale, type and layout; weights are nobody's rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_extensions.exports.checks.inspection import Inspected
from hub_extensions.exports.checks.models.arrays.keeping import keep_array
from hub_extensions.exports.checks.models.arrays.matching import check_arrays
from hub_extensions.exports.checks.models.onnx.inspecting import inspect_onnx
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.projectdata import ProjectTable, load_table
from tests.exports.models.make_models import AGE, CRP, X

MODELS = Path(__file__).parents[1] / "models"
Array = np.ndarray


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProjectTable, Array]:
    """A table of a project, and its numbers."""
    source = np.random.default_rng(0)
    columns = {
        "age": source.integers(18, 95, 2000),
        "sex": source.integers(0, 2, 2000),
        "crp": np.round(source.gamma(1.5, 20, 2000) + 0.1, 1),
        "cost": source.integers(200, 30_000, 2000),
        "days": source.geometric(0.15, 2000),
        "bmi": np.round(source.normal(26, 4, 2000), 1),
    }
    path = tmp_path_factory.mktemp("data") / "sejours.parquet"
    pq.write_table(pa.table(columns), path)
    return load_table(path), np.column_stack(list(columns.values())).astype(float)


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory) -> ProjectTable:
    """The persons on whom the models in ``tests/exports/models`` were fitted."""
    path = tmp_path_factory.mktemp("data") / "appris.parquet"
    pq.write_table(pa.table({"age": AGE, "crp": CRP, "x": X[:, 2].astype(float), "z": X[:, 3].astype(float)}), path)
    return load_table(path)


def found(table: ProjectTable, *arrays: Array) -> set[str]:
    kept = Inspected()
    for number, array in enumerate(arrays):
        keep_array(kept, array, f"w{number}")
    return {said.rule for said in check_arrays(kept.arrays, [table], 11)}


def standard(rows: Array) -> Array:
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def logarithms(rows: Array) -> Array:
    return standard(np.column_stack([rows[:, 0], np.log(rows[:, 2]), np.log(rows[:, 3]), np.log1p(rows[:, 4])]))


SCALED: dict[str, Callable[[Array], Array]] = {
    "as they are": lambda rows: rows,
    "standard": standard,
    "standard, single precision": lambda rows: standard(rows).astype("f4"),
    "minimum to maximum": lambda rows: (rows - rows.min(axis=0)) / np.ptp(rows, axis=0),
    "one map a column": lambda rows: rows * [3.7, 1, 0.01, 2, 5, 0.3] + [1, 2, -3, 4, 5, 6],
    "logarithms, then standard": logarithms,
    "laid down": lambda rows: standard(rows).T,
    "flattened": lambda rows: standard(rows).ravel(),
    "shuffled columns, some left out": lambda rows: standard(rows)[:, [5, 2, 0, 4]],
    "behind weights": lambda rows: np.vstack([np.random.default_rng(1).normal(0, 1, (3 * len(rows), 6)), rows]),
    "with filled-in means": lambda rows: np.where(
        np.random.default_rng(2).random(rows.shape) < 0.03, 0.0, standard(rows)
    ),
}


@pytest.mark.parametrize("how", SCALED)
def test_rows_are_found(persons: tuple[ProjectTable, Array], how: str) -> None:
    table, rows = persons
    taken = rows[np.random.default_rng(3).choice(len(rows), 150, replace=False)]
    assert found(table, SCALED[how](taken)) == {"rows.matched"}


def test_a_column_in_each_array_is_a_row_across_them(persons: tuple[ProjectTable, Array]) -> None:
    table, rows = persons
    assert found(table, *standard(rows[:150]).T.astype("f4")) == {"rows.matched"}


def test_a_row_in_each_array_is_a_table(persons: tuple[ProjectTable, Array]) -> None:
    table, rows = persons
    assert found(table, *standard(rows[:60])) == {"rows.matched"}


HONEST: dict[str, Callable[[Array], list[Array]]] = {
    "weights": lambda _: [np.random.default_rng(5).normal(0, 0.3, (48, 6)).astype("f4")],
    "components": lambda rows: [np.linalg.svd(standard(rows), full_matrices=False)[2]],
    "means and deviations": lambda rows: [rows.mean(axis=0), rows.std(axis=0), np.corrcoef(rows.T)],
    "thresholds": lambda rows: [
        np.column_stack([np.arange(60) % 6, np.arange(60), [rows[n * 7, n % 6] + 0.5 for n in range(60)]])
    ],
    "classes' means": lambda rows: [np.array([rows[n::40].mean(axis=0) for n in range(40)])],
    "quantised weights": lambda _: [np.random.default_rng(6).integers(-128, 128, (64, 4)).astype("i1")],
    "permutations of the rows' columns": lambda rows: [
        standard(np.column_stack([np.random.default_rng(n).permutation(column) for n, column in enumerate(rows.T)]))[
            :60
        ]
    ],
}


@pytest.mark.parametrize("what", HONEST)
def test_what_a_model_learns_is_nobodys_row(persons: tuple[ProjectTable, Array], what: str) -> None:
    table, rows = persons
    assert found(table, *HONEST[what](rows)) == set()


@pytest.mark.parametrize("name", ["logistic", "forest", "boosted", "perceptron", "components", "centres", "dense"])
def test_a_real_model_of_these_persons_is_left_alone(modelled: ProjectTable, name: str) -> None:
    arrays = inspect_onnx(MODELS / f"{name}.onnx", Policy()).arrays
    assert list(check_arrays(arrays, [modelled], 11)) == []


@pytest.mark.parametrize("name", ["neighbours", "vectors"])
def test_a_real_model_that_keeps_them_behind_a_scaler_is_found(modelled: ProjectTable, name: str) -> None:
    arrays = inspect_onnx(MODELS / f"{name}.onnx", Policy()).arrays
    assert [said.rule for said in check_arrays(arrays, [modelled], 11)] == ["rows.matched"]


def test_what_there_was_no_time_for_is_said(persons: tuple[ProjectTable, Array]) -> None:
    kept = Inspected()
    keep_array(kept, np.random.default_rng(5).normal(0, 0.3, (48, 6)), "w")
    assert [said.rule for said in check_arrays(kept.arrays, [persons[0]], 11, seconds=0)] == ["model.unfinished"]


NANS = {
    "a payload": np.array([0x7FC00000 | 71, 0x7FC00000 | 34] * 6, dtype="<u4").view("<f4"),
    "a signalling one": np.array([0x7FA00000] * 8, dtype="<u4").view("<f4"),
    "in double precision": np.array([0x7FF8000000000047] * 8, dtype="<u8").view("<f8"),
    "in half precision": np.array([0x7E47] * 8, dtype="<u2").view("<f2"),
}


@pytest.mark.parametrize("how", NANS)
def test_what_is_written_in_the_bits_of_nan_is_refused(how: str) -> None:
    kept = Inspected()
    keep_array(kept, NANS[how], "w")
    assert [said.rule for said in kept.findings] == ["model.nan"]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">f8"])
def test_plain_nans_of_either_sign_are_plain(dtype: str) -> None:
    kept = Inspected()
    keep_array(kept, np.array([1.0, np.nan, -np.nan, 2.0, np.inf], dtype=dtype), "w")
    assert kept.findings == []
