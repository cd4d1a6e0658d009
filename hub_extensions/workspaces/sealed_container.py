"""A sealed container as arguments of the engine's API: what every container of this product has in common.

No network at all, read-only root, no capability, no new privilege, the default seccomp profile, bounded memory, CPU
and processes, and nothing mounted but what its plan names (DESIGN section 6; SATRE 2.1 isolation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MIB = 2**20
CPU_PERIOD_US = 100_000
#: One label finds every container of an installation, also after a restart of everything else.
LABEL = "bureau.home"


@dataclass(frozen=True)
class Bind:
    """One folder of the host in the container."""

    source: str
    target: str
    read_only: bool = True


@dataclass(frozen=True)
class SealedContainer:
    """What may differ between two sealed containers.

    Parameters
    ----------
    image
        digest (``sha256:…``), never a tag.
    user
        ``uid:gid``.
    cpu
        cores.
    memory_mb, scratch_mb
        MiB; ``/tmp`` lives in memory and counts towards it.
    """

    name: str
    image: str
    user: str
    binds: Sequence[Bind]
    cpu: float
    memory_mb: int
    pids: int
    scratch_mb: int = 1024
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    gpu_devices: Sequence[str] = ()

    def create_arguments(self, host_config: Any) -> dict[str, Any]:
        """Return the arguments of ``APIClient.create_container``."""
        return {
            "name": self.name,
            "image": self.image,
            "user": self.user,
            "environment": dict(self.environment),
            "labels": dict(self.labels),
            "command": list(self.command) if self.command else None,
            "hostname": "bureau",
            "network_disabled": True,
            "host_config": host_config,
        }

    def host_arguments(self) -> dict[str, Any]:
        """Return the arguments of ``APIClient.create_host_config``."""
        memory = self.memory_mb * MIB
        return {
            "network_mode": "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "privileged": False,
            "init": True,
            "auto_remove": False,
            "restart_policy": {"Name": "no"},
            "pids_limit": self.pids,
            "mem_limit": memory,
            "memswap_limit": memory,
            "cpu_period": CPU_PERIOD_US,
            "cpu_quota": int(self.cpu * CPU_PERIOD_US),
            "tmpfs": {"/tmp": f"rw,nosuid,nodev,size={min(self.scratch_mb, self.memory_mb)}m,mode=1777"},  # noqa: S108
            "binds": {
                bind.source: {"bind": bind.target, "mode": "ro" if bind.read_only else "rw"} for bind in self.binds
            },
            "log_config": {"type": "json-file", "config": {"max-size": "1m", "max-file": "1"}},
            "device_requests": [_devices(self.gpu_devices)] if self.gpu_devices else None,
        }


def _devices(identifiers: Sequence[str]) -> dict[str, Any]:
    """Name devices: a count would give everyone the same one (TRAPS B18)."""
    return {"Driver": "nvidia", "DeviceIDs": list(identifiers), "Capabilities": [["gpu"]]}
