"""A disk that fills stops everybody: somebody has to hear of it before."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub_extensions.oversight.alarms import AlarmKind
from hub_extensions.oversight.disk_space import GIB, disk_alarms
from hub_extensions.settings import load

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("total", "free", "alarming"), [(100, 50, False), (100, 9, True), (100, 10, False), (10, 1.9, True), (10, 2, False)]
)
def test_a_disk_that_fills_is_an_alarm_while_there_is_room(
    tmp_path: Path, total: int, free: float, alarming: bool
) -> None:
    settings = load({"home": tmp_path})
    for folder in (settings.ledger_dir, settings.state_dir, settings.storage_dir):
        folder.mkdir()
    usage = SimpleNamespace(total=total * GIB, free=int(free * GIB))
    found = list(disk_alarms(settings, NOW, lambda _folder: usage))
    assert [each.kind for each in found] == [AlarmKind.DISK] * alarming, "once, though three folders lie on it"
    for each in found:
        assert f"{free:.1f} Gio" in each.text.fr
        assert f"{free:.1f} GiB" in each.text.en
