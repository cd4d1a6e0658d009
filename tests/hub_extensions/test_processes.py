"""The processes of an installation, in both shapes that start them."""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from configparser import BasicInterpolation, ConfigParser
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from supervisor.datatypes import dict_of_key_value_pairs

from hub_extensions.commands import run
from hub_extensions.installation import processes
from hub_extensions.installation.secret_files import secret
from hub_extensions.settings import Settings, load

pytestmark = pytest.mark.usefixtures("nothing_set")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="bv", dir="/tmp") as run_dir:
        loaded = load({"home": tmp_path, "run_dir": Path(run_dir)})
        loaded.prepare_folders()
        yield loaded


def test_docker_compose_starts_the_same_processes_as_bureau_up(settings: Settings) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    ours = {name: service["command"] for name, service in compose["services"].items() if name != "postgres"}
    assert set(ours) == {process.name for process in processes.processes(settings)} | {run.PREPARE}
    for name, command in ours.items():
        assert command == ["bureau", "run", name]


def test_only_hub_and_worker_reach_the_engine_in_docker_compose() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    with_engine = {
        name for name, service in compose["services"].items() if "docker.sock" in str(service.get("volumes"))
    }
    assert with_engine == {"hub", "worker"}
    published = {name for name, service in compose["services"].items() if service.get("ports")}
    assert published == {"proxy"}


def test_supervisord_reads_every_command_and_variable_as_it_was_meant(settings: Settings) -> None:
    file = ConfigParser(interpolation=BasicInterpolation())
    file.read_string(processes.supervisor_configuration(settings))
    for process in processes.processes(settings):
        program = file[f"program:{process.name}"]
        assert tuple(shlex.split(program["command"])) == process.command
        read = dict_of_key_value_pairs(program["environment"])
        assert read.items() >= process.environment.items()
        assert read["BUREAU_HOME"] == str(settings.home)


def test_each_gateway_is_a_process_whose_health_is_asked_for(settings: Settings) -> None:
    three = load({"home": settings.home, "run_dir": settings.run_dir, "gateways": 3})
    names = ("gateway", "gateway-2", "gateway-3")
    commands = {process.name: process.command for process in processes.processes(three)}
    assert [name for name in commands if name.startswith("gateway")] == list(names)
    assert [commands[name][-1] for name in names] == ["1", "2", "3"]
    assert {name for name in processes.health(three) if name.startswith("gateway")} == set(names)


def test_a_process_that_there_is_not_is_one_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUREAU_HOME", str(settings.home))
    monkeypatch.setenv("BUREAU_RUN_DIR", str(settings.run_dir))
    asked = CliRunner().invoke(run.command, ["gateway-2"])
    assert asked.exit_code == 2
    assert "'gateway-2' is none of: prepare, ledger, proxy, gateway, hub" in asked.output


def test_no_secret_is_on_a_command_line(settings: Settings) -> None:
    secrets = {path.read_text() for path in settings.secrets_dir.iterdir() if path.is_file()}
    for process in processes.processes(settings):
        assert not secrets & set(process.command)


def test_secrets_are_made_once_and_readable_by_their_owner_alone(settings: Settings) -> None:
    first = secret(settings.secrets_dir, "hub_cookie")
    assert secret(settings.secrets_dir, "hub_cookie") == first
    assert len(first) == 64
    assert (settings.secrets_dir / "hub_cookie").stat().st_mode & 0o777 == 0o600
    assert settings.secrets_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("process", ["portal", "worker"])
def test_a_start_does_not_wait_for_what_only_some_acts_need(process: str) -> None:
    """The validator of notebooks compiles a grammar for two seconds."""
    code = f"import hub_extensions.{process}.__main__, sys; sys.exit('nbformat' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
