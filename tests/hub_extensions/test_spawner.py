"""Every step of a start fails in turn: no container is left, the reason is readable, and the end is recorded (A3, B8).

The container engine and the domain are replaced at their edge here, so that each step can be made to fail; the real
ones start workspaces in tests/end_to_end.
"""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from docker.errors import APIError, ImageNotFound
from jupyterhub.spawner import SpawnException

from hub_extensions.settings import load
from hub_extensions.workspaces import spawner as module
from hub_extensions.workspaces.kept_memory import KEEPS_MEMORY
from hub_extensions.workspaces.spawner import SealedDockerSpawner
from project_spaces.errors import Refused, Unavailable
from project_spaces.plans import Mount
from project_spaces.text import Text
from project_spaces.workspaces import StopCause, WorkspacePlan

pytestmark = pytest.mark.usefixtures("nothing_set")

NOT_YOURS = Refused(Text("Vous n'êtes pas membre.", "You are not a member."), [Text("Motif.", "Reason.")])
LEDGER_DOWN = Unavailable(Text("Le journal ne répond pas.", "The ledger does not answer."))


class FakeEngine:
    """Containers that exist or not; told where to fail."""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, object]] = {}
        self.fails: dict[str, Exception] = {}
        self.running = True

    def create_host_config(self, **arguments: object) -> dict[str, object]:
        return arguments

    def call(self, method: str, *arguments: object, **named: object) -> object:
        if method in self.fails:
            raise self.fails[method]
        return getattr(self, method)(*arguments, **named)

    def inspect_image(self, name: str) -> dict[str, str]:
        return {"Id": name}

    def create_container(self, **arguments: object) -> dict[str, str]:
        self.containers["c1"] = arguments
        return {"Id": "c1"}

    def start(self, container: str) -> None:
        assert container in self.containers

    def inspect_container(self, container: str) -> dict[str, object]:
        return {"State": {"Running": self.running, "ExitCode": 1}}

    def remove_container(self, container: str, **_: object) -> None:
        self.containers.pop(container, None)


class FakeBook:
    """A domain that plans one workspace; told where to refuse."""

    owner_uid = 61000

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fails: dict[str, Exception] = {}
        self.calls: list[tuple[str, object]] = []

    def _do(self, name: str, what: object = None) -> None:
        self.calls.append((name, what))
        if name in self.fails:
            raise self.fails[name]

    def plan(self, person: str, project: str, now: datetime) -> WorkspacePlan:
        self._do("plan", (person, project))
        data = Mount(self.folder / "data", "/data/claims", read_only=True)
        return WorkspacePlan(
            person, project, "datascience", (data,), (), (), 1.5, 1024, 200, 0, {"bureau.person": person}, None
        )

    def begin(self, seating, now: datetime) -> None:
        self._do("begin", seating)

    def running(self, workspace: str, now: datetime) -> None:
        self._do("running")

    def refused(self, person: str, project: str, error: Exception, now: datetime) -> None:
        self._do("refused", error)

    def end(self, workspace: str, cause: StopCause, now: datetime, note: Text | None = None) -> None:
        self._do("end", (cause, note))

    def socket_folder(self, workspace: str) -> Path:
        return self.folder / "socket"

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    engine, book = FakeEngine(), FakeBook(tmp_path)
    settings = load({"home": tmp_path, "start_timeout_s": 10})

    async def docker(self, method, *arguments, **named):
        return engine.call(method, *arguments, **named)

    async def probe(*_):
        return engine.running

    monkeypatch.setattr(SealedDockerSpawner, "docker", docker)
    monkeypatch.setattr(SealedDockerSpawner, "client", engine)
    monkeypatch.setattr(SealedDockerSpawner, "book", book)
    monkeypatch.setattr(module.Upstream, "probe", probe)
    monkeypatch.setattr(module, "digest", lambda _settings, _name: "sha256:abc")
    spawner = SealedDockerSpawner(settings=settings)
    spawner.user = SimpleNamespace(name="ana")  # type: ignore[assignment]
    spawner.orm_spawner = SimpleNamespace(name="etude", server=None, state={}, user_options={})  # type: ignore[assignment]
    spawner.api_token, spawner.oauth_client_id = "hub-token", "client-id"
    return SimpleNamespace(spawner=spawner, engine=engine, book=book, settings=settings)


async def test_a_good_start_gives_the_hub_the_gateways_address_only(stage) -> None:
    assert await stage.spawner.start() == f"http://127.0.0.1:{stage.settings.gateway_port}"
    assert stage.book.names() == ["plan", "begin", "running"]


