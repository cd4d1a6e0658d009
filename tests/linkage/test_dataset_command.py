"""`bureau dataset` on a real installation: what is registered is recorded, can't be replaced, and can be withdrawn."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from hub_extensions.settings import Settings
from project_spaces.layout import Layout

SHEET = """
slug: sejours
title: {fr: Séjours, en: Stays}
version: "2026.1"
owner: CHU
classification: pseudonymised
min_persons: 11
licence: convention 12
source: extraction
citation: CHU (2026)
tables:
  - {name: sejours, kind: csv, file: sejours.csv, separator: ";"}
"""


def test_a_version_is_registered_once_listed_and_withdrawn(
    settings: Settings, bureau: Callable[..., "CompletedProcess[str]"], tmp_path: Path
):
    sheet = tmp_path / "sejours.yaml"
    sheet.write_text(SHEET, "utf-8")
    (tmp_path / "sejours.csv").write_text("patient;dept\n0001;01\n")
    done = bureau("dataset", "register", str(sheet), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 1
    folder = Layout(settings.storage_dir).dataset_dir("sejours", "2026.1")
    before = (folder / "manifest.json").read_bytes()

    (tmp_path / "sejours.csv").write_text("patient;dept\n0001;02\n")
    again = bureau("dataset", "register", str(sheet))
    assert (again.returncode, again.stderr.splitlines()[-1]) == (
        2,
        "bureau: Version 2026.1 of sejours exists already.",
    )
    assert (folder / "manifest.json").read_bytes() == before

    assert bureau("dataset", "withdraw", "sejours", "--reason", "opposition").returncode == 0
    listed = {each["dataset"]: each for each in json.loads(bureau("dataset", "list", "--json").stdout)}
    assert listed["sejours"] == {
        "dataset": "sejours",
        "title": "Séjours",
        "classification": "pseudonymised",
        "withdrawn": True,
        "public": False,
        "versions": ["2026.1"],
    }
    assert listed["snds-dcir"]["withdrawn"] is False
