"""The system under every image: pulled when a registry answers, else bootstrapped from Debian's signed archive.

Either way it becomes one local image, ``bureau/system:<recipe>``: Debian trixie with Python 3.13 and nothing more. It
is fetched once; ``refresh`` fetches it again, which is how security updates reach the workspaces.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound
from requests.exceptions import RequestException

from hub_extensions.engine.daemon import Engine
from hub_extensions.engine.progress import Reporter
from project_spaces.errors import Unavailable
from project_spaces.text import Text

REPOSITORY = "bureau/system"
REGISTRY_TIMEOUT_S = 15  # of silence: an air-gapped machine must not wait for minutes
SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = "python3,python3-venv"
DEBOOTSTRAP_LINES = 560  # what it usually prints; only the bar's length depends on it
LEFT_OUT = (
    "./usr/share/doc",
    "./usr/share/man",
    "./usr/share/locale",
    "./usr/share/info",
    "./var/cache/apt",
    "./var/lib/apt/lists",
)


class NoBaseImage(Unavailable):
    """Neither a registry nor Debian's archive gave a system to build on."""


@dataclass(frozen=True)
class Source:
    """Where the system may come from."""

    image: str  # name in a registry
    mirror: str  # Debian archive, debootstrap's own when empty

    @property
    def tag(self) -> str:
        """Name of the local image: another source is another image."""
        mark = hashlib.sha256(f"{self.image}\n{self.mirror}\n{SUITE}\n{PACKAGES}".encode()).hexdigest()[:12]
        return f"{REPOSITORY}:{mark}"


def ensure(engine: Engine, source: Source, scratch: Path, report: Reporter, *, refresh: bool = False) -> str:
    """Return the id of the system image, fetching it when it isn't there.

    Parameters
    ----------
    scratch
        folder on a disk (not a ``nodev`` mount) for the bootstrap, emptied afterwards.

    Raises
    ------
    NoBaseImage
        naming what was tried and what to type.
    """
    present = None if refresh else find(engine, source)
    if present:
        return present
    if not _pull(source, report):
        _bootstrap(engine, source, scratch, report)
    return str(engine.client.images.get(source.tag).id)


def find(engine: Engine, source: Source) -> str | None:
    """Return the id of the system image that is on this machine, or None."""
    try:
        return str(engine.client.images.get(source.tag).id)
    except ImageNotFound:
        return None


def _pull(source: Source, report: Reporter) -> bool:
    """Try the registry; a machine without one is normal, so every failure just means: use the other way."""
    report.step(f"Asking the registry for {source.image}")
    repository, _, tag = source.image.rpartition(":")
    try:
        client = docker.DockerClient.from_env(timeout=REGISTRY_TIMEOUT_S)
        for number, event in enumerate(client.api.pull(repository, tag=tag, stream=True, decode=True)):
            if "error" in event:
                return False
            report.advance(number, detail=str(event.get("status", "")))
        client.images.get(source.image).tag(*source.tag.split(":"))
    except (DockerException, RequestException):
        return False
    return True


def _bootstrap(engine: Engine, source: Source, scratch: Path, report: Reporter) -> None:
    report.step(f"No registry answered: bootstrapping Debian {SUITE} from its signed archive")
    _check_bootstrap_possible(source)
    scratch.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="system-", dir=scratch))
    try:
        _debootstrap(root, source.mirror, report)
        report.step("Importing the system image")
        repository, tag = source.tag.split(":")
        answer = engine.client.api.import_image_from_stream(
            _tar(root), repository=repository, tag=tag, changes=["ENV LANG=C.UTF-8", 'CMD ["/bin/sh"]']
        )
        if '"error"' in answer:
            raise NoBaseImage(Text(f"Import refusé : {answer[-300:]}", f"Import refused: {answer[-300:]}"))
    finally:
        _remove(root)


def _check_bootstrap_possible(source: Source) -> None:
    missing = [name for name in ("debootstrap", "tar") if shutil.which(name) is None]
    if not missing and os.geteuid() == 0 and KEYRING.exists():
        return
    what = f"docker pull {source.image}"
    raise NoBaseImage(
        Text(
            f"Aucun registre ne répond, et debootstrap demande root, son paquet et {KEYRING} ; tapez : {what}.",
            f"No registry answers and debootstrap needs root, its package and {KEYRING}; type: {what}.",
        )
    )


def _debootstrap(root: Path, mirror: str, report: Reporter) -> None:
    command = [
        *("debootstrap", "--variant=minbase", f"--include={PACKAGES}", f"--keyring={KEYRING}", "--force-check-gpg"),
        *(SUITE, str(root)),
        *((mirror,) if mirror else ()),
    ]
    last: deque[str] = deque(maxlen=5)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for number, line in enumerate(process.stdout or ()):
            last.append(line.strip())
            report.advance(number, max(DEBOOTSTRAP_LINES, number), line.strip())
    if process.returncode != 0:
        said = " ".join(last)[-400:]
        raise NoBaseImage(Text(f"debootstrap a échoué : {said}", f"debootstrap failed: {said}"))


def _tar(root: Path) -> Iterator[bytes]:
    """Stream the system without what no program in a workspace reads."""
    command = ["tar", "--numeric-owner", *(f"--exclude={path}/*" for path in LEFT_OUT), "-C", str(root), "-c", "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while chunk := (process.stdout.read(1 << 20) if process.stdout else b""):
            yield chunk
    if process.returncode != 0:
        raise NoBaseImage(Text("tar a échoué.", "tar failed."))


def _remove(root: Path) -> None:
    """Remove the bootstrap; what an interrupted debootstrap left mounted is detached first."""
    for name in ("proc", "sys"):
        if (root / name).is_mount():
            subprocess.run(["umount", "--lazy", str(root / name)], check=False)
    shutil.rmtree(root, ignore_errors=True)
