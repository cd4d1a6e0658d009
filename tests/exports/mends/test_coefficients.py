"""Coefficients only: read out of models without loading a class, judged as a table, refused where they are rows."""

import csv
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub_extensions.exports.checks import DEFAULT, run_checks
from hub_extensions.exports.checks.corpus import hostile, modelled, pasted
from hub_extensions.exports.checks.findings import Verdict
from hub_extensions.exports.mends import CannotMend, Mend, mend_file, offered, run_mend

_LOGISTIC = ("LogisticRegression", "sklearn.linear_model._logistic")


def skops(weights: np.ndarray[Any, Any], seen: int | None = None) -> bytes:
    """Return a skops archive of a linear model, and the number of its observations if it tells one."""
    parts = {"coef_": weights, "intercept_": np.array([0.5])}
    if seen is not None:
        parts["n_samples_seen_"] = np.array([seen])
    nodes = {name: modelled._array(f"{name}.npy") for name in parts}
    return modelled._model(*_LOGISTIC, nodes, {f"{name}.npy": modelled._npy(part) for name, part in parts.items()})


def mended(tmp_path: Path, name: str, content: bytes) -> list[list[str]]:
    (tmp_path / name).write_bytes(content)
    made = mend_file(tmp_path / name, name, Mend.COEFFICIENTS, DEFAULT)
    return list(csv.reader(io.StringIO(made.data.decode())))


def test_a_skops_model_gives_its_coefficients_and_observations(tmp_path: Path) -> None:
    rows = mended(tmp_path, "m.skops", skops(np.array([[0.25, -1.5]]), seen=500))
    assert rows == [["terme", "coefficient"], ["constante", "0.5"], ["x1", "0.25"], ["x2", "-1.5"], ["N", "500"]]


def test_a_pickle_gives_its_coefficients_and_is_not_run(tmp_path: Path) -> None:
    evil = {
        "coef_": np.array([[0.25, -1.5]]),
        "feature_names_in_": np.array(["age", "imc"], dtype=object),
        "x": hostile._Evil(),
    }
    for protocol in (2, 4, 5):
        rows = mended(tmp_path, f"m{protocol}.pkl", pickle.dumps(evil, protocol=protocol))
        assert rows == [["terme", "coefficient"], ["age", "0.25"], ["imc", "-1.5"]]
    assert not hostile.CANARY.exists()


def test_a_printed_summary_gives_its_table_with_n(tmp_path: Path) -> None:
    text = next(case.content for case in pasted.cases() if case.name == "pasted_fine_stata_logit.txt")
    rows = mended(tmp_path, "m.txt", text)
    assert [row[0] for row in rows] == ["deces", "age", "sexe", "_cons", "N"]
    assert rows[-1][1] == "20186"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("few.skops", skops(np.array([[0.25] * 9]), seen=12), "3 degrees of freedom"),
        ("many.skops", skops(np.array([[0.25] * 80])), "80 coefficients of who knows how many"),
        ("rows.skops", skops(np.arange(4000.0).reshape(500, 8), seen=10**9), "rows under the name of coefficients"),
        ("none.skops", modelled._model("RandomForestClassifier", "sklearn.ensemble._forest", {}, {}), "a forest"),
        ("evil.pkl", pickle.dumps(hostile._Evil()), "code"),
        ("broken.onnx", b"\x08\x08", "no model"),
    ],
)
def test_what_has_no_such_coefficients_is_refused(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(CannotMend):
        mended(tmp_path, name, content)
    assert not hostile.CANARY.exists(), why


def test_the_confined_worker_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps({"coef_": np.array([[0.25, -1.5]])}, protocol=4))
    made = run_mend(tmp_path / "m.pkl", "m.pkl", Mend.COEFFICIENTS, DEFAULT)
    (tmp_path / "made.csv").write_bytes(made.data)
    assert run_checks([tmp_path / "made.csv"])[0].verdict is not Verdict.BLOCK
    assert "N" in made.note.fr


def test_it_is_offered_where_a_model_is_judged_and_nowhere_else() -> None:
    assert offered("skops", ["model.lane"]) == (Mend.COEFFICIENTS,)
    assert offered("pickle", ["model.pickle"]) == (Mend.COEFFICIENTS,)
    assert Mend.COEFFICIENTS not in offered("csv", ["table.small_count"])
    assert offered("png", ["model.lane"]) == ()
