"""ACRO's federated evidence: the tables behind an output, as acro 1.0.2 writes them, judged here and never believed."""

import json
from pathlib import Path

import pytest

from hub_extensions.exports.checks import Policy
from tests.exports.conftest import Checked

COUNTS = "dep,F,H\n75,132,130\n92,131,143\n93,147,117\n"
SUM = "dep,F,H\n75,237548.1,229543.3\n92,276859.91,297852.03\n93,276710.43,203594.56\n"
MAX = "dep,F,H\n75,13749.49,15647.52\n92,46706.33,50018.94\n93,13203.86,17902.7\n"
TWO = "dep,F,H\n75,25812.96,24436.31\n92,73237.78,99018.9\n93,24664.78,28056.53\n"
NONE = "dep,F,H\n75,0,0\n92,0,0\n93,0,0\n"
KINDS = {"count_table": COUNTS, "sum": SUM, "max": MAX, "top_2_sum": TWO, "top_n_sum": TWO, "num_negative": NONE}


def judged(
    checked: Checked, tmp_path: Path, change: dict[str, str], asked: tuple[str, ...] = (), policy: Policy | None = None
) -> dict[str, set[str]]:
    """Rules that block or flag each file asked for, beside the evidence of one sum, changed as said."""
    tables = {f"output_1_{kind}.csv": text for kind, text in {**KINDS, **change}.items() if text}
    named = {kind: f"output_1_{kind}.csv" for kind in {**KINDS, **change}}
    output = {"command": "", "analysis_names": ["Sum"], "variable_types": {}, "dof": None, "interim_tables": named}
    evidence = {"version": "1.0.2", "tool": {"name": "ACRO"}, "outputs": {"output_1": output}}
    for name, text in {**tables, "evidence.json": json.dumps(evidence), "couts.csv": SUM}.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in ("couts.csv", *asked, "evidence.json")]
    verdicts = checked(files, policy or Policy())
    return {
        verdict.file.name: {each.rule for each in verdict.findings if each.severity != "info"} for verdict in verdicts
    }


def test_sound_evidence_blocks_nothing_and_stays_evidence(checked: Checked, tmp_path: Path) -> None:
    found = judged(checked, tmp_path, {})
    assert not found["couts.csv"]
    assert found["evidence.json"] == {"evidence.acro"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"count_table": COUNTS.replace("143", "4")}, "evidence.small_count"),
        ({"max": MAX.replace("50018.94", "280000")}, "table.dominance"),
        ({"top_2_sum": TWO.replace("99018.9", "280000")}, "table.dominance"),
        ({"num_negative": NONE.replace("92,0", "92,2")}, "evidence.negative"),
    ],
    ids=["few persons", "one contributor", "two contributors", "negative"],
)
def test_what_the_tables_behind_a_sum_show_is_charged_to_the_file_that_shows_it(
    checked: Checked, tmp_path: Path, change: dict[str, str], rule: str
) -> None:
    found = judged(checked, tmp_path, change)
    assert rule in found["couts.csv"]
    assert rule not in found["evidence.json"]


def test_two_contributors_count_where_the_rules_say_so(checked: Checked, tmp_path: Path) -> None:
    change = {"top_2_sum": TWO.replace("99018.9", "280000")}
    assert not judged(checked, tmp_path, change, policy=Policy(dominance_two=1.0))["couts.csv"]


def test_tables_of_maxima_stay_inside_and_missing_ones_are_said(checked: Checked, tmp_path: Path) -> None:
    found = judged(checked, tmp_path, {"sum": ""}, ("output_1_max.csv",))
    assert "evidence.internal" in found["output_1_max.csv"]
    assert "evidence.missing" in found["evidence.json"]


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", ".."])
def test_evidence_that_names_files_elsewhere_is_read_like_any_json(checked: Checked, tmp_path: Path, name: str) -> None:
    evidence = {"outputs": {"output_1": {"interim_tables": {"sum": name}}}}
    (tmp_path / "evidence.json").write_text(json.dumps(evidence))
    (verdict,) = checked([tmp_path / "evidence.json"])
    assert not {each.rule for each in verdict.findings} & {"evidence.acro", "evidence.missing"}
