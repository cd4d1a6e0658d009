"""The workspace image, sealed as the product seals it: it works through its socket, and what it must not do fails.

One container and one kernel answer every probe; each test reads one answer.
"""

import asyncio
import json
import os
import shutil
import stat
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub_extensions.clients.kernel import Kernel, open_kernel
from hub_extensions.engine.daemon import Engine
from hub_extensions.engine.images import ImageRef
from hub_extensions.gateway.messages import V1
from hub_extensions.workspaces.sealed_container import Bind, SealedContainer

UID = 61000
TOKEN = "token-of-this-socket-only"
HEADERS = {"Authorization": f"token {TOKEN}"}
SERVER = "http://ana.bureau.localhost:8000/user/ana/etude/"
STARTED_WITHIN_S = 60

#: What a cell tries; each prints one line of JSON.
PROBES = {
    "reads": "open('/data/sejours/sejours.csv').read()",
    "where": "__import__('os').getcwd()",
    "who": "[__import__('os').getuid(), __import__('os').getgid()]",
    "interfaces": "sorted(__import__('os').listdir('/sys/class/net'))",
    "capabilities": "[l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')][0]",
    "no_new_privileges": "[l.split()[1] for l in open('/proc/self/status') if l.startswith('NoNewPrivs')][0]",
    "environment": "dict(__import__('os').environ)",
    "sockets": "sorted(__import__('glob').glob('/run/**/*.sock', recursive=True))",
    "docker": "any(__import__('os').path.exists(p) for p in ('/var/run/docker.sock', '/run/docker.sock'))",
    "packages": "[__import__(n).__name__ for n in 'pandas pyarrow duckdb numpy scipy sklearn matplotlib openpyxl"
    " ipywidgets'.split()]",
    "duckdb": "__import__('duckdb').sql(\"select sum(a) from '/data/sejours/*.csv'\").fetchall()[0][0]",
    "suid": "[p for p in __import__('subprocess').run(['find', '/', '-xdev', '-perm', '/6000', '-type', 'f'],"
    " capture_output=True, text=True).stdout.split()]",
}
#: What a cell may not do: the name of the exception is the answer.
FORBIDDEN = {
    "write data": "open('/data/sejours/x', 'w')",
    "write root": "open('/opt/bureau/x', 'w')",
    "write configuration": "open('/etc/jupyter/jupyter_server_config.py', 'a')",
    "connect": "__import__('socket').create_connection(('1.1.1.1', 53), 2)",
    "resolve": "__import__('socket').getaddrinfo('example.org', 80)",
    "mount": "__import__('subprocess').run(['mount', '-t', 'tmpfs', 'x', '/mnt'], check=True, capture_output=True)",
    "become root": "__import__('os').setuid(0)",
}


@dataclass(frozen=True)
class Workspace:
    """A running container and the folders it sees."""

    container: Any
    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "jupyter.sock"


def _folders(root: Path) -> None:
    for name in ("run", "project", "home"):
        (root / name).mkdir()
        os.chown(root / name, UID, UID)
    data = root / "data" / "sejours"
    data.mkdir(parents=True)
    (data / "sejours.csv").write_text("a,b\n1,2\n3,4\n")


@pytest.fixture(scope="module")
def workspace(engine: Engine, datascience_image: ImageRef) -> Iterator[Workspace]:
    """The datascience image, started as the spawner starts it, with a stale socket in its way."""
    root = Path(tempfile.mkdtemp(prefix="bv", dir="/tmp"))
    root.chmod(0o755)
    _folders(root)
    (root / "run" / "jupyter.sock").touch()
    os.chown(root / "run" / "jupyter.sock", UID, UID)
    spec = SealedContainer(
        name=f"bureau-test-{uuid.uuid4().hex[:12]}",
        image=datascience_image.digest,
        user=f"{UID}:{UID}",
        binds=[
            Bind(str(root / "run"), "/run/bureau", read_only=False),
            Bind(str(root / "project"), "/project", read_only=False),
            Bind(str(root / "home"), "/home/analyst", read_only=False),
            Bind(str(root / "data" / "sejours"), "/data/sejours"),
        ],
        cpu=1.0,
        memory_mb=1024,
        pids=256,
        environment={"BUREAU_BASE_URL": "/user/ana/etude/", "JUPYTER_TOKEN": TOKEN},
        labels={"bureau.test": "sealed"},
    )
    api = engine.client.api
    created = api.create_container(**spec.create_arguments(api.create_host_config(**spec.host_arguments())))
    container = engine.client.containers.get(created["Id"])
    try:
        container.start()
        yield Workspace(container, root)
    finally:
        container.remove(force=True, v=True)
        shutil.rmtree(root)


async def _answering(session: aiohttp.ClientSession, workspace: Workspace) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline:
        try:
            async with session.get(f"{SERVER}api/status", headers=HEADERS) as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
    pytest.fail(workspace.container.logs().decode())


