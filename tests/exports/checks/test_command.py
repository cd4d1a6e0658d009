"""``bureau check``: exit status, the JSON that other programs rely on, and one sentence when it can't be asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub_extensions.commands.check import command

CLEAN, SMALL = "dep,n\n75,120\n92,131\n", "dep,n\n75,120\n92,4\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A clean table and one with a small cell."""
    clean, small = tmp_path / "clean.csv", tmp_path / "small.csv"
    clean.write_text(CLEAN)
    small.write_text(SMALL)
    return clean, small


def test_status_0_when_all_pass(files: tuple[Path, Path]) -> None:
    result = CliRunner().invoke(command, [str(files[0])])
    assert result.exit_code == 0
    assert result.output.startswith("pass")


def test_status_1_and_a_sentence_in_french_or_english(files: tuple[Path, Path]) -> None:
    french = CliRunner().invoke(command, [str(files[1])])
    english = CliRunner().invoke(command, [str(files[1]), "--lang", "en"])
    assert french.exit_code == english.exit_code == 1
    assert "masquez" in french.output
    assert "suppress" in english.output


def test_json_is_as_promised(files: tuple[Path, Path], tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(files[0]), str(files[1]), "--json", "--out", str(tmp_path / "out")])
    found = json.loads(result.output)
    assert set(found) == {"files"}
    clean, small = found["files"]
    assert set(clean) == set(small) == {"file", "verdict", "type", "normalised", "findings"}
    assert (clean["verdict"], clean["type"]) == ("pass", "csv")
    assert Path(clean["normalised"]).read_text() == CLEAN
    assert (small["verdict"], small["normalised"]) == ("block", None)
    assert {frozenset(finding) for finding in small["findings"]} == {
        frozenset({"rule", "severity", "where", "message"})
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "at least one file"),
        (["nowhere.csv"], "nowhere.csv"),
        (["{clean}", "--policy", "none.yaml"], "none.yaml"),
        (["{clean}", "--data", "/nowhere"], "/nowhere"),
        (["{clean}", "--released", "/nowhere"], "/nowhere"),
        (["{clean}", "--supporting", "/nowhere"], "/nowhere"),
        (["{clean}", "--unknown"], "--unknown"),
    ],
)
def test_status_2_and_one_sentence(files: tuple[Path, Path], arguments: list[str], said: str) -> None:
    given = [argument.format(clean=files[0]) for argument in arguments]
    result = subprocess.run(
        [sys.executable, "-c", "from hub_extensions.cli import main; main()", "check", *given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_preset_by_name(files: tuple[Path, Path]) -> None:
    assert CliRunner().invoke(command, [str(files[1]), "--policy", "insee-3-85"]).exit_code == 0


def test_evidence_gives_the_verdict_that_the_desk_gives(tmp_path: Path) -> None:
    """A control answers for its sums, is judged as what never leaves, may accuse, and does not leave itself."""
    sums, control = tmp_path / "depenses.csv", tmp_path / "preuve.csv"
    sums.write_text("secteur,effectif,cout_total\nA,120,61200\nB,44,48500\n")
    control.write_text("secteur,effectif,cout_max\nA,120,7344\nB,44,15035\n")

    def verdicts(*arguments: str) -> list[str]:
        found = CliRunner().invoke(command, [*arguments, "--json"])
        return [file["verdict"] for file in json.loads(found.output)["files"]]

    assert verdicts(str(sums)) == ["flag"]
    assert verdicts(str(sums), "--supporting", str(control)) == ["pass", "pass"]
    assert verdicts(str(control)) == ["block"]
    assert verdicts(str(control), "--supporting", str(control)) == ["block", "pass"]
    control.write_text(control.read_text().replace("15035", "47100"))
    assert verdicts(str(sums), "--supporting", str(control)) == ["block", "pass"]
