"""The bench runs and prints what was asked for; its figures are no test."""

import shutil
import tempfile
from pathlib import Path

import pytest

from hub_extensions.bench import ledger
from hub_extensions.bench.comparison import as_json


def unheard(done: int, total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def short_folder():
    folder = Path(tempfile.mkdtemp(prefix="bv", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


async def test_every_path_is_measured_in_turn(short_folder, monkeypatch):
    monkeypatch.setattr(ledger, "SLICE_S", 0.05)
    monkeypatch.setattr(ledger, "CLIENTS", (1, 4))
    cases = await ledger.measure(short_folder, 2, unheard)
    cases.append(ledger.measure_proofs(short_folder, 700, unheard))
    document = as_json(cases, {})
    assert [case["case"].split(",")[0] for case in document] == ["1 client", "4 clients", "a proof at 700 entries"]
    assert all(case["ours"]["p50"] > 0 and case["stock"]["n"] > 0 for case in document)
    assert {"SQLite WAL FULL", "pymerkle 7", "1 client, sealing and recording"} <= set(document[0])
