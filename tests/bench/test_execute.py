"""The bench of a cell's round trip: every path in turn, equal results or none, never a figure from a failed cell."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub_extensions.bench import execute, stock
from hub_extensions.bench.execute import SHIPPED, TUNED, WORKS, Paths, Work, measure
from hub_extensions.bench.floors import DurableWrites
from hub_extensions.clients.kernel import ExecutionResult
from hub_extensions.commands.bench import command
from hub_extensions.engine import images
from hub_extensions.settings import load
from hub_extensions.workspaces.kept_memory import KEEPS_MEMORY
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
    kernels = {name: FakeKernel(name, asked, results.get(name, good)) for name in ("ours", "stock", SHIPPED, TUNED)}
    return Paths(kernels, FakeKernel("zmq", asked, good), disk, {})  # type: ignore[arg-type]


async def test_every_path_is_measured_equally_often_and_in_turn(disk: DurableWrites) -> None:
    asked: list[str] = []
    turns: list[int] = []
    case = await measure(Work("pass", "pass"), paths(disk, asked), rounds=10, cells=4, advance=lambda: turns.append(1))
    assert len(turns) == 10
    assert {name: len(durations) for name, durations in case.paths.items()} == dict.fromkeys(
        ("ours", "stock", SHIPPED, TUNED, "zmq", "fdatasync"), 40
    )
    assert set(Counter(asked).values()) == {44}  # four more each, unmeasured
    measured = asked[4 * 5 :]
    first = [measured[round_ * 20] for round_ in range(10)]
    assert set(first) == {"ours", "stock", SHIPPED, TUNED, "zmq"}  # nobody always has the warm caches of the one before


@pytest.mark.parametrize("path", ["ours", "stock", SHIPPED, TUNED])
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


def test_the_variants_differ_in_what_they_say() -> None:
    plain, shipped, tuned = (stock.VARIANTS[name] for name in ("stock", "as-shipped", "our-settings"))
    assert shipped == stock.Variant()
    assert plain == stock.Variant((stock.NO_DELAY,))
    assert stock.NO_DELAY.endswith("=nodelay.NoDelayConnection")
    assert execute.SHIPPED == "stock_as_shipped"
    assert tuned.args[0] == stock.NO_DELAY
    assert tuned.environment == KEEPS_MEMORY


def test_the_stock_hub_can_read_what_it_is_told(tmp_path: Path) -> None:
    """Its configuration reaches it as JSON."""
    (tmp_path / "secrets").mkdir()
    told = json.loads(json.dumps(stock._facts(load({"home": tmp_path}), images.ImageRef("stock", "1", "sha256:a"))))
    assert told["variants"]["our-settings"]["environment"] == dict(KEEPS_MEMORY)
    assert set(told["variants"]) == set(stock.VARIANTS)


def test_our_settings_are_those_of_our_own_workspaces() -> None:
    """What recording costs is measured against a stock with the very files that workspaces have."""
    (folder,) = stock.VARIANTS["our-settings"].folders
    assert "db_cache_size = 100" in (Path(folder) / "ipython_kernel_config.py").read_text()
    server = (images.FOLDER / "base" / "etc" / "jupyter" / "jupyter_server_config.py").read_text()
    for argument, setting in (
        ("--KernelManager.transport=ipc", 'c.KernelManager.transport = "ipc"'),
        ("--Session.key=", 'c.Session.key = b""'),
    ):
        assert argument in stock.VARIANTS["our-settings"].args
        assert setting in server