def _connect(workspace: Workspace) -> aiohttp.ClientSession:
    """Without cookies: the server would hand out one that stands for its token."""
    return aiohttp.ClientSession(
        connector=aiohttp.UnixConnector(str(workspace.socket)), cookie_jar=aiohttp.DummyCookieJar()
    )


async def _probe(workspace: Workspace) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    async with _connect(workspace) as session:
        await _answering(session, workspace)
        async with open_kernel(session, SERVER, HEADERS) as kernel:
            for name, code in PROBES.items():
                result = await kernel.execute(f"print(__import__('json').dumps({code}))")
                assert not result.error, (name, result.error)
                answers[name] = json.loads(result.text)
            for name, code in FORBIDDEN.items():
                answers[name] = (await kernel.execute(code)).error
    return answers


@pytest.fixture(scope="module")
def answers(workspace: Workspace) -> dict[str, Any]:
    """What a kernel of the workspace answered to every probe."""
    return asyncio.run(_probe(workspace))


@pytest.fixture
async def server(workspace: Workspace) -> Any:
    """A client on the workspace's socket."""
    async with _connect(workspace) as session:
        await _answering(session, workspace)
        yield session


def test_a_cell_reads_the_mounted_data_and_works_in_the_project(answers: dict[str, Any]) -> None:
    assert answers["reads"] == "a,b\n1,2\n3,4\n"
    assert answers["duckdb"] == 4
    assert answers["where"] in {"/workspace", "/project"}
    assert answers["who"] == [UID, UID]


def test_the_promised_packages_are_there(answers: dict[str, Any]) -> None:
    assert len(answers["packages"]) == 9


def test_there_is_no_network_and_no_engine(answers: dict[str, Any]) -> None:
    assert answers["interfaces"] == ["lo"]
    assert answers["connect"].startswith("OSError: [Errno 101]")
    assert answers["resolve"].startswith("gaierror")
    assert answers["docker"] is False
    assert answers["sockets"] == ["/run/bureau/jupyter.sock"]


def test_nothing_but_the_own_folders_can_be_written(answers: dict[str, Any]) -> None:
    for name in ("write data", "write root", "write configuration"):
        assert "Read-only file system" in answers[name] or "Permission denied" in answers[name], name


def test_no_rights_are_held_or_can_be_gained(answers: dict[str, Any]) -> None:
    assert int(answers["capabilities"], 16) == 0
    assert answers["no_new_privileges"] == "1"
    assert answers["suid"] == []
    assert answers["become root"].startswith("PermissionError")
    assert answers["mount"].startswith("CalledProcessError")


def test_the_environment_holds_no_credential_but_the_sockets_own(answers: dict[str, Any]) -> None:
    suspicious = {
        name: value
        for name, value in answers["environment"].items()
        if any(word in name.upper() for word in ("TOKEN", "SECRET", "PASSW", "KEY", "CREDENTIAL", "JUPYTERHUB", "API"))
    }
    assert suspicious == {"JUPYTER_TOKEN": TOKEN}


def test_the_engine_holds_the_seal(workspace: Workspace, answers: dict[str, Any]) -> None:
    workspace.container.reload()
    host = workspace.container.attrs["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["PidsLimit"] == 256
    assert host["Memory"] == host["MemorySwap"] == 1024 * 2**20


def test_the_socket_replaced_what_lay_there_and_is_closed_to_others(
    workspace: Workspace, answers: dict[str, Any]
) -> None:
    found = workspace.socket.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) & 0o007 == 0
    assert found.st_uid == UID


async def test_without_the_token_the_socket_answers_nothing(server: aiohttp.ClientSession) -> None:
    for path in ("api/contents/data", "api/kernels", "api/kernelspecs"):
        async with server.get(f"{SERVER}{path}") as answer:
            assert answer.status == 403, path


async def test_the_file_browser_shows_three_folders_and_saves_in_two(server: aiohttp.ClientSession) -> None:
    async with server.get(f"{SERVER}api/contents/", headers=HEADERS) as answer:
        listed = {entry["name"]: entry["writable"] for entry in (await answer.json())["content"]}
    assert listed == {"data": False, "projet": True, "prive": True}
    body = {"type": "file", "format": "text", "content": "bonjour"}
    statuses = {}
    for place in ("projet/note.txt", "prive/note.txt", "data/note.txt", "note.txt"):
        async with server.put(f"{SERVER}api/contents/{place}", headers=HEADERS, json=body) as answer:
            statuses[place] = answer.status
    assert statuses["projet/note.txt"] == statuses["prive/note.txt"] == 201
    assert statuses["data/note.txt"] >= 400
    assert statuses["note.txt"] >= 400
    async with server.get(f"{SERVER}api/contents/data/sejours/sejours.csv", headers=HEADERS) as answer:
        assert (await answer.json())["content"].startswith("a,b")


