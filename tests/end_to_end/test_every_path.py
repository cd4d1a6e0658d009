"""Every way in is driven in a real container, and what crossed the door is compared with what the ledger holds.

Two taps stand where the gateway can't influence them (``taps``). For each byte that reached the workspace there must be
an entry that holds exactly it and was acknowledged before; with the recorder stopped nothing at all may cross, and the
person must read why.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from audit.events import Kind
from hub_extensions.demo.scenery import PROJECT
from hub_extensions.gateway.messages import ALLOWED, V1
from tests.end_to_end.scene import FOLDER, Scene, everything_that_crossed_was_recorded_first, held_recorder, tapped
from tests.end_to_end.ways_in import MESSAGES, PREPARED, files, kernels_and_sessions, preferences, terminals
from tests.end_to_end.wire_kernel import Wire, wire
from tests.end_to_end.world import World, project_folder

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROTOCOLS = ("", V1)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def scene(world: World) -> AsyncIterator[Scene]:
    async with tapped(world) as made:
        yield made


# -- kernel messages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_every_message_that_can_run_code(scene: Scene, protocol: str) -> None:
    tag = "-v1" if protocol else "-json"
    kernel = await scene.kernel()
    async with wire(scene.ana, PROJECT, kernel, protocol) as connected:
        assert (await connected.run(PREPARED.format(folder=FOLDER)))["status"] == "ok"
        for drive in MESSAGES:
            await drive(scene, connected, tag)
    assert {each for each in scene.marks if each.endswith(tag)} <= {path.name for path in scene.folder.iterdir()}
    sent = {json.loads(_header(each.data, protocol))["msg_type"] for each in scene.workspace.crossings if not each.line}
    assert sent == {kind for kinds in ALLOWED.values() for kind in kinds}, "every message type was driven"
    messages = len([each for each in scene.workspace.crossings if not each.line])
    kinds = await everything_that_crossed_was_recorded_first(scene)
    assert (kinds[Kind.KERNEL_MESSAGE], kinds[Kind.KERNEL_LIFECYCLE]) == (messages, 1)


def _header(frame: bytes, protocol: str) -> bytes:
    if not protocol:
        return json.dumps(json.loads(frame)["header"]).encode()
    start, end = (int.from_bytes(frame[8 * place : 8 * place + 8], "little") for place in (2, 3))
    return frame[start:end]


# -- requests ---------------------------------------------------------------------------------------------------------


async def test_every_request_that_changes_something(scene: Scene) -> None:
    for drive in (kernels_and_sessions, files, preferences, terminals):
        await drive(scene)
    kinds = await everything_that_crossed_was_recorded_first(scene)
    written = {Kind.KERNEL_LIFECYCLE, Kind.SESSION_CHANGE, Kind.FILE_WRITE, Kind.FILE_CHANGE, Kind.TERMINAL_LIFECYCLE}
    assert written | {Kind.TERMINAL_INPUT, Kind.REQUEST} <= set(kinds)


# -- what is closed ---------------------------------------------------------------------------------------------------

KERNEL = "0b9f7a1c-1111-2222-3333-444455556666"
CLOSED = (
    ("GET", "files/projet/a.csv"),
    ("GET", "view/projet/a.html"),
    ("GET", "nbconvert/html/projet/a.ipynb"),
    ("POST", "nbconvert/script"),
    ("GET", "api/nbconvert/anything"),
    ("GET", "lsp/status"),
    ("GET", "proxy/8000/"),
    ("GET", "api/collaboration/room/x"),
    ("PUT", "api/collaboration/session/projet/a.ipynb"),
    ("POST", f"api/kernels/{KERNEL}/execute"),
    ("POST", "api/shutdown"),
    ("POST", "api/security/csp-report"),
    ("GET", "lab/api/download/x"),
    ("POST", "lab/api/build"),
    ("PUT", "api/kernels"),
    ("DELETE", "api/contents"),
    ("PATCH", "api/terminals"),
    ("PUT", "api/config/notebook"),
    ("POST", "lab/api/extensions"),
    ("GET", "api/contents?download=1"),
    ("GET", "api/kernels?code=import+os"),
    ("GET", "api/contents?type=a&type=b"),
    ("POST", "files/projet/a.csv"),
    ("GET", "metrics"),
    ("GET", "custom/custom.js"),
)


@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_every_other_way_is_closed(scene: Scene, method: str, path: str) -> None:
    status, said = await scene.http(method, path, {} if method != "GET" else None)
    assert status in {403, 404, 405, 422}
    assert said["detail"]["fr"]
    assert scene.workspace.crossings == []


async def test_unknown_messages_and_channels_are_closed(scene: Scene) -> None:
    kernel = await scene.kernel()
    unknown = [("shell", "apply_request"), ("iopub", "stream"), ("hb", "ping"), ("control", "execute_request")]
    for protocol in PROTOCOLS:
        for channel, kind in unknown:
            async with wire(scene.ana, PROJECT, kernel, protocol) as connected:
                await connected.send(channel, kind, {"code": scene.leave("never")})
                with pytest.raises(ConnectionError, match="4400"):
                    await connected.until("never")
    assert not [each for each in scene.workspace.crossings if not each.line], "no message crossed"
    scene.marks.remove("never")
    await scene.http("DELETE", f"api/kernels/{kernel}")
    await everything_that_crossed_was_recorded_first(scene)


# -- without a recorder -----------------------------------------------------------------------------------------------

REQUESTS = (
    ("POST", "api/kernels", {"name": "python3"}),
    ("POST", "api/sessions", {"path": "x", "name": "x", "type": "notebook", "kernel": {"name": "python3"}}),
    ("PUT", "api/contents/projet/never.py", {"type": "file", "format": "text", "content": "x"}),
    ("POST", "api/contents/projet", {"type": "file"}),
    ("PATCH", f"api/contents/projet/{FOLDER}", {"path": "projet/never"}),
    ("DELETE", f"api/contents/projet/{FOLDER}", None),
    ("POST", "api/contents/projet/x/checkpoints", {}),
    ("PUT", "lab/api/workspaces/never", {"data": {}, "metadata": {"id": "never"}}),
    ("POST", "api/terminals", {}),
    ("GET", "api/contents/projet", None),
    ("GET", "lab/tree/x", None),
)


async def test_with_the_recorder_stopped_nothing_crosses_and_everybody_is_told(scene: Scene) -> None:
    kernel = await scene.kernel()
    for act in ("interrupt", "restart"):
        assert (await scene.http("POST", f"api/kernels/{kernel}/{act}", {}))[0] in {200, 204}
    async with AsyncExitStack() as stack:
        sending = []
        for protocol in PROTOCOLS:
            for channel, kind in ((channel, kind) for channel, kinds in ALLOWED.items() for kind in sorted(kinds)):
                connected = await stack.enter_async_context(wire(scene.ana, PROJECT, kernel, protocol))
                sending.append((connected, channel, kind))
        _, terminal = await scene.http("POST", "api/terminals", {})
        url = f"{scene.ana.server(PROJECT)}terminals/websocket/{terminal['name']}"
        typing = await stack.enter_async_context(scene.ana.session.ws_connect(url, headers=scene.ana.headers))
        assert "setup" in await asyncio.wait_for(typing.receive_str(), 60)  # the far side is open, and was recorded
        await everything_that_crossed_was_recorded_first(scene)
        more = [("POST", f"api/kernels/{kernel}/{act}", {}) for act in ("interrupt", "restart")]
        more.append(("DELETE", f"api/kernels/{kernel}", None))
        async with held_recorder(scene.world):
            told = asyncio.gather(*(_refused(*each) for each in sending))
            typed = asyncio.create_task(_typed(typing))
            answers = await asyncio.gather(*(scene.http(*each) for each in (*REQUESTS, *more)))
            for (connected, channel, kind), sentence in zip(sending, await told, strict=True):
                assert "journal" in sentence, (channel, kind, connected.protocol, sentence)
            assert "journal" in await typed
            for request, (status, said) in zip((*REQUESTS, *more), answers, strict=True):
                assert status == 503, request
                assert "journal" in said["detail"]["fr"], request
            assert scene.workspace.crossings == [], "nothing reached the workspace"
    assert not (project_folder(scene.world.settings, PROJECT) / "never.py").exists()
    await scene.http("DELETE", f"api/kernels/{kernel}")
    await everything_that_crossed_was_recorded_first(scene)


async def _refused(connected: Wire, channel: str, kind: str) -> str:
    """Send a message and return every word that comes back until the kernel counts as idle."""
    number = await connected.send(channel, kind, {"code": "open('/project/never.py', 'w')", "value": "x"})
    said = []
    while True:
        message = await connected.receive()
        if message["parent_header"].get("msg_id") == number:
            said.append(json.dumps(message["content"], ensure_ascii=False))
            if message["content"].get("execution_state") == "idle":
                return " ".join(said)


async def _typed(socket: Any) -> str:
    await socket.send_str('["stdin","touch /project/never.py\\r"]')
    while True:
        said = await asyncio.wait_for(socket.receive_str(), 60)
        if "journal" in said:
            return str(said)
