"""The bench of a cell's round trip: every path in turn, equal results or none, never a figure from a failed cell."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub_extensions.bench import execute, stock
from hub_extensions.bench.execute import SHIPPED, WORKS, Paths, Work, measure
from hub_extensions.bench.floors import DurableWrites
from hub_extensions.commands.bench import command
from hub_extensions.engine import images
from hub_extensions.kernel_client import ExecutionResult
from project_spaces.errors import Conflict


class FakeKernel:
    """Answers at once, and notes who was asked in which order."""

    def __init__(self, name: str, asked: list[str], result: ExecutionResult) -> None:
        self.name, self.asked, self.result = name, asked, result

    async def execute(self, code: str) -> Any:
        self.asked.append(self.name)
        return "ok" if self.name == "zmq" else self.result


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DurableWrites]:
    writes = DurableWrites(tmp_path)
    yield writes
    writes.close()


def paths(disk: DurableWrites, asked: list[str], **results: ExecutionResult) -> Paths:
    good = ExecutionResult(status="ok")
    kernels = {name: FakeKernel(name, asked, results.get(name, good)) for name in ("ours", "stock", SHIPPED)}
    return Paths(kernels, FakeKernel("zmq", asked, good), disk, {})  # type: ignore[arg-type]


async def test_every_path_is_measured_equally_often_and_in_turn(disk: DurableWrites) -> None:
    asked: list[str] = []
    turns: list[int] = []
    case = await measure(Work("pass", "pass"), paths(disk, asked), rounds=10, cells=4, advance=lambda: turns.append(1))
    assert len(turns) == 10
    assert {name: len(durations) for name, durations in case.paths.items()} == dict.fromkeys(
        ("ours", "stock", SHIPPED, "zmq", "fdatasync"), 40
    )
    assert set(Counter(asked).values()) == {44}  # four more each, unmeasured
    measured = asked[4 * 4 :]
    first = [measured[round_ * 16] for round_ in range(10)]
    assert set(first) == {"ours", "stock", SHIPPED, "zmq"}  # nobody always has the warm caches of the one before


@pytest.mark.parametrize("path", ["ours", "stock", SHIPPED])
@pytest.mark.parametrize(
    "result",
    [
        ExecutionResult(status="error", error="NameError: x"),
        ExecutionResult(status="ok", outputs=[{"output_type": "stream", "name": "stdout", "text": "more"}]),
    ],
)
async def test_a_failed_or_unequal_cell_ends_the_bench(disk: DurableWrites, path: str, result: ExecutionResult) -> None:
    with pytest.raises(Conflict, match="Unexpected"):
        await measure(WORKS[0], paths(disk, [], **{path: result}), 10, 1, lambda: None)


def test_cells_are_of_the_size_their_name_says() -> None:
    sizes = {work.name: (len(work.code), len(work.printed)) for work in WORKS}
    assert sizes["source_4kb"] == (4096, 0)
    assert sizes["output_1mb"][1] == 1_000_000


def test_fewer_than_ten_alternations_are_refused() -> None:
    result = CliRunner().invoke(command, ["execute", "--rounds", "9"])
    assert result.exit_code == 2
    assert "10" in result.output


def test_the_stock_side_has_the_analysts_packages_at_the_same_versions() -> None:
    def pinned(lock: Path) -> dict[str, str]:
        lines = (line.split(" ")[0] for line in lock.read_text().splitlines() if "==" in line)
        return dict(line.split("==", 1) for line in lines)

    ours = pinned(images.FOLDER / "datascience" / "requirements.lock")
    theirs = pinned(stock.IMAGES / "stock" / "requirements.lock")
    assert ours.items() <= theirs.items()
    assert theirs["jupyterhub"] == "6.1.1"


def test_the_stock_image_stands_on_the_analysts() -> None:
    chain = ["stock"]
    while parent := images.parent_of(chain[-1], stock.IMAGES):
        chain.append(parent)
    assert chain == ["stock", "datascience", "base"]
    assert images.place_of("base", stock.IMAGES) == images.FOLDER / "base"


def test_the_variants_differ_in_one_argument() -> None:
    assert stock.VARIANTS["as-shipped"] == []
    (argument,) = stock.VARIANTS["stock"]
    assert argument.endswith("=nodelay.NoDelayConnection")
    assert execute.SHIPPED == "stock_as_shipped"
