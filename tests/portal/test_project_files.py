"""The listing of a project folder: ordinary files, nothing that people inside a workspace could trick it with."""

import os
from pathlib import Path

from hub_extensions.portal import project_files
from hub_extensions.portal.project_files import list_files


def test_only_ordinary_files_are_listed(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / "results").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.csv").write_text("x")
    (root / "results" / "table.csv").write_text("a,b")
    (root / ".hidden").write_text("x")
    (root / "table.csv.table.json").write_text("{}")
    (root / "link.csv").symlink_to(outside / "secret.csv")
    (root / "folder").symlink_to(outside)
    os.mkfifo(root / "pipe")
    listing = list_files(root)
    assert [(file.path, file.size) for file in listing.files] == [("results/table.csv", 3)]
    assert listing.complete


def test_names_that_deceive_the_eye_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "evil\u202ecsv.exe").write_text("x")
    (tmp_path / "a\nb.csv").write_text("x")
    assert list_files(tmp_path).files == ()


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list_files(tmp_path / "none").files == ()


def test_a_folder_of_many_files_is_cut_and_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(project_files, "MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.csv").write_text("x")
    listing = list_files(tmp_path)
    assert len(listing.files) == 3
    assert not listing.complete
