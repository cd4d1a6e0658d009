"""Whatever people put into their folder, only an ordinary file beneath it is opened."""

import os
import socket
import threading
from pathlib import Path

import pytest

from project_spaces.beneath import open_beneath
from project_spaces.errors import NotFound, Refused


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with a file in it, and a secret beside it."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "key").write_text("secret")
    folder = tmp_path / "project"
    (folder / "out").mkdir(parents=True)
    (folder / "out" / "table.csv").write_text("fine")
    return folder


def read(root: Path, relative: str) -> str:
    with os.fdopen(open_beneath(root, relative)) as stream:
        return stream.read()


def test_an_ordinary_file(root: Path) -> None:
    assert read(root, "out/table.csv") == "fine"


def test_the_root_itself_may_be_reached_through_a_link_of_ours(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert read(tmp_path / "alias", "out/table.csv") == "fine"


@pytest.mark.parametrize(
    "relative",
    [
        "../secret",
        "out/../../secret",
        "/etc/passwd",
        "",
        ".",
        "..",
        "out//table.csv",
        "./out/table.csv",
        "a\0b",
        "out/",
    ],
)
def test_paths_that_could_leave(root: Path, relative: str) -> None:
    with pytest.raises(Refused):
        open_beneath(root, relative)


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "out/table.csv", "nowhere", "link"])
def test_a_link_in_place_of_the_file(root: Path, target: str) -> None:
    """TRAPS C3; also a link that stays inside: what it points at may change after we looked."""
    (root / "link").symlink_to(target)
    with pytest.raises(Refused) as caught:
        open_beneath(root, "link")
    assert "lien symbolique" in caught.value.text.fr


@pytest.mark.parametrize("target", ["../hidden", "/etc", "out"])
def test_a_link_in_place_of_a_folder(root: Path, target: str) -> None:
    (root / "folder").symlink_to(target)
    with pytest.raises(Refused):
        open_beneath(root, "folder/key")


def test_what_is_no_file(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as door:
        place = os.open(root, os.O_RDONLY)
        door.bind(f"/proc/self/fd/{place}/socket")
        os.close(place)
        for name in ("pipe", "socket", "out"):
            with pytest.raises(Refused):
                open_beneath(root, name)
    with pytest.raises(Refused):
        open_beneath(root, "pipe", os.O_WRONLY)


@pytest.mark.parametrize("relative", ["nothing", "out/nothing", "nothing/table.csv", "x" * 300])
def test_what_is_not_there(root: Path, relative: str) -> None:
    with pytest.raises(NotFound):
        open_beneath(root, relative)


def test_a_file_is_no_folder(root: Path) -> None:
    with pytest.raises(Refused):
        open_beneath(root, "out/table.csv/x")


def test_a_root_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_beneath(tmp_path / "gone", "x")


def test_a_new_file_is_made_beneath(root: Path) -> None:
    descriptor = open_beneath(root, "out/new.csv", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.close(descriptor)
    assert (root / "out" / "new.csv").exists()


def test_a_folder_that_keeps_turning_into_a_link_gives_the_secret_away_never(root: Path) -> None:
    """The race: swap the folder and a link to the hidden one as fast as possible while somebody opens."""
    (root / "dir").mkdir()
    (root / "dir" / "key").write_text("fine")
    (root / "trap").symlink_to("../hidden")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            (root / "dir").rename(root / "spare")
            (root / "trap").rename(root / "dir")
            (root / "dir").rename(root / "trap")
            (root / "spare").rename(root / "dir")

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen, opened = set(), 0
    try:
        for _ in range(3000):
            try:
                seen.add(read(root, "dir/key"))
                opened += 1
            except (NotFound, Refused):
                continue
    finally:
        done.set()
        swapper.join()
    assert seen <= {"fine"}
    assert opened


def test_no_descriptor_is_left_open(root: Path) -> None:
    (root / "link").symlink_to("../secret")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for relative in ("out/table.csv/x", "link", "out", "nothing/x", "../x"):
        with pytest.raises((NotFound, Refused)):
            open_beneath(root, relative)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
