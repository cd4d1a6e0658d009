"""The desk with the product's own checks: a small count stops, the mended table leaves as it was normalised."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.testing import capture
from hub_extensions.exports.checking import standard_checker
from hub_extensions.exports.details import detail, read_file
from hub_extensions.exports.states import State
from hub_extensions.exports.submitting import pre_check
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, PROJECT, Bench, open_bench

SMALL = b"age,patients\n40-49,120\n50-59,4\n60-69,230\n"
MENDED = b"age,patients\r\n40-59,124\r\n60-69,230\r\n"


@pytest.fixture
def bench(new_home: Callable[[str], Path]) -> Iterator[Bench]:
    """A desk that checks for real."""
    with capture() as ledger:
        made = open_bench(new_home("home"), ledger)
        made.desk = replace(made.desk, checker=standard_checker)
        yield made
        made.desk.store.close()


def test_a_small_count_is_blocked_then_corrected_and_released(bench: Bench) -> None:
    bench.write("rate.csv", SMALL)
    request_id = bench.draft("rate.csv")
    assert bench.submit(request_id) is State.DRAFT
    (file,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["files"]
    assert file["verdict"] == "block"
    assert "table.small_count" in {finding["rule"] for finding in file["findings"]}
    bench.write("rate.csv", MENDED)
    (checked,) = pre_check(bench.desk, PROJECT, ["rate.csv"], actor=AUTHOR, now=bench.now)
    assert checked.verdict != "block", checked.findings
    assert bench.submit(request_id) is State.SUBMITTED
    preview = read_file(bench.desk, request_id, file["id"], actor=ADA, now=bench.now)
    assert b"124" in preview.path.read_bytes()
    bench.vote(request_id, ADA)
    assert bench.vote(request_id, BEA) is State.RELEASED
