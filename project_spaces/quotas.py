"""What a project may use: limits that an administrator sets and that its workspaces are started with."""

from dataclasses import dataclass

from project_spaces.errors import Invalid
from project_spaces.text import Text

#: Accepted range of each limit, both ends included.
RANGES: dict[str, tuple[float, float]] = {
    "cpu": (0.1, 1024),
    "memory_mb": (256, 4 * 1024 * 1024),
    "pids": (32, 32768),
    "storage_gb": (1, 1024 * 1024),
    "gpu_count": (0, 64),
}


@dataclass(frozen=True, slots=True)
class Quota:
    """Limits of each workspace of a project (cpu in cores, memory in MiB), and the project's storage in GiB.

    Raises
    ------
    Invalid
        a limit is outside ``RANGES``; the sentence names it, its value and the range.
    """

    cpu: float = 1.0
    memory_mb: int = 2048
    pids: int = 256
    storage_gb: int = 10
    gpu_count: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:  # false for NaN too
                raise Invalid(
                    Text(
                        f"Quota {name} = {value} refusé : de {least} à {most}.",
                        f"Quota {name} = {value} refused: {least} to {most}.",
                    )
                )

    def as_subject(self) -> dict[str, int]:
        """The limits for a ledger entry, which has no fractions: CPU in thousandths of a core."""
        return {
            "cpu_milli": round(self.cpu * 1000),
            "memory_mb": self.memory_mb,
            "pids": self.pids,
            "storage_gb": self.storage_gb,
            "gpu_count": self.gpu_count,
        }
