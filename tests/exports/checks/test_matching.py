"""Rows of the project are recognised whatever was done to hide them; aggregates are not taken for rows."""

import datetime as dt
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_extensions.exports.checks.rows.matching import day_of, lone_values, match_rows
from hub_extensions.exports.checks.rows.projectdata import ProjectTable, load_table
from tests.exports.checks.conftest import Checker

ROWS = 60_000
COLUMNS = ["age", "sexe", "dep", "entree", "duree", "cout", "diag", "crp", "naissance", "tas", "poids"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pa.Table, ProjectTable]:
    """A table of sixty thousand invented stays."""
    source = np.random.default_rng(7)
    table = pa.table(
        {
            "patient": source.permutation(ROWS) + 10_000_000,
            "age": source.integers(0, 100, ROWS),
            "sexe": source.choice(["H", "F"], ROWS),
            "dep": source.integers(1, 96, ROWS).astype(str),
            "entree": np.datetime64("2015-01-01") + source.integers(0, 3000, ROWS).astype("timedelta64[D]"),
            "duree": source.poisson(4, ROWS),
            "cout": np.round(source.lognormal(7, 1, ROWS), 2),
            "diag": source.choice([f"{a}{i:02d}" for a in "ABCDEF" for i in range(40)], ROWS),
            "crp": np.round(source.gamma(1, 20, ROWS), 1),
            "naissance": np.datetime64("1930-01-01") + source.integers(0, 30000, ROWS).astype("timedelta64[D]"),
            "tas": source.integers(80, 200, ROWS),
            "poids": np.round(source.normal(75, 15, ROWS), 1),
        }
    )
    path = tmp_path_factory.mktemp("data") / "sejours.parquet"
    pq.write_table(table, path)
    return path, table, load_table(path)


def _extract(table: pa.Table, source: random.Random, *, hide: bool, columns: list[str]) -> list[list[str]]:
    taken = table.take([source.randrange(ROWS) for _ in range(5)]).select(columns).to_pylist()
    rows = []
    for record in taken:
        row = []
        for name in columns:
            value = record[name]
            if isinstance(value, dt.date):
                value = str(value + dt.timedelta(days=1 if hide else 0))[:10]
            elif hide and isinstance(value, int | float):
                value = f"{float(f'{value:.2g}'):g}"
            row.append(str(value))
        rows.append(row)
    return rows


@pytest.mark.parametrize("hide", [False, True])
def test_five_rows_are_found_names_stripped_columns_shuffled(
    data: tuple[Path, pa.Table, ProjectTable], hide: bool
) -> None:
    _, table, indexed = data
    source = random.Random(3)  # noqa: S311
    found = sum(
        match_rows(_extract(table, source, hide=hide, columns=source.sample(COLUMNS, len(COLUMNS))), indexed, 11)
        is not None
        for _ in range(40)
    )
    assert found >= 38


def test_aggregates_are_not_taken_for_rows(data: tuple[Path, pa.Table, ProjectTable]) -> None:
    _, table, indexed = data
    frame = table.to_pandas()
    source = random.Random(5)  # noqa: S311
    flagged, seen = [], 0
    for _ in range(60):
        by = source.sample(["age", "sexe", "dep", "diag", "duree", "tas"], source.choice([1, 1, 2]))
        made = (
            frame.groupby(by).agg(n=("age", "size"), cout=("cout", "mean"), crp=("crp", "mean")).reset_index().round(2)
        )
        made = made[made["n"] >= 11][[*by, *source.choice([["n"], ["n", "cout"], ["n", "crp", "cout"]])]]
        rows = [[str(cell) for cell in row] for row in made.head(300).itertuples(index=False)]
        seen += len(rows) >= 3
        if match_rows(rows, indexed, 11) is not None or list(lone_values(rows, indexed, 11)):
            flagged.append(by)
    assert seen >= 50
    assert not flagged


def test_identifiers_of_the_project_are_recognised_alone(data: tuple[Path, pa.Table, ProjectTable]) -> None:
    _, table, indexed = data
    column = table.column("patient").to_pylist()
    rows = [[str(column[i * 7]), str(20 + i)] for i in range(25)]
    assert list(lone_values(rows, indexed, 11)) == [(0, "patient")]
    assert not list(lone_values([[str(i * 13 + 11), "x"] for i in range(25)], indexed, 11))


def test_the_worker_matches_rows_against_the_data(data: tuple[Path, pa.Table, ProjectTable], judge: Checker) -> None:
    path, table, _ = data
    rows = _extract(table, random.Random(9), hide=True, columns=COLUMNS)  # noqa: S311
    verdict = judge("a.csv", "\n".join(";".join(row) for row in rows), data=[path])
    assert "rows.matched" in {finding.rule for finding in verdict.findings}


def test_data_that_cannot_be_read_pass_nothing(judge: Checker, tmp_path: Path) -> None:
    broken = tmp_path / "data.parquet"
    broken.write_bytes(b"PAR1 not parquet")
    assert judge("a.csv", "dep,n\n75,120\n92,131\n", data=[broken]).verdict == "block"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1970-01-02", 1),
        ("02/01/1970", None),
        ("2020-03-01", 18322),
        ("01/03/2020", 18322),
        ("20200301", 18322),
        ("2020-03-01 10:00", 18322),
        ("2020-13-01", None),
        ("x", None),
    ],
)
def test_days(text: str, day: int | None) -> None:
    assert day_of(text) == (1 if text == "02/01/1970" else day)
