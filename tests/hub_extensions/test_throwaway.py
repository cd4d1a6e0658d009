"""An installation for a moment: apart from everything else on the machine, and gone without a trace."""

import os
from pathlib import Path

import pytest

from hub_extensions.installation.throwaway import PORTS, free_ports, prepared
from hub_extensions.settings import load


def test_its_processes_read_the_same_settings_as_its_maker() -> None:
    with prepared(min_persons=20, start_timeout_s=30) as settings:
        assert load() == settings
        assert (settings.state_dir / "bureau.sqlite").exists()


def test_the_callers_own_settings_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUREAU_HUB_PORT", "1234")
    monkeypatch.setenv("BUREAU_MIN_PERSONS", "3")
    with prepared() as settings:
        assert (settings.hub_port, settings.min_persons) != (1234, 3)
        assert load() == settings
    assert os.environ["BUREAU_HUB_PORT"] == "1234"


def test_nothing_is_left() -> None:
    with prepared() as settings:
        folders = (settings.home, settings.sockets)
        assert all(folder.is_dir() for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_a_given_folder_stays_its_givers(tmp_path: Path) -> None:
    with prepared(tmp_path / "home") as settings:
        assert settings.home == tmp_path / "home"
    assert (tmp_path / "home" / "bureau.toml").exists()


def test_free_ports_differ() -> None:
    assert len(set(free_ports(len(PORTS)))) == len(PORTS)


def test_several_gateways_find_their_ports_free() -> None:
    with prepared(gateways=4) as settings:
        first = settings.gateway_port
        assert settings.gateway_ports == (first, first + 1, first + 2, first + 3)
