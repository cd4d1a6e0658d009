"""Every way in, driven as a front end drives it: each coroutine leaves effects that its test looks for."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end.scene import FOLDER, Scene
from tests.end_to_end.wire_kernel import Wire
from tests.end_to_end.world import project_folder

# -- kernel messages --------------------------------------------------------------------------------------------------

PREPARED = """
import os
from IPython import get_ipython
def leave(name): open(f'/project/{folder}/{{name}}', 'w').close()
class Looked:
    def __init__(self, name): self.name = name
    def __dir__(self): leave(self.name); return ['x']
    def __repr__(self): leave(self.name); return 'looked'
shell = get_ipython()
def opened(comm, message):
    exec(message['content']['data']['code'])
    comm.on_msg(lambda m: exec(m['content']['data']['code']))
    comm.on_close(lambda m: exec(m['content']['data']['code']))
shell.kernel.comm_manager.register_target('bureau', opened)
def transform(lines):
    for line in lines:
        if line.startswith('# leave '): leave(line.split()[2])
    return lines
shell.input_transformer_manager.cleanup_transforms.append(transform)
"""


async def execute(scene: Scene, kernel: Wire, tag: str) -> None:
    assert (await kernel.run(scene.leave(f"code{tag}")))["status"] == "ok"
    assert (await kernel.run(scene.leave(f"silent{tag}"), silent=True, store_history=False))["status"] == "ok"
    expression = f"leave({(mark := f'expression{tag}')!r})"
    scene.marks.append(mark)
    reply = await kernel.run("", user_expressions={"a": expression})
    assert reply["user_expressions"]["a"]["status"] == "ok"


async def ask_for_input(scene: Scene, kernel: Wire, tag: str) -> None:
    code = {"code": "exec(input('?'))", "silent": False, "store_history": False, "allow_stdin": True}
    asked = await kernel.send("shell", "execute_request", code)
    await kernel.until("input_request")
    await kernel.send("stdin", "input_reply", {"value": scene.leave(f"input{tag}"), "status": "ok"})
    assert (await kernel.until("execute_reply", asked))["status"] == "ok"


async def look(scene: Scene, kernel: Wire, tag: str) -> None:
    scene.marks += [f"dir{tag}", f"repr{tag}", f"complete{tag}"]
    await kernel.run(f"a, b = Looked('dir{tag}'), Looked('repr{tag}')")
    await kernel.ask("shell", "complete_request", {"code": "a.", "cursor_pos": 2})
    await kernel.ask("shell", "inspect_request", {"code": "b", "cursor_pos": 1, "detail_level": 0})
    await kernel.ask("shell", "is_complete_request", {"code": f"# leave complete{tag}"})


async def comms(scene: Scene, kernel: Wire, tag: str) -> None:
    number = f"comm{tag}"
    for kind, more in (("comm_open", {"target_name": "bureau"}), ("comm_msg", {}), ("comm_close", {})):
        content = {"comm_id": number, "data": {"code": scene.leave(f"{kind}{tag}")}, **more}
        await kernel.done("shell", kind, content)


async def subshells(scene: Scene, kernel: Wire, tag: str) -> None:
    made = (await kernel.ask("control", "create_subshell_request", {}))["subshell_id"]
    assert (await kernel.run(scene.leave(f"subshell{tag}"), subshell_id=made))["status"] == "ok"
    assert made in (await kernel.ask("control", "list_subshell_request", {}))["subshell_id"]
    assert (await kernel.ask("control", "delete_subshell_request", {"subshell_id": made}))["status"] == "ok"


async def harmless(scene: Scene, kernel: Wire, tag: str) -> None:
    """Free text in any of them is a code channel once the kernel's handlers are replaced."""
    history = {"output": False, "raw": True, "hist_access_type": "tail", "n": 5}
    assert (await kernel.ask("shell", "history_request", history))["history"]
    assert (await kernel.ask("shell", "kernel_info_request", {}))["implementation"] == "ipython"
    assert (await kernel.ask("control", "kernel_info_request", {}))["status"] == "ok"
    assert (await kernel.ask("shell", "comm_info_request", {}))["status"] == "ok"
    await kernel.ask("shell", "connect_request", {})
    await kernel.ask("control", "usage_request", {})


