"""The figures a bench prints are the ones its durations give, in the shape that other programs read."""

from hub_extensions.bench.comparison import Case, as_json, p99, show, summary


def test_p99_is_the_nearest_rank() -> None:
    assert p99([float(number) for number in range(1, 101)]) == 99
    assert p99([float(number) for number in range(1, 201)]) == 198
    assert p99([3.0, 1.0, 2.0]) == 3.0  # too few to have one: the largest


def test_summary_does_not_depend_on_the_order() -> None:
    assert summary([0.3, 0.1, 0.2]) == summary([0.1, 0.2, 0.3]) == {"p50": 0.2, "p99": 0.3, "n": 3}


def test_further_paths_stand_beside_ours_and_stock() -> None:
    case = Case("pass", ours=(0.2, 0.4), stock=(0.1, 0.2), others={"stock_as_shipped": (1.0,), "zmq": (0.05, 0.05)})
    (entry,) = as_json([case], {"jupyterhub": "6.1.1"})
    assert set(entry) == {"case", "ours", "stock", "stock_as_shipped", "zmq", "ratio", "machine"}
    assert entry["ratio"] == {"p50": 2.0, "p99": 2.0}
    assert entry["stock_as_shipped"] == {"p50": 1.0, "p99": 1.0, "n": 1}
    assert entry["machine"]["versions"] == {"jupyterhub": "6.1.1"}
    assert {"system", "python", "cores", "load"} <= set(entry["machine"])


def test_the_table_has_a_line_per_path_with_ours_over_it() -> None:
    text = show([Case("pass", ours=(0.002,), stock=(0.001,), others={"fdatasync": (0.0005,)})])
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert lines == [
        ["pass", "ours", "2.00", "2.00", "1", "", ""],
        ["", "stock", "1.00", "1.00", "1", "2.00", "2.00"],
        ["", "fdatasync", "0.50", "0.50", "1", "4.00", "4.00"],
    ]
