"""Without an engine there is a typed reason and something to type; an engine that is started stays."""

import os
import stat
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

from hub_extensions.engine import daemon
from hub_extensions.engine.daemon import NO_NETWORK, Engine, NoEngine, Why


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; empty at first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return folder


def _program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def _nothing_answers(monkeypatch: pytest.MonkeyPatch, why: str = "FileNotFoundError(2, 'No such file')") -> None:
    def refuse(**_: object) -> None:
        raise DockerException(f"Error while fetching server API version: ('Connection aborted.', {why})")

    monkeypatch.setattr(docker, "from_env", refuse)


def test_an_engine_answers_with_its_version_and_the_kind_of_machine(engine: Engine) -> None:
    assert engine.version
    assert engine.machine in {"x86_64", "aarch64"}


def test_the_setting_none_forbids_an_engine_that_runs(engine: Engine) -> None:
    with pytest.raises(NoEngine) as refused:
        daemon.find("none")
    assert refused.value.why is Why.FORBIDDEN
    assert "BUREAU_ENGINE" in refused.value.text.fr


def test_an_engine_named_by_the_environment_is_never_started_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(NoEngine) as refused:
        daemon.ensure(log=Path("/nowhere/log"))
    assert refused.value.why is Why.NOT_ANSWERING
    assert "/nowhere/docker.sock" in refused.value.text.en


def test_not_installed_says_what_to_type(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _nothing_answers(monkeypatch)
    with pytest.raises(NoEngine) as refused:
        daemon.ensure(log=Path("/nowhere/log"))
    assert refused.value.why is Why.NOT_INSTALLED
    assert "apt-get install docker.io" in refused.value.text.fr


def test_a_closed_socket_says_how_to_be_let_in(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _nothing_answers(monkeypatch, "PermissionError(13, 'Permission denied')")
    with pytest.raises(NoEngine) as refused:
        daemon.ensure(log=Path("/nowhere/log"))
    assert refused.value.why is Why.NOT_PERMITTED
    assert "usermod -aG docker" in refused.value.text.en


def test_only_root_may_start_it(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _nothing_answers(monkeypatch)
    _program(programs, "dockerd", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoEngine) as refused:
        daemon.ensure(log=Path("/nowhere/log"))
    assert refused.value.why is Why.NOT_PERMITTED


def test_a_daemon_that_dies_is_reported_in_its_own_words(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _nothing_answers(monkeypatch)
    monkeypatch.setattr(daemon, "UNITS", tmp_path / "no-systemd")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _program(programs, "dockerd", 'echo "failed to start daemon: Devices cgroup isn\'t mounted"; exit 1')
    with pytest.raises(NoEngine) as refused:
        daemon.ensure(log=tmp_path / "log" / "dockerd.log")
    assert refused.value.why is Why.WOULD_NOT_START
    assert "Devices cgroup isn't mounted" in refused.value.text.en


def test_a_started_daemon_leaves_the_hosts_network_alone_and_outlives_the_command(
    engine: Engine, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = tmp_path / "ready"
    _program(
        programs,
        "dockerd",
        f'echo "$$ $(/bin/ps -o sid= -p $$) $*" > {ready}.part; /bin/mv {ready}.part {ready}; exec /bin/sleep 60',
    )
    monkeypatch.setattr(daemon, "UNITS", tmp_path / "no-systemd")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def answers_once_started(**_: object) -> docker.DockerClient:
        if ready.exists():
            return engine.client
        raise DockerException("nobody listens")

    monkeypatch.setattr(docker, "from_env", answers_once_started)
    started = daemon.ensure(log=tmp_path / "dockerd.log")
    process, session, *flags = ready.read_text().split()
    try:
        assert started.started_with == NO_NETWORK
        assert tuple(flags) == NO_NETWORK
        assert session == process  # a session of its own: no terminal or parent takes it along
    finally:
        os.kill(int(process), 9)
        os.waitpid(int(process), 0)
