"""A session of the real ACRO (1.0.2, in ``tests/exports/acro``): heard as what its author declares, never believed."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub_extensions.exports.checks.findings import Finding, Verdict, verdict_of
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.request import Request
from hub_extensions.exports.checks.session import Session

REAL = Path(__file__).parents[1] / "acro" / "outputs"
#: Files of the session that the desk blocks: one event per line, counts of 2 and 8, the session's own summaries.
BLOCKED = {"output_6_0.csv", "output_7_0.csv", "session_summary.csv", "session_summary.json"}
Found = dict[str, list[Finding]]


def judged(folder: Path, *left_out: str) -> Found:
    """The findings of every file of a folder but some, judged as one request."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in left_out]
    asked = tuple((number, path, path.name) for number, path in enumerate(files))
    session = Session(Request(asked, frozenset(), Policy(), (), None, folder.parent / "out"))
    session._request.out_dir.mkdir(exist_ok=True)
    found = {path.name: session.check(number, path, path.name)[2] for number, path in enumerate(files)}
    for number, said in session.across().items():
        found[files[number].name] += said
    return found


def rules(found: Found, name: str) -> set[str]:
    return {said.rule for said in found[name]}


def blocked(found: Found) -> set[str]:
    return {name for name, said in found.items() if verdict_of(said) is Verdict.BLOCK}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What is found in the session as the library left it."""
    folder = tmp_path_factory.mktemp("acro") / "outputs"
    shutil.copytree(REAL, folder)
    return judged(folder)


class TestTheRealSession:
    """Its evidence is read in its own form, its files are judged as any."""

    def test_is_declared_evidence_and_no_table_of_persons(self, real: Found) -> None:
        assert rules(real, "results.json") == {"evidence.acro"}
        assert rules(real, "config.json") == {"evidence.acro"}
        assert verdict_of(real["results.json"]) is Verdict.FLAG

    def test_praises_nothing_out_of_a_block(self, real: Found) -> None:
        assert blocked(real) == BLOCKED
        assert "table.small_count" in rules(real, "output_7_0.csv")

    def test_may_accuse(self, real: Found) -> None:
        assert rules(real, "days_0.png") == {"image.pixels", "evidence.fail"}
        assert "MinimumThresholdCheck (2)" in str(real["days_0.png"])

    def test_keeps_its_own_summaries(self, real: Found) -> None:
        assert "evidence.internal" in rules(real, "session_summary.csv") & rules(real, "session_summary.json")


Forge = Callable[[Path, dict[str, Any]], None]


#: Files that are enough to forge with.
FEW = ("output_0_0.csv", "output_7_0.csv")


def forged(tmp_path: Path, forge: Forge, *left_out: str, files: Sequence[str] = FEW) -> Found:
    """The findings after somebody rewrote the session's file, or what lies around it."""
    folder = tmp_path / "outputs"
    (folder / "checksums").mkdir(parents=True)
    for name in files:
        shutil.copy(REAL / name, folder)
        if name != "config.json":  # written after the checksums
            shutil.copy(REAL / "checksums" / f"{name}.txt", folder / "checksums")
    value = json.loads((REAL / "results.json").read_text("utf-8"))
    forge(folder, value)
    (folder / "results.json").write_text(json.dumps(value), "utf-8")
    return judged(folder, *left_out)


def _praise(value: Mapping[str, Any], uid: str) -> None:
    value["results"][uid]["status"] = "pass"
    for file in value["results"][uid]["files"]:
        file["sdc"] = {}


def test_a_small_cell_called_safe_blocks_the_session_too(tmp_path: Path) -> None:
    found = forged(tmp_path, lambda _, value: _praise(value, "output_7"))
    assert {"output_7_0.csv", "results.json"} <= blocked(found)
    assert "evidence.contradicted" in rules(found, "results.json")


def test_every_output_called_safe_changes_no_verdict(tmp_path: Path, real: Found) -> None:
    def forge(_: Path, value: dict[str, Any]) -> None:
        for uid in value["results"]:
            _praise(value, uid)

    found = forged(tmp_path, forge, files=sorted(set(real) - {"results.json"}))
    for name in set(real) - {"results.json"}:
        kept = {rule for rule in rules(real, name) if not rule.startswith("evidence.")}
        assert kept <= rules(found, name)
    assert BLOCKED | {"results.json"} == blocked(found)


def test_a_file_that_changed_since_is_not_what_the_session_speaks_of(tmp_path: Path) -> None:
    def forge(folder: Path, _: dict[str, Any]) -> None:
        path = folder / "output_0_0.csv"
        path.write_text(path.read_text().replace("314.0", "324.0"))

    found = forged(tmp_path, forge)
    assert "evidence.changed" in rules(found, "results.json")


