"""The counterpart: JupyterHub and DockerSpawner as shipped, with our packages and our limits, for the time of a bench.

One server per variant: ``stock`` has TCP_NODELAY on the kernel's WebSocket, which it does not have as shipped; the
other side of that connection, the proxy, sets it by itself on all. ``our-settings`` has that, and whatever of our own
workspaces' configuration makes cells cheaper: what ours costs more than this one is recording.
"""

import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import docker

from hub_extensions.engine import images
from hub_extensions.installation import processes
from hub_extensions.installation.throwaway import free_ports
from hub_extensions.settings import Settings
from hub_extensions.workspaces.kept_memory import KEEPS_MEMORY
from project_spaces.errors import Unavailable
from project_spaces.text import Text

IMAGES = Path(__file__).parent / "images"
CONFIGURATION = Path(__file__).parent / "stock_hub_config.py"
LABEL = "bureau.bench"


@dataclass(frozen=True)
class Variant:
    """What makes one server another: arguments, environment, and folders that it is given to read."""

    args: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)


NO_DELAY = "--ServerApp.kernel_websocket_connection_class=nodelay.NoDelayConnection"
#: By the name of the server's user.
VARIANTS: Mapping[str, Variant] = {
    "stock": Variant((NO_DELAY,)),
    "as-shipped": Variant(),
    "our-settings": Variant(
        (NO_DELAY, "--KernelManager.transport=ipc", "--Session.key="),
        dict(KEEPS_MEMORY),  # for JSON
        {str(images.FOLDER / "base" / "etc" / "ipython"): "/etc/ipython"},
    ),
}


@dataclass(frozen=True)
class StockHub:
    """A running stock hub."""

    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What signs a program in."""
        return {"Authorization": f"token {self.token}"}

    def server(self, variant: str) -> str:
        """Return the address of one variant's Jupyter server."""
        return f"{self.url}/user/{variant}/"


@asynccontextmanager
async def stock_hub(settings: Settings, image: images.ImageRef, timeout_s: float = 120) -> AsyncIterator[StockHub]:
    """Run a stock JupyterHub with one server per variant; everything is gone afterwards.

    Parameters
    ----------
    settings
        whose limits a workspace has.
    image
        the stock image.

    Raises
    ------
    Unavailable
        hub or server did not start in *timeout_s* seconds; the end of the hub's log is in the sentence.
    """
    with tempfile.TemporaryDirectory(prefix="bureau-stock-") as name:
        folder, facts = Path(name), _facts(settings, image)
        hub = StockHub(facts["url"], facts["token"])
        process = await _start(folder, facts)
        try:
            async with asyncio.timeout(timeout_s):
                await _start_servers(hub, process)
            yield hub
        except (TimeoutError, aiohttp.ClientError) as error:
            said = (folder / "hub.log").read_text(errors="replace")[-1500:]
            raise Unavailable(Text(f"JupyterHub témoin : {error!r}\n{said}", f"Stock hub: {error!r}\n{said}")) from None
        finally:
            await _stop(process)
            await asyncio.to_thread(_remove_containers, facts["labels"])


def _facts(settings: Settings, image: images.ImageRef) -> dict[str, Any]:
    public, hub_port, proxy_api_port, *ports = free_ports(3 + len(VARIANTS))
    variants = {name: {"port": port, **asdict(VARIANTS[name])} for name, port in zip(VARIANTS, ports, strict=True)}
    mark = secrets.token_hex(4)
    return {
        "url": f"http://127.0.0.1:{public}",
        "hub_port": hub_port,
        "proxy_api_port": proxy_api_port,
        "proxy": next(each.command[0] for each in processes.processes(settings) if each.name == "proxy"),
        "token": secrets.token_hex(32),
        "image": image.digest,
        "prefix": f"bureau-stock-{mark}",
        "labels": {LABEL: mark},
        "variants": variants,
        "cpu": settings.default_cpu,
        "memory_mb": settings.default_memory_mb,
        "pids": settings.default_pids,
    }


async def _start(folder: Path, facts: dict[str, Any]) -> asyncio.subprocess.Process:
    with (folder / "hub.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyterhub", "-f", str(CONFIGURATION)),
            cwd=folder,
            env={**os.environ, "STOCK_HUB": json.dumps(facts), "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(32)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


async def _start_servers(hub: StockHub, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession(f"{hub.url}/hub/api/", headers=hub.headers) as api:
        while not await _answers(api):
            if process.returncode is not None:
                raise TimeoutError(f"ended with status {process.returncode}")
            await asyncio.sleep(0.2)
        for name in VARIANTS:
            async with api.post(f"users/{name}", raise_for_status=True):
                pass
            async with api.post(f"users/{name}/server", raise_for_status=True):
                pass
        for name in VARIANTS:
            while not await _ready(api, name):  # noqa: ASYNC110 - the Hub is asked; it tells nobody by itself
                await asyncio.sleep(0.2)


async def _answers(api: aiohttp.ClientSession) -> bool:
    try:
        async with api.get("") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _ready(api: aiohttp.ClientSession, name: str) -> bool:
    async with api.get(f"users/{name}", raise_for_status=True) as answer:
        user = await answer.json()
    if not user["servers"] and not user["pending"]:
        raise TimeoutError(f"server {name} did not start")
    return any(server["ready"] for server in user["servers"].values())


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the hub; it ends its servers and its proxy itself."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _remove_containers(labels: dict[str, str]) -> None:
    wanted = [f"{name}={value}" for name, value in labels.items()]
    client = docker.from_env()
    for container in client.containers.list(all=True, filters={"label": wanted}):
        container.remove(force=True, v=True)
