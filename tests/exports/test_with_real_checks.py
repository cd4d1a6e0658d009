"""The desk with the product's own checks: a small count stops, the mended table leaves as it was normalised."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from audit.testing import capture
from hub_extensions.exports import drafting
from hub_extensions.exports.checking import standard_checker
from hub_extensions.exports.details import detail
from hub_extensions.exports.reading import read_file
from hub_extensions.exports.states import State
from hub_extensions.exports.submitting import pre_check
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, DECLARATION, PROJECT, Bench, open_bench
from hub_extensions.portal.project_files import list_files
from project_spaces.errors import TooLarge, Unavailable

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


def _described(bench: Bench, name: str, **kept: str) -> None:
    said = {"dataset": "sejours", "dimensions": ["dep"], "measure": "count", "filter": kept}
    bench.write(f"{name}.table.json", json.dumps(said).encode())


def test_what_left_is_compared_with_the_population_it_was_judged_with(bench: Bench) -> None:
    """Everybody is out; then everybody but the rare: whoever rewrites the description of what left gains nothing."""
    bench.write("tous.csv", b"dep,n\n75,200\n92,300\n")
    _described(bench, "tous.csv")
    bench.released("tous.csv")
    _described(bench, "tous.csv", sexe="autre chose")
    bench.write("sans.csv", b"dep,n\n75,196\n92,250\n")
    _described(bench, "sans.csv", rare="non")
    (checked,) = pre_check(bench.desk, PROJECT, ["sans.csv"], actor=AUTHOR, now=bench.now)
    assert {"difference.nested", "difference.derived"} & {finding.rule for finding in checked.findings}


def test_a_checker_killed_from_outside_half_way_is_never_a_pass(bench: Bench) -> None:
    """What an out-of-memory killer or an impatient operator does; afterwards the same request goes through."""
    bench.write("rate.csv", MENDED)
    request_id = bench.draft("rate.csv")
    over = threading.Event()
    known = {child.pid for child in psutil.Process().children(recursive=True)}

    def strike() -> None:
        while not over.is_set():
            for child in psutil.Process().children(recursive=True):
                if child.pid not in known:
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            time.sleep(0.002)

    killer = threading.Thread(target=strike)
    killer.start()
    try:
        with suppress(Unavailable):
            bench.submit(request_id)
    finally:
        over.set()
        killer.join()
    assert bench.state(request_id) is State.DRAFT
    (file,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["files"]
    assert file["verdict"] != "pass"
    assert bench.submit(request_id) is State.SUBMITTED


def test_ten_thousand_files_neither_fill_a_request_nor_hang_the_list(bench: Bench) -> None:
    for number in range(10_000):
        (bench.project_dir / f"f{number}.csv").touch()
    listing = list_files(bench.project_dir)
    assert (len(listing.files), listing.complete) == (500, False)
    request_id = bench.draft(*(f"f{number}.csv" for number in range(bench.desk.rules.max_files)))
    with pytest.raises(TooLarge):
        drafting.add_file(bench.desk, request_id, "f9999.csv", DECLARATION, actor=AUTHOR, now=bench.now)
    with pytest.raises(TooLarge):
        pre_check(bench.desk, PROJECT, [f"f{number}.csv" for number in range(10_000)], actor=AUTHOR, now=bench.now)
