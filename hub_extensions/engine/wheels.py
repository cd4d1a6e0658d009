"""Wheels for the images, fetched on the host and checked against the lock, because images are built without a network.

A lock names versions and SHA-256 only; where wheels come from is the host's own pip configuration.
"""

import fcntl
import hashlib
import subprocess
import sys
from collections import deque
from pathlib import Path

from hub_extensions.engine.progress import Reporter
from project_spaces.errors import Unavailable
from project_spaces.text import Text

PYTHON = "3.13"
NEWEST_GLIBC = 41  # Debian trixie has glibc 2.41, the newest manylinux tag that its Python accepts
COMPLETE = ".complete"


class WheelsMissing(Unavailable):
    """A wheel could not be fetched, or was not the one that the lock names."""


def fetch(lock: Path, cache: Path, machine: str, report: Reporter) -> Path:
    """Return a folder that holds exactly the wheels of *lock*.

    Parameters
    ----------
    lock
        requirements with hashes.
    cache
        folder of this installation; one folder per lock is kept in it.
    machine
        ``x86_64`` or ``aarch64``.

    Raises
    ------
    WheelsMissing
        when pip can't fetch one or its hash differs; the text carries pip's own words.
    """
    text = lock.read_bytes()
    folder = cache / "wheels" / hashlib.sha256(text + machine.encode()).hexdigest()[:16]
    if (folder / COMPLETE).exists():
        return folder
    report.step(f"Fetching the packages of the {lock.parent.name} image")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # whoever fetches ahead of the build is waited for, not doubled
        total = text.count(b"==")
        if total and not (folder / COMPLETE).exists():
            _run(_command(lock, folder, cache, machine), total, report)
        (folder / COMPLETE).touch()
    return folder


def _command(lock: Path, folder: Path, cache: Path, machine: str) -> list[str]:
    glibc = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 4, -1)]
    old = [f"{name}_{machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1")]
    platforms = [part for name in (*glibc, *old) for part in ("--platform", name)]
    abis = [part for name in ("cp313", "abi3", "none") for part in ("--abi", name)]
    return [
        *(sys.executable, "-m", "pip", "--cache-dir", str(cache / "pip"), "download"),
        *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--progress-bar", "off"),
        *("--python-version", PYTHON, "--implementation", "cp", *abis, *platforms),
        *("--dest", str(folder), "--requirement", str(lock)),
    ]


def _run(command: list[str], total: int, report: Reporter) -> None:
    """Run pip, counting the packages it announces; its last words become the error's text."""
    last: deque[str] = deque(maxlen=12)
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            last.append(line.strip())
            if line.startswith("Collecting "):
                done += 1
                report.advance(done, total, line.split()[1])
    if pip.returncode != 0:
        said = " ".join(line for line in last if line and not line.startswith(("WARNING", "Collecting")))[-600:]
        raise WheelsMissing(
            Text(f"Paquets de l'image introuvables ou altérés : {said}", f"Packages missing or altered: {said}")
        )
