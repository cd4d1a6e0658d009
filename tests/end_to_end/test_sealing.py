"""A cell tries to get out: the network, the Hub, the engine, other people's files and sockets. It gets nothing."""

import base64
import json
import zlib

import pytest

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Each attempt prints "nothing" when it was refused, and what it got otherwise.
ATTEMPTS = {
    "an address of the internet": """
import socket
try:
    socket.create_connection(("192.0.2.1", 443), 2); print("connected")
except OSError: print("nothing")
""",
    "a name": """
import socket
try: print(socket.getaddrinfo("bureau.localhost", 80))
except OSError: print("nothing")
""",
    "the Hub's API": """
import urllib.request
try: print(urllib.request.urlopen("http://127.0.0.1:{hub_port}/hub/api", timeout=2).status)
except OSError: print("nothing")
""",
    "the public proxy": """
import socket
try: socket.create_connection(("127.0.0.1", {public_port}), 2); print("connected")
except OSError: print("nothing")
""",
    "another interface": """
import os
names = sorted(os.listdir("/sys/class/net"))
print("nothing" if names == ["lo"] else names)
""",
    "the engine's socket": """
import os
found = [p for p in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock") if os.path.exists(p)]
print(found or "nothing")
""",
    "the ledger's socket": """
import os
print("found" if os.path.exists("{ledger_socket}") else "nothing")
""",
    "other people's sockets": """
import os
found = [os.path.join(d, n) for d, _, names in os.walk("/run") for n in names if n.endswith(".sock")]
print("nothing" if found == ["/run/bureau/jupyter.sock"] else found)
""",
    "another project's files": """
import os
found = [d for d, _, names in os.walk("/") if "secret-of-the-other-project.txt" in names]
print(found or "nothing")
""",
    "a data set without habilitation": """
import os
print("nothing" if sorted(os.listdir("/data")) == ["diabetes130"] else os.listdir("/data"))
""",
    "writing to the data": """
try: open("/data/diabetes130/planted", "w"); print("written")
except OSError: print("nothing")
""",
    "writing to the system": """
import os
got = []
for place in ("/etc/planted", "/opt/bureau/planted", "/usr/local/bin/planted", "/run/planted", "/planted", "/workspace/p"):
    try: open(place, "w"); got.append(place)
    except OSError: pass
print(got or "nothing")
""",
    "becoming root": """
import os, subprocess
got = []
try: os.setuid(0); got.append("setuid")
except OSError: pass
caps = [l for l in open("/proc/self/status") if l.startswith(("CapEff", "CapPrm", "CapBnd"))]
got += [l for l in caps if int(l.split()[1], 16)]
got += [l for l in open("/proc/self/status") if l.startswith("NoNewPrivs") and l.split()[1] != "1"]
setuid = subprocess.run(["find", "/", "-xdev", "-perm", "/6000", "-type", "f"], capture_output=True, text=True).stdout
print(got or setuid or "nothing")
""",
    "a device": """
import os
known = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "fd", "stdin", "stdout", "stderr", "core", "console"}
print(sorted(set(os.listdir("/dev")) - known) or "nothing")
""",
    "mounting": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("nothing" if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) else "mounted")
""",
    "the host's processes": """
import os
names = {open(f"/proc/{p}/comm").read().strip() for p in os.listdir("/proc") if p.isdigit() and os.path.exists(f"/proc/{p}/comm")}
print(names & {"dockerd", "supervisord", "node", "systemd"} or "nothing")
""",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_a_cell_gets_nothing(world: World, ana: WorkbenchClient, attempt: str) -> None:
    facts = {
        "hub_port": world.settings.hub_port,
        "public_port": world.settings.public_port,
        "ledger_socket": world.settings.ledger_socket,
    }
    code = ATTEMPTS[attempt]
    for name, value in facts.items():
        code = code.replace("{" + name + "}", str(value))
    async with ana.kernel(PROJECT) as kernel:
        result = await kernel.execute(code)
    assert result.status == "ok", result.error
    assert result.text.strip() == "nothing", attempt


async def test_no_secret_of_the_trusted_side_is_inside(world: World, ana: WorkbenchClient) -> None:
    """Environment, command lines and every readable file are searched for every secret that exists outside."""
    async with ana.kernel(PROJECT) as kernel:
        result = await kernel.execute(
            """
import glob, json, os
blobs = [" ".join(f"{k}={v}" for k, v in os.environ.items())]
for place in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try: blobs.append(open(place, errors="replace").read())
    except OSError: pass
for root in ("/etc", "/home", "/project", "/run", "/tmp", "/root", "/var"):
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 10**6: blobs.append(open(path, errors="replace").read())
            except OSError: pass
import base64, zlib
print(base64.b64encode(zlib.compress(json.dumps({"environment": dict(os.environ), "all": "\\n".join(blobs)}).encode(), 9)).decode())
"""
        )
    found = json.loads(zlib.decompress(base64.b64decode(result.text)))
    assert not [name for name in found["environment"] if name.startswith(("JUPYTERHUB", "JPY_API", "CONFIGPROXY"))]
    for secret in world.secrets():
        assert secret not in found["all"]
