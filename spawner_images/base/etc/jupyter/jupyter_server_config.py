"""Jupyter server of a workspace. Root owns this file; the gateway outside the container is what protects, not this.

Everything here is either needed to be reached through the gateway (socket, base URL, token) or keeps the front end from
offering what the gateway refuses. Personal settings of JupyterLab are data and live in the home; configuration that the
server would execute is read from /etc/jupyter only (JUPYTER_CONFIG_DIR points to an empty tmpfs folder).
"""

import os

c = get_config()  # noqa: F821 - given by traitlets

# One door: a unix socket that only the gateway mounts too; the server's token (JUPYTER_TOKEN) means nothing elsewhere.
c.ServerApp.sock = "/run/bureau/jupyter.sock"
c.ServerApp.sock_mode = "0660"
c.ServerApp.base_url = os.environ.get("BUREAU_BASE_URL", "/")
c.ServerApp.allow_remote_access = True  # the gateway passes the public Host on
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
c.ServerApp.default_url = "/lab"
c.ServerApp.websocket_ping_interval = 30_000  # ms
c.ServerApp.websocket_ping_timeout = 30_000  # ms; tornado wants it no longer than the interval
c.ServerApp.max_body_size = 96 * 1024 * 1024  # bytes; the gateway's own limit is lower and says so to the person

# What the file browser shows: /workspace/{data,projet,prive}, three links set at build time.
c.ServerApp.root_dir = "/workspace"
c.FileContentsManager.preferred_dir = "projet"
c.FileContentsManager.delete_to_trash = False
c.FileContentsManager.always_delete_dir = True  # JupyterLab asks first; without a trash it couldn't delete a folder

# Kernels talk over sockets in the tmpfs, not over TCP ports. Only the person enters that folder (mode 0700), so a
# signature on each message would tell nothing: whoever could forge one could read the key. It costs two SHA-256 of
# every output, 5 ms of a megabyte.
c.KernelManager.transport = "ipc"
c.Session.key = b""
# The server makes a record of each debugging sentence, several for every message, and throws it away where it would be
# written. Not made, they cost nothing.
c.ServerApp.logging_config = {"loggers": {"ServerApp": {"level": "INFO"}}}
c.MappingKernelManager.cull_idle_timeout = 4 * 3600  # s
c.MappingKernelManager.cull_interval = 300  # s
c.TerminalManager.cull_inactive_timeout = 4 * 3600  # s
c.TerminalManager.cull_interval = 300  # s
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}  # a login shell would reset PATH

# Only the front end and terminals; no language servers, no converters.
c.ServerApp.jpserver_extensions = {
    "jupyterlab": True,
    "jupyter_server_terminals": True,
    "jupyter_lsp": False,
    "notebook_shim": False,
}
c.LabApp.extension_manager = "readonly"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.user_settings_dir = "/home/analyst/.bureau/lab/settings"
c.LabApp.workspaces_dir = "/home/analyst/.bureau/lab/workspaces"
