"""Workspace images, built from ``spawner_images/`` without a network and named by their content.

The tag of an image is the hash of its folder and of the image below it, so that asking twice builds nothing and any
change is another image. Workspaces start from the image's id (its digest), never from a name that could move.
"""

import fcntl
import hashlib
import os
import re
import tarfile
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from docker.errors import APIError, ImageNotFound
from requests.exceptions import ReadTimeout

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


def place_of(name: str, folder: Path = FOLDER) -> Path:
    """Return where *name* is described: what lies in another folder may stand on the product's own images."""
    own = folder / name
    return own if own.is_dir() else FOLDER / name


def parent_of(name: str, folder: Path = FOLDER) -> str | None:
    """Name the image that *name* stands on (``ARG PARENT=…`` of its Dockerfile), or None: it stands on the system."""
    match = PARENT.search((place_of(name, folder) / "Dockerfile").read_text())
    return match["name"] if match else None


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
    _check_known(name, folder)
    engine = engine or daemon.ensure(settings.engine, log=settings.log_dir / "dockerd.log", report=report)
    builder = _Builder(engine, settings, report, folder)
    found = builder.find(name)
    if found is not None:
        return found
    with _alone(report), ThreadPoolExecutor(1, thread_name_prefix="wheels") as ahead:
        ahead.submit(builder.fetch_ahead, name)  # the network is idle while the system is unpacked
        return builder.ensure(name)


def find(name: str, settings: Settings | None = None, *, folder: Path = FOLDER) -> ImageRef | None:
    """Return the image *name* as the tree describes it now, or None when it isn't on this machine; builds nothing.

    Raises
    ------
    NotFound
        no such folder.
    NoEngine
        no engine answers.
    """
    settings = settings or load()
    _check_known(name, folder)
    return _Builder(daemon.find(settings.engine), settings, Silent(), folder).find(name)


def refresh_system(engine: Engine, settings: Settings, report: Reporter) -> None:
    """Fetch the system below every image again, with what Debian has corrected since; images then count as changed."""
    source = system.Source(settings.base_image, settings.debian_mirror)
    with _alone(report):
        system.ensure(engine, source, settings.cache_dir, report, refresh=True)


def _check_known(name: str, folder: Path) -> None:
    if name not in names(folder):
        known = ", ".join(names(folder))
        raise NotFound(Text(f"Pas d'image {name} ; il y a : {known}.", f"No image {name}; there are: {known}."))


@contextmanager
def _alone(report: Reporter) -> Iterator[None]:
    """One build at a time on this machine: a second caller finds the work done instead of doing it twice."""
    with (Path(tempfile.gettempdir()) / f"bureau-images-{os.geteuid()}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report.step("Waiting for another build of images on this machine")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class _Builder:
    engine: Engine
    settings: Settings
    report: Reporter
    folder: Path

    def ensure(self, name: str) -> ImageRef:
        parent = parent_of(name, self.folder)
        below = self.ensure(parent).digest if parent else self._ensure_system()
        found = self._tagged(name, below)
        if found is None:
            self._build(name, _tag(place_of(name, self.folder), below), {"PARENT" if parent else "SYSTEM": below})
            found = self._tagged(name, below)
        if found is None:
            raise _failed(name, "the engine did not keep the image")
        return found

    def find(self, name: str) -> ImageRef | None:
        parent = parent_of(name, self.folder)
        under = self.find(parent) if parent else None
        below = under.digest if under else None if parent else system.find(self.engine, self._source)
        return self._tagged(name, below) if below else None

    def fetch_ahead(self, name: str) -> None:
        """Fetch every wheel that building *name* will need; what fails here fails again, and is told, in its turn."""
        parent = parent_of(name, self.folder)
        if parent:
            self.fetch_ahead(parent)
        wheels.fetch(self._lock(name), self.settings.cache_dir, self.engine.machine, Silent())

    def _lock(self, name: str) -> Path:
        return place_of(name, self.folder) / "requirements.lock"

    def _tagged(self, name: str, below: str) -> ImageRef | None:
        tag = _tag(place_of(name, self.folder), below)
        try:
            return ImageRef(name, tag, str(self.engine.client.images.get(tag).id))
        except ImageNotFound:
            return None

    @property
    def _source(self) -> system.Source:
        return system.Source(self.settings.base_image, self.settings.debian_mirror)

    def _ensure_system(self) -> str:
        return system.ensure(self.engine, self._source, self.settings.cache_dir, self.report)

    def _build(self, name: str, tag: str, arguments: dict[str, str]) -> None:
        source = place_of(name, self.folder)
        packages = wheels.fetch(self._lock(name), self.settings.cache_dir, self.engine.machine, self.report)
        self.report.step(f"Building the {name} image, without a network")
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
                    self._follow(name, event, last)
            except APIError as error:
                raise _failed(name, error.explanation or str(error)) from None
        self._drop_stages()

    def _drop_stages(self) -> None:
        """Forget the stages that held wheels; the engine goes on deleting by itself when that takes long."""
        with suppress(ReadTimeout):
            self.engine.client.images.prune(filters={"dangling": True, "label": f"{STAGE}=wheels"})

    def _follow(self, name: str, event: dict[str, str], last: deque[str]) -> None:
        if "error" in event:
            raise _failed(name, " ".join((*last, event["error"])))
        line = event.get("stream", "").strip()
        if line:
            last.append(line)
        if step := STEP.match(line):
            self.report.advance(int(step[1]) - 1, int(step[2]), step[3])


def _tag(source: Path, below: str) -> str:
    return f"bureau/{source.name}:{content_hash(source, below)}"


def content_hash(source: Path, below: str) -> str:
    """Return the name of what *source* builds on *below*: 16 hex digits over its files and the id of *below*."""
    digest = hashlib.sha256(below.encode())
    for path in _context_files(source):
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"\0{path.relative_to(source)}\0{executable}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _context_files(source: Path) -> list[Path]:
    return sorted(
        path
        for path in source.rglob("*")
        if path.is_file() and path.name not in NOT_IN_IMAGE and "__pycache__" not in path.parts
    )


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
