"""`bureau bench link`: the linkage program against stock pandas, interleaved in one run, with equal results checked.

Two cases: ``join`` is the bare join of two tables on a key, Parquet to Parquet; ``delivery`` is a whole linkage with
pseudonyms and counts, against the same written in pandas. A side whose rows or sums differ stops the bench.
"""

import hashlib
import hmac
import importlib.util
import json
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hub_extensions.bench.comparison import Case, as_json, interleave, show
from hub_extensions.engine.progress import Visible
from project_spaces.errors import Invalid
from project_spaces.text import Text

JOIN_PROGRAM = Path(__file__).resolve().parents[2] / "spawner_images" / "linkage" / "join.py"
MATCHING_SHARE = 0.8
SEED = 20_261_125


@dataclass(frozen=True)
class Files:
    """One generated pair of tables and where results go."""

    left: Path
    right: Path
    ours: Path
    stock: Path


Work = Callable[[Files], None]


def generate(folder: Path, rows: int) -> Files:
    """Write two tables of *rows* persons each, keys of 32 hexadecimal digits, 80 % in both, in different orders."""
    chance = np.random.default_rng(SEED)
    shared = int(rows * MATCHING_SHARE)
    for name, first in (("left", 0), ("right", rows - shared)):
        numbers = chance.permutation(np.arange(first, first + rows))
        keys = [hashlib.md5(b"%d" % number, usedforsecurity=False).hexdigest() for number in numbers]
        table = pa.table({"key": keys, name: chance.integers(0, 1000, rows)})
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    for name in ("ours", "stock"):
        (folder / name).mkdir()
    return Files(folder / "left.parquet", folder / "right.parquet", folder / "ours", folder / "stock")


def join_ours(files: Files) -> None:
    """Join with DuckDB, Parquet to Parquet."""
    left, right, target = (str(path) for path in (files.left, files.right, files.ours / "join.parquet"))
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.read_parquet(left).create_view("l")
        connection.read_parquet(right).create_view("r")
        connection.sql('SELECT key, "left", "right" FROM l JOIN r USING (key)').write_parquet(
            target, compression="zstd"
        )


def join_stock(files: Files) -> None:
    """Join with pandas, Parquet to Parquet."""
    joined = pd.read_parquet(files.left).merge(pd.read_parquet(files.right), on="key")
    joined.to_parquet(files.stock / "join.parquet", compression="zstd", index=False)


def delivery_ours(files: Files, program: ModuleType, key: bytes) -> None:
    """Run the program of the linkage container."""
    sides = {side: {"table": side, "record": None, "keep": [side]} for side in ("left", "right")}
    rule = {"kind": "exact", "compare": [["key", "key"]], "never_match": [], "at_least": 1}
    job = {**rule, **sides, "pseudonym": "ID_PROJET", "truth": None}
    program.run(job, {"left": files.left, "right": files.right}, key, files.ours)


def delivery_stock(files: Files, key: bytes) -> None:
    """Do the same in pandas: keep who is on both sides, replace the key, sort, count."""
    left, right = pd.read_parquet(files.left), pd.read_parquet(files.right)
    common = pd.Series(np.intersect1d(left["key"].unique(), right["key"].unique()))
    digests = [hmac.digest(key, each.encode(), "sha256")[:16].hex() for each in common]
    pseudonyms = pd.Series(digests, index=pd.Index(common, dtype=left["key"].dtype), name="ID_PROJET")
    for name, side in (("left", left), ("right", right)):
        kept = side.merge(pseudonyms, left_on="key", right_index=True)[["ID_PROJET", name]]
        kept.sort_values(["ID_PROJET", name]).to_parquet(files.stock / f"{name}.parquet", index=False)
    persons = pd.DataFrame({"ID_PROJET": np.sort(pseudonyms)})
    persons.to_parquet(files.stock / "persons_linked.parquet", index=False)


def check_equal(files: Files, names: tuple[str, ...]) -> None:
    """Compare rows, persons and sums of both results; a bench of unequal work measures nothing."""
    for name in names:
        ours, stock = (pd.read_parquet(folder / f"{name}.parquet") for folder in (files.ours, files.stock))
        columns = [column for column in ("left", "right") if column in stock]
        if _fingerprint(ours, stock.columns[0], columns) != _fingerprint(stock, stock.columns[0], columns):
            raise Invalid(Text(f"Résultats différents : {name}.", f"Unequal results: {name}."))


def _fingerprint(table: pd.DataFrame, person: str, columns: list[str]) -> tuple[int, ...]:
    """Rows, a sum over the hashes of the persons, and the sum of each column: the same in any order."""
    hashes = pd.util.hash_pandas_object(table[person].astype(str), index=False)
    return (len(table), int(hashes.sum()), *(int(table[column].sum()) for column in columns))


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("join", JOIN_PROGRAM)
    if spec is None or spec.loader is None or not JOIN_PROGRAM.is_file():
        raise Invalid(Text(f"{JOIN_PROGRAM} est absent.", f"{JOIN_PROGRAM} is missing."))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(rows: int, rounds: int, advance: Callable[[int, int], None]) -> list[Case]:
    """Run both cases *rounds* times, ours and stock in turn; the delivery on a tenth of the rows, being more work."""
    program, key = _program(), secrets.token_bytes(32)

    def run(case: str, count: int, *, names: tuple[str, ...], ours: Work, stock: Work, before: int) -> Case:
        with tempfile.TemporaryDirectory(prefix="bureau-bench-") as folder:
            files = generate(Path(folder), count)
            measured = interleave(
                f"{case}-{count}",
                lambda: ours(files),
                lambda: stock(files),
                rounds,
                lambda done: advance(before + done, 2 * rounds),
            )
            check_equal(files, names)
        return measured

    def ours_delivers(files: Files) -> None:
        delivery_ours(files, program, key)

    def stock_delivers(files: Files) -> None:
        delivery_stock(files, key)

    delivered = ("left", "right", "persons_linked")
    return [
        run("join", rows, names=("join",), ours=join_ours, stock=join_stock, before=0),
        run(
            "delivery",
            max(rows // 10, 1000),
            names=delivered,
            ours=ours_delivers,
            stock=stock_delivers,
            before=rounds,
        ),
    ]


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, type=click.IntRange(1_000, 20_000_000))
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(3, 200))
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def command(rows: int, rounds: int, as_document: bool) -> None:  # noqa: FBT001 - click passes options by name
    """A join of ROWS x ROWS persons, and a whole linkage of a tenth: ours (DuckDB) and stock pandas in turn."""
    with Visible() as report:
        report.step(f"Linking {rows:,} x {rows:,} persons")
        cases = measure(rows, rounds, report.advance)
    versions = {"duckdb": duckdb.__version__, "pandas": pd.__version__, "pyarrow": pa.__version__}
    document: list[dict[str, Any]] = as_json(cases, versions)
    click.echo(json.dumps(document, indent=1) if as_document else show(cases))
