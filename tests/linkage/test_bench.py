"""The bench compares equal work and prints the document that other programs read."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from hub_extensions.bench.comparison import Case, as_json, p99
from hub_extensions.bench.link import check_equal, command, generate, join_ours, join_stock
from project_spaces.errors import Invalid


def test_prints_both_cases_as_json():
    result = CliRunner().invoke(command, ["--rows", "1000", "--rounds", "3", "--json"], catch_exceptions=False)
    document = json.loads(result.stdout)
    assert [entry["case"] for entry in document] == ["join-1000", "delivery-1000"]
    for entry in document:
        assert set(entry) == {"case", "ours", "stock", "ratio", "machine"}
        assert entry["ours"]["n"] == entry["stock"]["n"] == 3
        assert entry["ratio"]["p50"] > 0


def test_unequal_results_stop_the_bench(tmp_path):
    files = generate(tmp_path, 1_000)
    join_ours(files)
    join_stock(files)
    check_equal(files, ("join",))
    spoilt = pd.read_parquet(files.stock / "join.parquet")
    spoilt.loc[0, "left"] += 1
    spoilt.to_parquet(files.stock / "join.parquet")
    with pytest.raises(Invalid, match="Unequal"):
        check_equal(files, ("join",))


def test_ratio_is_ours_over_stock():
    (entry,) = as_json([Case("x", (1.0, 2.0, 3.0), (4.0, 4.0, 8.0))], {})
    assert entry["ratio"] == {"p50": 0.5, "p99": 0.375}
    assert p99([float(number) for number in range(1, 201)]) == 198
