"""The workspaces that really run, seen from outside the Hub: what the worker counts and kills.

The worker does not ask the Hub, so that a right that has lapsed ends a session also while the Hub is down.
"""

from pathlib import Path
from typing import Protocol

import docker
from docker.errors import APIError

from hub_extensions.workspaces.sealed_container import LABEL

WORKSPACE_LABEL = "bureau.workspace"


class Running(Protocol):
    """What the worker needs of an engine."""

    def workspaces(self) -> set[str]:
        """Return the ids of the workspaces that run."""

    def kill(self, workspace: str) -> None:
        """End one; idempotent."""


class Containers:
    """Workspaces of one installation on a container engine."""

    def __init__(self, home: Path, client: docker.DockerClient | None = None) -> None:
        self._client = client or docker.from_env(timeout=10)
        self._home = str(home)

    def workspaces(self) -> set[str]:
        """Return the ids of the workspaces whose container exists and has not ended."""
        found = self._client.containers.list(filters={"label": [f"{LABEL}={self._home}", WORKSPACE_LABEL]})
        return {container.labels[WORKSPACE_LABEL] for container in found}

    def kill(self, workspace: str) -> None:
        """Remove the container at once: what it held in memory is gone, what it saved is kept."""
        label = [f"{LABEL}={self._home}", f"{WORKSPACE_LABEL}={workspace}"]
        for container in self._client.containers.list(all=True, filters={"label": label}):
            try:
                container.remove(force=True, v=True)
            except APIError as error:
                if error.status_code not in {404, 409}:
                    raise