@pytest.mark.parametrize("noted", [b"", b"0" * 64, b"\xff" * 64, b"../../etc/passwd"])
def test_a_checksum_that_is_none_is_no_match(tmp_path: Path, noted: bytes) -> None:
    def forge(folder: Path, _: dict[str, Any]) -> None:
        (folder / "checksums/output_0_0.csv.txt").write_bytes(noted)

    found = forged(tmp_path, forge)
    assert "evidence.changed" in rules(found, "results.json")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    found = forged(tmp_path, lambda folder, _: (folder / "output_0_0.csv").unlink())
    [missing] = [said for said in found["results.json"] if said.rule == "evidence.missing"]
    assert "output_0_0.csv" in missing.where


def test_a_file_that_it_does_not_know_is_judged_as_any(tmp_path: Path) -> None:
    def forge(folder: Path, _: dict[str, Any]) -> None:
        (folder / "more.csv").write_text("dep,n\n75,3\n92,40\n")

    found = forged(tmp_path, forge)
    assert "table.small_count" in rules(found, "more.csv")
    assert "evidence.silent" in rules(found, "results.json")


def test_a_table_praised_under_another_name_blocks_the_session(tmp_path: Path) -> None:
    def forge(folder: Path, value: dict[str, Any]) -> None:
        _praise(value, "output_7")
        (folder / "output_7_0.csv").rename(folder / "effectifs.csv")

    assert "evidence.contradicted" in rules(forged(tmp_path, forge), "results.json")


def test_a_table_praised_and_left_beside_is_looked_at(tmp_path: Path) -> None:
    found = forged(tmp_path, lambda _, value: _praise(value, "output_7"), "output_7_0.csv")
    assert "evidence.contradicted" in rules(found, "results.json")


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "..", "a\\b.csv", "a\x00.csv", ""])
def test_a_name_that_leaves_the_folder_is_refused_and_never_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.csv").write_text("dep,n\n75,3\n92,40\n")

    def forge(_: Path, value: dict[str, Any]) -> None:
        _praise(value, "output_7")
        value["results"]["output_7"]["files"][0]["name"] = name

    found = forged(tmp_path, forge)
    assert "evidence.names" in rules(found, "results.json")
    assert "secret" not in " ".join(said.where for said in found["results.json"] if said.rule.endswith("contradicted"))


SMUGGLED: dict[str, Callable[[dict[str, Any]], object]] = {
    "rows in a key of its own": lambda output: output.update(rows=[{"age": 71, "crp": 3.2}] * 12),
    "rows among the properties": lambda output: output["properties"].update(ages=[71, 34, 50] * 20),
    "rows as places of cells": lambda output: output["files"][0]["sdc"]["cells"].update(
        MinimumThresholdCheck=[[71, 34], [50, 3], [81, 7]]
    ),
    "rows as numbers of cells": lambda output: output["files"][0]["sdc"]["summary"].update(MinimumThresholdCheck=71),
    "values in the outcome": lambda output: output["outcome"]["F"].update({"75": "314"}),
    "a status of its own": lambda output: output.update(status="approved"),
}


@pytest.mark.parametrize("how", SMUGGLED)
def test_what_acro_does_not_write_is_read_like_any_json(tmp_path: Path, how: str) -> None:
    """Out of its form the file has no privilege: its keys and numbers are read as the tables that they spell."""
    found = forged(tmp_path, lambda _, value: (SMUGGLED[how](value["results"]["output_0"]), None)[1])
    assert {"evidence.acro", "identifier.header"} <= rules(found, "results.json")
    assert "results.json" in blocked(found)


@pytest.mark.parametrize("field", ["comments", "command", "exception"])
def test_rows_written_where_the_author_may_write_are_found(tmp_path: Path, field: str) -> None:
    rows = "age;sexe;crp;cout\n" + "\n".join(f"{30 + n};M;{n * 1.7:.1f};{n * 311}" for n in range(1, 30))

    def forge(_: Path, value: dict[str, Any]) -> None:
        value["results"]["output_0"][field] = [rows] if field == "comments" else rows

    assert "results.json" in blocked(forged(tmp_path, forge))


def test_a_label_of_its_outcome_that_names_a_person_is_found(tmp_path: Path) -> None:
    def forge(_: Path, value: dict[str, Any]) -> None:
        outcome = value["results"]["output_0"]["outcome"]
        for column in outcome:
            outcome[column]["2 55 08 14 168 025 38"] = "ok"

    assert "results.json" in blocked(forged(tmp_path, forge))


def test_settings_with_more_than_settings_are_a_table(tmp_path: Path) -> None:
    value = json.loads((REAL / "config.json").read_text())
    folder = tmp_path / "outputs"
    folder.mkdir()
    more = value | {"ages": [71, 34, 50] * 40}
    (folder / "config.json").write_text(json.dumps(more))
    assert blocked(judged(folder)) == {"config.json"}
