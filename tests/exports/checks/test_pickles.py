"""Pickles are read and never run: no class is imported, no function called, whatever the opcode."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from hub_extensions.exports.checks.models.pickles import Inert, globals_of, replay
from tests.exports.checks.conftest import Checker


class _Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(6))
def test_code_in_a_pickle_is_named_and_not_run(tmp_path: Path, judge: Checker, protocol: int) -> None:
    canary = tmp_path / "ran"
    data = pickle.dumps(_Evil(canary), protocol=protocol)
    verdict = judge("evil.pkl", data)
    assert not canary.exists()
    assert "model.code" in {finding.rule for finding in verdict.findings}
    assert globals_of(data)[-1][1] == "system"
    content = replay(tmp_path / "evil.pkl")
    assert isinstance(content, Inert)
    assert not canary.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch {}'\ntR.",
        b"(S'touch {}'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch {}'\no.",
        b'c__builtin__\neval\n(S\'__import__("os").system("touch {}")\'\ntR.',
        b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85\x81.",
        b"\x80\x02\x82\x01.",
    ],
)
def test_every_way_to_call_is_inert(tmp_path: Path, data: bytes) -> None:
    canary = tmp_path / "ran"
    path = tmp_path / "x.pkl"
    path.write_bytes(data.replace(b"{}", str(canary).encode()))
    replay(path)
    assert not canary.exists()


def test_rows_behind_a_wrapper_are_seen(judge: Checker) -> None:
    import numpy as np

    data = pickle.dumps({"estimators_": [{"_fit_X": np.zeros((500, 2))}]})
    found = {finding.where for finding in judge("m.pkl", data).findings if finding.rule == "model.array"}
    assert found == {"_fit_X"}
