"""Is there room for what will be recorded? The alarm comes while there is: a full disk stops everybody's work."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from hub_extensions.oversight.alarms import Alarm, AlarmKind
from hub_extensions.settings import Settings
from project_spaces.text import Text

GIB: Final = 2**30


class Usage(Protocol):
    """Bytes of a disk."""

    @property
    def total(self) -> int:
        """All."""

    @property
    def free(self) -> int:
        """What our processes may still write."""


def disk_alarms(
    settings: Settings, now: datetime, look: Callable[[Path], Usage] = shutil.disk_usage
) -> Iterator[Alarm]:
    """Yield an alarm for each disk under ledger, databases and project folders that is filling."""
    seen: set[int] = set()
    for name, folder in _folders(settings).items():
        device = folder.stat().st_dev
        usage = look(folder)
        low = usage.free < settings.disk_free_gb * GIB or usage.free * 100 < settings.disk_free_percent * usage.total
        if low and device not in seen:
            yield Alarm(f"disk {name}", AlarmKind.DISK, now, _said(name, usage))
        seen.add(device)


def _folders(settings: Settings) -> dict[str, Path]:
    return {"ledger": settings.ledger_dir, "state": settings.state_dir, "storage": settings.storage_dir}


WHAT: Final = {
    "ledger": Text("du journal", "of the ledger"),
    "state": Text("des bases", "of the databases"),
    "storage": Text("des projets", "of the projects"),
}


def _said(name: str, usage: Usage) -> Text:
    free, share = usage.free / GIB, 100 * usage.free // max(usage.total, 1)
    return Text(
        f"Le disque {WHAT[name].fr} se remplit : il reste {free:.1f} Gio ({share} %). Plein, plus rien ne s'exécute.",
        f"The disk {WHAT[name].en} is filling: {free:.1f} GiB left ({share}%). When it is full, nothing runs any more.",
    )
