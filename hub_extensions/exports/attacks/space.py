"""Runs the attacks on one model in its own sealed container and brings home one report, checked by who reads it.

The model is loaded there and nowhere else: no network, no other file than the model and its declared rows, a container
that is removed whatever happened. Its folder is new for each model, because sacroml takes what it finds for its own.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import docker.errors
import requests.exceptions

from hub_extensions.workspaces.sealed_container import LABEL, Bind, SealedContainer
from project_spaces.beneath import open_beneath
from project_spaces.errors import Invalid, NotFound, Refused, Unavailable
from project_spaces.text import Text

REPORT = "report.json"
LARGEST_REPORT = 1 << 16

#: Seconds of each attack, cheapest first; who takes longer is stopped and said to have been.
SECONDS: Mapping[str, int] = {"structural": 20, "qmia": 30, "worst_case": 60, "attribute": 60, "lira": 120}
#: Seconds for the start, the reading and the fit beside them.
BESIDE_S = 90

_SLOW = Text("Le temps accordé est écoulé.", "The time for it is over.")
_BROKE = Text("Le programme d'attaque s'est arrêté.", "The attacking program stopped.")


class Engine(Protocol):
    """The part of ``docker.APIClient`` that a run needs."""

    def create_host_config(self, **arguments: Any) -> Any: ...
    def create_container(self, **arguments: Any) -> Mapping[str, Any]: ...
    def start(self, container: str) -> None: ...
    def wait(self, container: str, timeout: int) -> Mapping[str, Any]: ...
    def remove_container(self, container: str, **arguments: Any) -> None: ...


@dataclass(frozen=True)
class AttackSpace:
    """Where models are attacked: an engine, the image's digest, the user inside, the label of this installation."""

    engine: Engine
    image: str
    uid: int
    home: str
    seconds: Mapping[str, int] = field(default_factory=lambda: dict(SECONDS))
    command: Sequence[str] | None = None
    memory_mb: int = 4096
    cpu: float = 2.0


def container_of(space: AttackSpace, name: str, folder: Path) -> SealedContainer:
    """Say what the container is: the inputs read-only, one folder to write in."""
    user = space.uid if os.geteuid() == 0 else os.geteuid()
    return SealedContainer(
        name=f"bureau-attack-{name}",
        image=space.image,
        user=f"{user}:{user}",
        binds=(Bind(str(folder / "input"), "/input"), Bind(str(folder / "output"), "/output", read_only=False)),
        cpu=space.cpu,
        memory_mb=space.memory_mb,
        pids=128,
        labels={LABEL: space.home, "bureau.kind": "attack"},
        command=space.command,
    )


def attack(space: AttackSpace, name: str, folder: Path) -> bytes:
    """Attack the model in ``folder/input``; return the report as it was written.

    Raises
    ------
    Unavailable
        the engine or the image is missing: try again later.
    Invalid
        everything together took too long, the program ended with an error, or it wrote no report.
    """
    return _report(run_sealed(space, name, folder))


def run_sealed(space: AttackSpace, name: str, folder: Path) -> Path:
    """Run the image's program on ``folder/input``; return the folder that it wrote into.

    Raises
    ------
    Unavailable
        the engine or the image is missing.
    Invalid
        it took too long, or ended with an error.
    """
    output = folder / "output"
    output.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(output, space.uid, space.uid)
    wished = container_of(space, name, folder)
    try:
        with suppress(docker.errors.NotFound):  # what a killed run of this name left
            space.engine.remove_container(wished.name, force=True, v=True)
        host = space.engine.create_host_config(**wished.host_arguments())
        container = str(space.engine.create_container(**wished.create_arguments(host))["Id"])
        try:
            space.engine.start(container)
            status = _wait(space, container)
        finally:
            space.engine.remove_container(container, force=True, v=True)
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        why = type(error).__name__
        raise Unavailable(Text(f"Le moteur de conteneurs a refusé ({why}).", f"The engine refused ({why}).")) from error
    if status:
        raise Invalid(_BROKE)
    return output


def _wait(space: AttackSpace, container: str) -> int:
    try:
        return int(space.engine.wait(container, timeout=sum(space.seconds.values()) + BESIDE_S)["StatusCode"])
    except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError):
        raise Invalid(_SLOW) from None


def _report(output: Path) -> bytes:
    try:
        with os.fdopen(open_beneath(output, REPORT), "rb") as source:
            data = source.read(LARGEST_REPORT + 1)
    except (NotFound, Refused):
        raise Invalid(_BROKE) from None
    if not data or len(data) > LARGEST_REPORT:
        raise Invalid(_BROKE)
    return data
