"""Find the container engine, or start the one that is installed; when none can run, say why as a type and a sentence.

A daemon started here outlives the command. It is started without bridge and without firewall rules: workspaces have no
network at all, so nothing of the host's network needs to change. Where systemd runs, its own unit is started instead.
"""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

from hub_extensions.engine.progress import Reporter, Silent
from project_spaces.errors import Unavailable
from project_spaces.text import Text

SOCKET = Path("/var/run/docker.sock")
UNITS = Path("/run/systemd/system")  # exists where systemd manages services (sd_booted(3))
NO_NETWORK = ("--iptables=false", "--bridge=none")
START_TIMEOUT_S = 40.0
INSTALL = "apt-get install docker.io iptables debootstrap"


class Why(StrEnum):
    """Why no engine can be had; the local spawner is what remains."""

    FORBIDDEN = "forbidden"  # BUREAU_ENGINE=none
    NOT_INSTALLED = "not-installed"
    NOT_PERMITTED = "not-permitted"
    NOT_ANSWERING = "not-answering"  # DOCKER_HOST names an engine that isn't ours to start
    WOULD_NOT_START = "would-not-start"


class NoEngine(Unavailable):
    """No container engine, with the reason and what to type instead."""

    def __init__(self, why: Why, text: Text) -> None:
        super().__init__(text)
        self.why = why


@dataclass(frozen=True)
class Engine:
    """An engine that answered."""

    client: docker.DockerClient
    version: str
    machine: str  # x86_64 or aarch64, as wheels name it
    started_with: tuple[str, ...] | None = None  # flags, when this call started it


def find(choice: str = "auto") -> Engine:
    """Return the engine that answers now.

    Parameters
    ----------
    choice
        the setting ``engine``: ``none`` forbids one.

    Raises
    ------
    NoEngine
        with the reason; nothing was started.
    """
    if choice == "none":
        raise NoEngine(
            Why.FORBIDDEN,
            Text(
                "BUREAU_ENGINE=none interdit tout moteur de conteneurs.",
                "BUREAU_ENGINE=none forbids any container engine.",
            ),
        )
    try:
        client = docker.from_env(timeout=60)
        version = client.version()
    except (DockerException, RequestException, OSError) as error:
        raise _explain(error) from None
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(version["Arch"], version["Arch"])
    return Engine(client, version["Version"], machine)


def ensure(choice: str = "auto", *, log: Path, report: Reporter | None = None) -> Engine:
    """Return an engine, starting the installed one when none answers.

    Parameters
    ----------
    log
        file that receives what a started daemon writes.

    Raises
    ------
    NoEngine
        when it isn't installed, may not be started by this user, or doesn't come up.
    """
    report = report or Silent()
    try:
        return find(choice)
    except NoEngine as missing:
        if missing.why is not Why.WOULD_NOT_START:
            raise
    report.step("Starting the container engine")
    if UNITS.is_dir():
        return _start_unit(choice)
    return _start_daemon(choice, log)


def _explain(error: Exception) -> NoEngine:
    """Turn a failed connection into its reason; WOULD_NOT_START means: installed, permitted, not running."""
    host = os.environ.get("DOCKER_HOST")
    if host:
        return NoEngine(
            Why.NOT_ANSWERING,
            Text(f"Le moteur {host} (DOCKER_HOST) ne répond pas.", f"The engine {host} (DOCKER_HOST) does not answer."),
        )
    if "Permission" in str(error):
        return NoEngine(
            Why.NOT_PERMITTED,
            Text(
                f"{SOCKET} est interdit à ce compte ; tapez : sudo usermod -aG docker $USER, puis reconnectez-vous.",
                f"{SOCKET} is closed to this account; type: sudo usermod -aG docker $USER, then sign in again.",
            ),
        )
    if shutil.which("dockerd") is None:
        return NoEngine(
            Why.NOT_INSTALLED,
            Text(
                f"Aucun moteur de conteneurs n'est installé ; tapez : sudo {INSTALL}.",
                f"No container engine is installed; type: sudo {INSTALL}.",
            ),
        )
    if os.geteuid() != 0:
        return NoEngine(
            Why.NOT_PERMITTED,
            Text(
                "Le moteur est arrêté et seul root peut le démarrer ; tapez : sudo service docker start.",
                "The engine is stopped and only root may start it; type: sudo service docker start.",
            ),
        )
    return _would_not_start("no engine answers on its socket")


def _would_not_start(detail: str) -> NoEngine:
    return NoEngine(
        Why.WOULD_NOT_START,
        Text(f"Le moteur de conteneurs ne démarre pas : {detail}", f"The container engine does not start: {detail}"),
    )


def _start_unit(choice: str) -> Engine:
    done = subprocess.run(
        ["systemctl", "start", "docker"], capture_output=True, text=True, timeout=START_TIMEOUT_S * 2, check=False
    )
    if done.returncode != 0:
        raise _would_not_start((done.stderr.strip().splitlines() or ["systemctl start docker"])[0])
    return find(choice)


def _start_daemon(choice: str, log: Path) -> Engine:
    """Start dockerd apart from this process, so that it stays when the command ends."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        daemon = subprocess.Popen(
            ["dockerd", *NO_NETWORK],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and daemon.poll() is None:
        try:
            found = find(choice)
        except NoEngine:
            time.sleep(0.2)
            continue
        return Engine(found.client, found.version, found.machine, started_with=NO_NETWORK)
    if daemon.poll() is None:
        daemon.terminate()
    raise _would_not_start(f"{_last_words(log)} (see {log})")


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() or ["no message"]
    failed = [line for line in lines[-20:] if "failed to start" in line or "level=fatal" in line]
    return (failed or lines)[-1][:300]
