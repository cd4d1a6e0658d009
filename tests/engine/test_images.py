"""Images are named by their content, built once, without a network, from packages that the lock knows by hash."""

import hashlib
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from hub_extensions.engine import images, wheels
from hub_extensions.engine.daemon import Engine
from hub_extensions.engine.images import BuildFailed, ImageRef
from hub_extensions.engine.progress import Silent
from hub_extensions.engine.wheels import WheelsMissing
from hub_extensions.settings import Settings, load
from project_spaces.errors import NotFound

SYSTEM_ID = "sha256:0"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    (home / "cache").mkdir(parents=True)
    return load({"home": home})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tree of images with one small image in it."""
    small = tmp_path / "spawner_images" / "small"
    small.mkdir(parents=True)
    (small / "Dockerfile").write_text('ARG SYSTEM\nFROM ${SYSTEM}\nRUN test "$(ls /sys/class/net)" = lo\n')
    (small / "requirements.lock").write_text("")
    return small.parent


def _lines(name: str) -> dict[str, str]:
    text = (images.FOLDER / name / "requirements.lock").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_asking_twice_builds_nothing(
    engine: Engine, datascience_image: ImageRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object) -> None:
        pytest.fail("the second call built something")

    monkeypatch.setattr(images._Builder, "_build", build)
    assert images.ensure("datascience", engine=engine) == datascience_image
    assert images.find("datascience") == datascience_image
    assert datascience_image.digest.startswith("sha256:")


@pytest.mark.parametrize("file", ["Dockerfile", "requirements.lock", "etc/jupyter/jupyter_server_config.py"])
def test_a_changed_file_is_another_image(tmp_path: Path, file: str) -> None:
    copy = shutil.copytree(images.FOLDER / "base", tmp_path / "base")
    before = images.content_hash(copy, SYSTEM_ID)
    (copy / file).write_text((copy / file).read_text() + "\n")
    assert images.content_hash(copy, SYSTEM_ID) != before


def test_another_image_below_or_another_mode_is_another_image(tmp_path: Path) -> None:
    copy = shutil.copytree(images.FOLDER / "base", tmp_path / "base")
    before = images.content_hash(copy, SYSTEM_ID)
    assert images.content_hash(copy, "sha256:1") != before
    (copy / "bureau-workspace").chmod(0o755 if not (copy / "bureau-workspace").stat().st_mode & 0o100 else 0o644)
    assert images.content_hash(copy, SYSTEM_ID) != before


def test_the_readme_is_not_part_of_the_image(tmp_path: Path) -> None:
    copy = shutil.copytree(images.FOLDER / "base", tmp_path / "base")
    before = images.content_hash(copy, SYSTEM_ID)
    (copy / "README.md").write_text("another text")
    assert images.content_hash(copy, SYSTEM_ID) == before


def test_an_unknown_image_names_those_that_exist() -> None:
    with pytest.raises(NotFound) as refused:
        images.find("spark")
    assert "base, datascience, linkage" in refused.value.text.fr


def test_a_build_has_no_network_and_an_unbuilt_change_is_not_found(
    engine: Engine, datascience_image: ImageRef, folder: Path, settings: Settings
) -> None:
    assert images.find("small", settings, folder=folder) is None
    built = images.ensure("small", engine=engine, settings=settings, folder=folder)  # its RUN sees only lo
    try:
        assert images.find("small", settings, folder=folder) == built
    finally:
        engine.client.images.remove(built.tag)


def test_a_failed_build_says_why_and_keeps_no_tag(
    engine: Engine, datascience_image: ImageRef, folder: Path, settings: Settings
) -> None:
    (folder / "small" / "Dockerfile").write_text("ARG SYSTEM\nFROM ${SYSTEM}\nRUN echo the reason && exit 3\n")
    with pytest.raises(BuildFailed) as refused:
        images.ensure("small", engine=engine, settings=settings, folder=folder)
    assert "the reason" in refused.value.text.fr
    assert images.find("small", settings, folder=folder) is None
    with pytest.raises(ImageNotFound):
        engine.client.images.get("bureau/small")


@pytest.mark.parametrize("name", images.names())
def test_locks_name_hashes_and_no_address(name: str) -> None:
    text = (images.FOLDER / name / "requirements.lock").read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_no_process_pays_for_what_nothing_needs() -> None:
    left_out = set(re.findall(r"^([a-z0-9-]+) ;", (images.FOLDER / "not-needed.txt").read_text(), re.MULTILINE))
    assert left_out
    locks = [images.FOLDER.parent / "requirements.lock", *images.FOLDER.glob("*/requirements.lock")]
    assert {"base", "datascience", "trial"} < {lock.parent.name for lock in locks}
    for lock in locks:
        assert left_out.isdisjoint(re.findall(r"^([a-z0-9-]+)==", lock.read_text(), re.MULTILINE)), lock


def test_images_that_stand_on_the_base_agree_with_it() -> None:
    assert _lines("base").items() <= _lines("datascience").items()


def _wheel(folder: Path, content: str) -> str:
    """Write a package into *folder*; returns its hash."""
    file = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny.py", content)
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_package_that_was_altered_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"tiny==1.0 --hash=sha256:{_wheel(tmp_path, 'VALUE = 1')}\n")
    folder = wheels.fetch(lock, tmp_path / "cache", "x86_64", Silent())
    assert [file.name for file in folder.glob("*.whl")] == ["tiny-1.0-py3-none-any.whl"]

    _wheel(tmp_path, "VALUE = 2  # not what was locked")
    with pytest.raises(WheelsMissing) as refused:
        wheels.fetch(lock, tmp_path / "another-cache", "x86_64", Silent())
    assert "hash" in refused.value.text.fr.lower()
