"""Configuration of the throw-away stock JupyterHub: defaults, DockerSpawner, host networking, our workspaces' limits.

Host networking bound to loopback, because the engine may run without a bridge; it is also what is kindest to the stock
side, as there is no bridge and no address translation on its path.
"""

import json
import os

from dockerspawner import DockerSpawner

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by traitlets
facts = json.loads(os.environ["STOCK_HUB"])


class HostNetworkSpawner(DockerSpawner):
    """DockerSpawner as its documentation says to use it with host networking."""

    async def get_ip_and_port(self) -> tuple[str, int]:
        """Return where the container listens: there is nothing to look up."""
        return "127.0.0.1", self.port


def prepare(spawner: DockerSpawner) -> None:
    """Give each server its port, and the variant what makes it one."""
    variant = facts["variants"][spawner.user.name]
    spawner.port, spawner.args = variant["port"], variant["args"]
    spawner.environment = {**spawner.environment, **variant["environment"]}
    spawner.read_only_volumes = variant["folders"]


c.JupyterHub.bind_url = facts["url"]
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{facts['hub_port']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{facts['proxy_api_port']}"
c.ConfigurableHTTPProxy.command = facts["proxy"]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{"name": "bench", "api_token": facts["token"]}]
c.JupyterHub.load_roles = [
    {"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]

c.JupyterHub.spawner_class = HostNetworkSpawner
c.DockerSpawner.image = facts["image"]
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.prefix = facts["prefix"]
c.DockerSpawner.remove = True
c.DockerSpawner.use_internal_ip = True  # with host networking nothing is published
c.DockerSpawner.extra_create_kwargs = {"labels": facts["labels"]}
c.DockerSpawner.extra_host_config = {"network_mode": "host", "init": True, "pids_limit": facts["pids"]}
c.DockerSpawner.mem_limit = f"{facts['memory_mb']}M"
c.DockerSpawner.cpu_limit = facts["cpu"]
c.Spawner.ip = "127.0.0.1"
c.Spawner.pre_spawn_hook = prepare
