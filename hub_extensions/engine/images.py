"""Workspace images, built from ``spawner_images/`` without a network and named by their content.

The tag of an image is the hash of its folder and of the image below it, so that asking twice builds nothing and any
change is another image. Workspaces start from the image's id (its digest), never from a name that could move.
"""

import fcntl
import hashlib
import re
import tarfile
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.errors import APIError, ImageNotFound

from hub_extensions.engine import daemon, system, wheels
from hub_extensions.engine.daemon import Engine
from hub_extensions.engine.progress import Reporter, Silent
from hub_extensions.settings import Settings, load
from project_spaces.errors import NotFound, Unavailable
from project_spaces.text import Text

FOLDER = Path(__file__).parents[2] / "spawner_images"
NOT_IN_IMAGE = frozenset({"README.md", "requirements.in"})
STAGE = "org.bureau.stage"  # label of the stages that hold wheels; they are dropped after a build
PARENT = re.compile(r"^ARG PARENT=(?P<name>[a-z0-9-]+)$", re.MULTILINE)
STEP = re.compile(r"^Step (\d+)/(\d+) : (.*)")


class BuildFailed(Unavailable):
    """The engine refused or could not finish a build; the text carries its last words."""


@dataclass(frozen=True)
class ImageRef:
    """One built image."""

    name: str  # folder of spawner_images/
    tag: str  # bureau/<name>:<content hash>
    digest: str  # sha256:…, what workspaces are started from


def names(folder: Path = FOLDER) -> list[str]:
    """Name every image that has a folder."""
    return sorted(path.parent.name for path in folder.glob("*/Dockerfile"))


def ensure(
    name: str,
    *,
    engine: Engine | None = None,
    settings: Settings | None = None,
    report: Reporter | None = None,
    folder: Path = FOLDER,
) -> ImageRef:
    """Return the image *name*, building it and what it stands on when they aren't there.

    Raises
    ------
    NotFound
        no such folder.
    NoEngine, NoBaseImage, WheelsMissing, BuildFailed
        each with one sentence; nothing half-built keeps a tag.
    """
    settings = settings or load()
    report = report or Silent()
    if name not in names(folder):
        known = ", ".join(names(folder))
        raise NotFound(Text(f"Pas d'image {name} ; il y a : {known}.", f"No image {name}; there are: {known}."))
    engine = engine or daemon.ensure(settings.engine, log=settings.log_dir / "dockerd.log", report=report)
    with _alone():
        return _Builder(engine, settings, report, folder).ensure(name)


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time on this machine: a second caller finds the work done instead of doing it twice."""
    with (Path(tempfile.gettempdir()) / "bureau-images.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class _Builder:
    engine: Engine
    settings: Settings
    report: Reporter
    folder: Path

    def ensure(self, name: str) -> ImageRef:
        source = self.folder / name
        parent = PARENT.search((source / "Dockerfile").read_text())
        below = self.ensure(parent["name"]).digest if parent else self._system()
        tag = f"bureau/{name}:{content_hash(source, below)}"
        try:
            return ImageRef(name, tag, str(self.engine.client.images.get(tag).id))
        except ImageNotFound:
            self._build(source, tag, {"PARENT" if parent else "SYSTEM": below})
        return ImageRef(name, tag, str(self.engine.client.images.get(tag).id))

    def _system(self) -> str:
        source = system.Source(self.settings.base_image, self.settings.debian_mirror)
        return system.ensure(self.engine, source, self.settings.cache_dir, self.report)

    def _build(self, source: Path, tag: str, arguments: dict[str, str]) -> None:
        packages = wheels.fetch(source / "requirements.lock", self.settings.cache_dir, self.engine.machine, self.report)
        self.report.step(f"Building the {source.name} image, without a network")
        last: deque[str] = deque(maxlen=15)
        with tempfile.TemporaryFile(dir=self.settings.cache_dir) as context:
            _pack(source, packages, context)
            try:
                events = self.engine.client.api.build(
                    fileobj=context,
                    custom_context=True,
                    tag=tag,
                    buildargs=arguments,
                    network_mode="none",
                    rm=True,
                    forcerm=True,
                    decode=True,
                )
                for event in events:
                    self._follow(event, last)
            except APIError as error:
                raise _failed(source.name, error.explanation or str(error)) from None
        self.engine.client.images.prune(filters={"dangling": True, "label": f"{STAGE}=wheels"})

    def _follow(self, event: dict[str, str], last: deque[str]) -> None:
        if "error" in event:
            raise _failed(self.folder.name, " ".join((*last, event["error"])))
        line = event.get("stream", "").strip()
        if line:
            last.append(line)
        if step := STEP.match(line):
            self.report.advance(int(step[1]) - 1, int(step[2]), step[3])


def content_hash(source: Path, below: str) -> str:
    """Return the name of what *source* builds on *below*: 16 hex digits over its files and the id of *below*."""
    digest = hashlib.sha256(below.encode())
    for path in _context_files(source):
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"\0{path.relative_to(source)}\0{executable}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _context_files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file() and path.name not in NOT_IN_IMAGE)


def _pack(source: Path, packages: Path, into: object) -> None:
    """Write the build context: the folder and its wheels, owned by root, without times (nothing of this host)."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(fileobj=into, mode="w") as tar:  # type: ignore[call-overload]
        for path in _context_files(source):
            tar.add(path, str(path.relative_to(source)), filter=plain)
        for path in sorted(packages.glob("*.whl")):
            tar.add(path, f"wheels/{path.name}", filter=plain)
    into.seek(0)  # type: ignore[attr-defined]


def _failed(name: str, said: str) -> BuildFailed:
    said = said.strip()[-600:]
    return BuildFailed(Text(f"L'image {name} n'a pas pu être construite : {said}", f"Image {name} not built: {said}"))