async def debug(scene: Scene, kernel: Wire, tag: str) -> None:
    """The debug adapter: initialize, attach, evaluate."""

    async def dap(number: int, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked = {"type": "request", "seq": number, "command": command, "arguments": arguments}
        return await kernel.ask("control", "debug_request", asked)

    client = {"clientID": "t", "adapterID": "", "pathFormat": "path", "linesStartAt1": True, "columnsStartAt1": True}
    assert (await dap(1, "initialize", client))["success"]
    assert (await dap(2, "attach", {}))["success"]
    assert (await dap(3, "evaluate", {"expression": scene.leave(f"debug{tag}"), "context": "repl"}))["success"]
    await dap(4, "disconnect", {"restart": False, "terminateDebuggee": False})


async def interrupt(scene: Scene, kernel: Wire, tag: str) -> None:
    """Only one that arrives ends the loop."""
    scene.marks.append(f"looping{tag}")
    loop = f"leave('looping{tag}')\nprint('looping', flush=True)\nwhile True: pass"
    asked = await kernel.send("shell", "execute_request", {"code": loop, "silent": False, "store_history": False})
    await kernel.until("stream", asked)
    await kernel.ask("control", "interrupt_request", {})
    assert (await kernel.until("execute_reply", asked))["ename"] == "KeyboardInterrupt"


async def shut_down(scene: Scene, kernel: Wire, tag: str) -> None:
    assert (await kernel.ask("control", "shutdown_request", {"restart": False}))["status"] == "ok"


MESSAGES: tuple[Callable[[Scene, Wire, str], Awaitable[None]], ...] = (
    execute,
    ask_for_input,
    look,
    comms,
    subshells,
    harmless,
    debug,
    interrupt,
    shut_down,
)


# -- requests ---------------------------------------------------------------------------------------------------------


async def kernels_and_sessions(scene: Scene) -> None:
    kernel = await scene.kernel()
    for act in ("interrupt", "restart"):
        assert (await scene.http("POST", f"api/kernels/{kernel}/{act}", {}))[0] in {200, 204}
    assert (await scene.http("DELETE", f"api/kernels/{kernel}"))[0] == 204
    wanted = {"path": "projet/a.ipynb", "name": "a", "type": "notebook", "kernel": {"name": "python3"}}
    status, session = await scene.http("POST", "api/sessions", wanted)
    assert status == 201
    status, _ = await scene.http("PATCH", f"api/sessions/{session['id']}", {"path": "projet/b.ipynb"})
    assert status == 200
    assert (await scene.http("DELETE", f"api/sessions/{session['id']}"))[0] == 204


async def files(scene: Scene) -> None:
    folder = project_folder(scene.world.settings, PROJECT)
    text = {"type": "file", "format": "text"}
    assert (await scene.http("PUT", "api/contents/projet/put.py", {**text, "content": "1"}))[0] == 201
    for chunk, content in ((1, "un"), (2, "deux"), (-1, "trois")):  # as JupyterLab uploads
        model = {**text, "name": "up.txt", "path": "projet/up.txt", "chunk": chunk, "content": content}
        assert (await scene.http("PUT", "api/contents/projet/up.txt", model))[0] in {200, 201}
    assert (folder / "up.txt").read_text() == "undeuxtrois"
    status, made = await scene.http("POST", "api/contents/projet", {"type": "file", "ext": ".py"})
    assert status == 201
    assert (await scene.http("PATCH", f"api/contents/{made['path']}", {"path": "projet/patched.py"}))[0] == 200
    status, point = await scene.http("POST", "api/contents/projet/put.py/checkpoints", {})
    assert status == 201
    place = f"api/contents/projet/put.py/checkpoints/{point['id']}"
    assert (await scene.http("PUT", "api/contents/projet/put.py", {**text, "content": "2"}))[0] == 200
    assert (await scene.http("POST", place, {}))[0] == 204
    assert (folder / "put.py").read_text() == "1", "brought back"
    assert (await scene.http("DELETE", place))[0] == 204
    for name in ("put.py", "up.txt", "patched.py"):
        assert (await scene.http("DELETE", f"api/contents/projet/{name}"))[0] == 204
        assert not (folder / name).exists()


async def preferences(scene: Scene) -> None:
    theme = {"raw": '{"theme": "JupyterLab Dark"}'}
    assert (await scene.http("PUT", "lab/api/settings/@jupyterlab/apputils-extension:themes", theme))[0] == 204
    mine = {"data": {}, "metadata": {"id": "mine"}}
    assert (await scene.http("PUT", "lab/api/workspaces/mine", mine))[0] == 204
    assert (await scene.http("DELETE", "lab/api/workspaces/mine"))[0] == 204


async def terminals(scene: Scene) -> None:
    status, terminal = await scene.http("POST", "api/terminals", {})
    assert status in {200, 201}
    url = f"{scene.ana.server(PROJECT)}terminals/websocket/{terminal['name']}"
    scene.marks.append("terminal")
    async with scene.ana.session.ws_connect(url, headers=scene.ana.headers) as socket:
        await socket.send_str('["set_size",24,80,400,600]')
        await socket.send_str(json.dumps(["stdin", f"touch /project/{FOLDER}/terminal && echo do''ne\r"]))
        async with asyncio.timeout(60):
            while "done" not in (await socket.receive_str()):
                continue
    assert (scene.folder / "terminal").exists()
    assert (await scene.http("DELETE", f"api/terminals/{terminal['name']}"))[0] == 204
