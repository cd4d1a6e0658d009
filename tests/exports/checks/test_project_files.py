"""The project's own tables are read whatever wrote them: what is not read is not recognised."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_extensions.exports.checks.rows.matching import match_rows
from hub_extensions.exports.checks.rows.projectdata import Numbers, ProjectTable, Words, load_table

LINES = 30_000


def _table(path: Path, text: str, encoding: str = "utf-8") -> ProjectTable:
    path.write_bytes(text.encode(encoding))
    return load_table(path)


def _kinds(table: ProjectTable) -> dict[str, str]:
    return {column.name: column.kind for column in table.columns}


def _french(number: int) -> str:
    day = f"{1 + number % 28:02d}/12/20{10 + number % 10}"
    return f"{number};0{number % 90};{day};{number % 977},{number % 83:02d};é{number % 7}"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_a_french_csv(tmp_path: Path, encoding: str) -> None:
    text = "id;dep;entree;cout;ville\n" + "\n".join(map(_french, range(LINES)))
    table = _table(tmp_path / "a.csv", text, encoding)
    assert _kinds(table) == {"id": "number", "dep": "text", "entree": "date", "cout": "number", "ville": "text"}
    assert table.rows == LINES
    shown = [_french(number).replace(",", ".").split(";")[:4] for number in (71, 5_000, 9_111, 12_345, 29_000)]
    assert match_rows(shown, table, 11)


def test_words_late_in_a_column_of_numbers(tmp_path: Path) -> None:
    """DuckDB took the beginning for the whole, and stopped every check of the project."""
    lines = [f"{number if number < LINES - 5 else 'inconnu'},d{number % 7}" for number in range(LINES)]
    table = _table(tmp_path / "a.csv", "id,dep\n" + "\n".join(lines))
    by_name = {column.name: column for column in table.columns}
    assert isinstance(by_name["id"], Words)
    numbers = by_name["id (nombres)"]
    assert isinstance(numbers, Numbers)
    assert numbers.distinct == len(numbers.ordered) == LINES - 5


def test_line_breaks_in_quotes_and_missing_values(tmp_path: Path) -> None:
    lines = [f'{number},"ligne\n{number % 50}, fin",{"NA" if number % 3 else number / 4}' for number in range(LINES)]
    table = _table(tmp_path / "a.csv", "id,note,x\n" + "\n".join(lines))
    by_name = {column.name: column for column in table.columns}
    assert table.rows == LINES
    assert by_name["note"].distinct == 50
    assert by_name["x (nombres)" if "x (nombres)" in by_name else "x"].distinct == LINES // 3


def test_parquet_of_every_type(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {
        "whole": pa.array([1, None, 3], pa.uint8()),
        "money": pa.array([1, 2, None], pa.int16()).cast(pa.decimal128(12, 2)),
        "flag": pa.array([True, None, False]),
        "moment": pa.array([0, 86_400_000, None], pa.timestamp("ms", "UTC")),
        "word": pa.array(["a", None, "b"], pa.large_string()),
        "coded": pa.array(["a", "b", "a"]).dictionary_encode(),
        "group": pa.array([7, 8, 7]).dictionary_encode(),
        "list": pa.array([[1], [2], None]),
        "hour": pa.array([1, 2, 3], pa.time32("s")),
    }
    pq.write_table(pa.table(columns), path, row_group_size=2)
    table = load_table(path)
    assert _kinds(table) == {
        "whole": "number", "money": "number", "flag": "number", "moment": "date", "word": "text", "coded": "text",
        "group": "number",
    }  # fmt: skip
    assert [column.distinct for column in table.columns] == [2, 2, 2, 2, 2, 2, 2]