async def test_a_restarted_hub_finds_the_gateway_that_serves_the_person_now(stage) -> None:
    """The number of gateways may have changed meanwhile, and the workspace still runs."""
    stage.spawner.settings = load({"home": stage.settings.home, "gateways": 2})
    addresses = set()
    for name in ("ana", "bruno"):
        stage.spawner.user = SimpleNamespace(name=name)
        with patch.object(SealedDockerSpawner, "server", SimpleNamespace(base_url=f"/user/{name}/etude/")):
            addresses.add(await stage.spawner.get_url())
    assert addresses == {"http://127.0.0.1:8090/user/bruno/etude/", "http://127.0.0.1:8092/user/ana/etude/"}
    assert await stage.spawner.start() == "http://127.0.0.1:8090"


async def test_the_container_is_sealed_and_holds_nothing_of_the_hub(stage) -> None:
    await stage.spawner.start()
    (container,) = stage.engine.containers.values()
    host = container["host_config"]
    assert host["network_mode"] == "none"
    assert host["read_only"] is True
    assert host["cap_drop"] == ["ALL"]
    assert host["security_opt"] == ["no-new-privileges"]
    assert host["pids_limit"] == 200
    assert host["mem_limit"] == host["memswap_limit"] == 1024 * 2**20
    assert host["cpu_quota"] == 150_000
    assert not host["privileged"]
    modes = {bind["bind"]: bind["mode"] for bind in host["binds"].values()}
    assert modes == {"/data/claims": "ro", "/run/bureau": "rw"}
    assert container["image"] == "sha256:abc"
    assert set(container["environment"]) == {"BUREAU_BASE_URL", "JUPYTER_TOKEN", *KEEPS_MEMORY}
    assert "hub-token" not in str(container)
    assert "client-id" not in str(container)


@pytest.mark.parametrize(
    ("where", "step", "failure", "status"),
    [
        ("book", "plan", NOT_YOURS, 403),
        ("book", "begin", LEDGER_DOWN, 503),
        ("engine", "inspect_image", ImageNotFound("gone"), 503),
        ("engine", "inspect_image", ConnectionRefusedError("engine stopped"), 503),
        ("engine", "create_container", APIError("no"), 503),
        ("engine", "create_container", ConnectionRefusedError("engine stopped"), 503),
        ("engine", "start", APIError("no"), 503),
        ("book", "running", LEDGER_DOWN, 503),
    ],
)
async def test_a_step_that_fails_leaves_no_container_and_a_sentence(stage, where, step, failure, status) -> None:
    getattr(stage, where).fails[step] = failure
    with pytest.raises(SpawnException) as refused:
        await stage.spawner.start()
    assert refused.value.status_code == status
    assert " — " in str(refused.value.message), "French, then English"
    assert stage.engine.containers == {}
    assert ("refused" in stage.book.names()) or ("end" in stage.book.names())


async def test_a_server_that_dies_while_starting_is_removed_and_said_so(stage) -> None:
    stage.engine.running = False
    with pytest.raises(SpawnException, match="s'est arrêté pendant son démarrage"):
        await stage.spawner.start()
    assert stage.engine.containers == {}
    assert stage.book.calls[-1][1][0] is StopCause.FAILED


async def test_an_image_that_was_never_installed_is_one_sentence(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "digest", lambda _settings, _name: None)
    with pytest.raises(SpawnException, match="n'est pas sur cette machine"):
        await stage.spawner.start()
    assert stage.engine.containers == {}


async def test_an_unexpected_failure_still_leaves_nothing_running(stage) -> None:
    stage.engine.fails["start"] = KeyError("surprise")
    with pytest.raises(KeyError):
        await stage.spawner.start()
    assert stage.engine.containers == {}


async def test_options_are_refused_whatever_they_are(stage) -> None:
    stage.spawner.user_options = {"image": "evil"}
    with pytest.raises(SpawnException) as refused:
        await stage.spawner.start()
    assert refused.value.status_code == 422
    with pytest.raises(SpawnException):
        await stage.spawner._run_apply_user_options({"image": "evil"})
    assert stage.book.calls == []


async def test_the_unnamed_server_is_refused(stage) -> None:
    stage.spawner.orm_spawner.name = ""
    with pytest.raises(SpawnException, match="appartient à un projet"):
        await stage.spawner.start()
    assert stage.book.calls == []


async def test_stopping_twice_is_stopping_once(stage) -> None:
    await stage.spawner.start()
    await stage.spawner.stop()
    await stage.spawner.stop()
    assert stage.engine.containers == {}
    assert stage.book.names().count("end") == 1