async def test_the_front_end_speaks_french_and_offers_no_way_out(server: aiohttp.ClientSession) -> None:
    async with server.get(f"{SERVER}lab", headers=HEADERS) as answer:
        page = await answer.text()
    config = json.loads(page.split('type="application/json">', 1)[1].split("</script>", 1)[0])
    assert "@jupyterlab/filebrowser-extension:download" in config["disabledExtensions"]
    assert "@jupyterlab/extensionmanager-extension" in config["disabledExtensions"]
    assert config["extensionManager"]["can_install"] is False
    assert config["news"]["disabled"] is True
    async with server.get(
        f"{SERVER}lab/api/settings/@jupyterlab/translation-extension:plugin", headers=HEADERS
    ) as answer:
        assert '"fr_FR"' in await answer.text()
    async with server.get(f"{SERVER}lsp/status", headers=HEADERS) as answer:
        assert answer.status == 404


async def test_settings_of_the_person_are_kept_and_configuration_of_the_person_is_not_run(
    server: aiohttp.ClientSession, workspace: Workspace
) -> None:
    url = f"{SERVER}lab/api/settings/@jupyterlab/apputils-extension:themes"
    async with server.put(url, headers=HEADERS, json={"raw": '{"theme": "JupyterLab Dark"}'}) as answer:
        assert answer.status == 204
    assert list((workspace.folder / "home").rglob("themes.jupyterlab-settings"))
    code, output = workspace.container.exec_run(["/opt/bureau/bin/jupyter", "--paths", "--json"])
    assert code == 0
    assert not any(place.startswith("/home") for place in json.loads(output)["config"])


async def test_a_colleagues_file_does_not_run_in_the_place_of_the_images_programs(
    server: aiohttp.ClientSession, workspace: Workspace
) -> None:
    """The project's folder is shared: who opens a kernel there would run it, with own data and under the own name."""
    shared = workspace.folder / "project"
    planted = ("ipykernel_launcher", "jedi", "stack_data", "pandas")
    for name in planted:
        (shared / f"{name}.py").write_text(f"open('/project/ran-{name}', 'w').close()\nraise ImportError")
    (shared / "ours.py").write_text("answer = 42")
    try:
        notebook = {"name": "python3", "path": "projet/a.ipynb"}
        async with server.post(f"{SERVER}api/kernels", headers=HEADERS, json=notebook) as made:
            kernel_id = (await made.json())["id"]
        channels = f"{SERVER}api/kernels/{kernel_id}/channels"
        async with server.ws_connect(channels, protocols=(V1,), headers=HEADERS) as socket:
            kernel = Kernel(socket, kernel_id)
            await kernel.send("shell", "complete_request", {"code": "import o", "cursor_pos": 8})
            assert (await kernel.execute("1 / 0")).error.startswith("ZeroDivisionError")
            found = await kernel.execute("import os, pandas, ours; print(os.getcwd(), pandas.__version__, ours.answer)")
        assert not found.error
        assert (found.text.split()[0], found.text.split()[-1]) == ("/project", "42")
        assert not list(shared.glob("ran-*"))
        await server.delete(f"{SERVER}api/kernels/{kernel_id}", headers=HEADERS)
    finally:
        for name in (*planted, "ours"):
            (shared / f"{name}.py").unlink()


async def test_what_was_typed_is_found_again_by_the_next_kernel(server: aiohttp.ClientSession) -> None:
    """The history is written later than each cell, never not at all."""
    async with open_kernel(server, SERVER, HEADERS) as kernel:
        await kernel.execute("remembered_4711 = 1")
    async with open_kernel(server, SERVER, HEADERS) as kernel:
        found = await kernel.execute("print([line for *_, line in get_ipython().history_manager.search('*_4711 = *')])")
    assert "remembered_4711 = 1" in found.text


async def test_kernels_sockets_lie_where_only_the_person_enters(server: aiohttp.ClientSession) -> None:
    """Their messages carry no signature: the folder is what keeps others out."""
    async with open_kernel(server, SERVER, HEADERS) as kernel:
        found = await kernel.execute(
            "import json, os, pathlib, ipykernel.connect as c\n"
            "file = pathlib.Path(c.get_connection_file())\n"
            "facts = json.loads(file.read_text())\n"
            "print(json.dumps([facts['transport'], facts['key'], os.path.dirname(facts['ip']) or str(file.parent),"
            " oct(file.parent.stat().st_mode & 0o777)]))"
        )
    transport, key, folder, mode = json.loads(found.text)
    assert (transport, key, mode) == ("ipc", "", "0o700")
    assert folder.startswith("/tmp/jupyter/runtime")  # noqa: S108 - the container's own
