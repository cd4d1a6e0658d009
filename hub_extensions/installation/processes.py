"""The processes of one machine: which they are, how they start, and whether they are well.

They are kept alive by supervisord, started as ``bureau up`` and told apart by what they may do: only the recorder
writes the ledger, only gateways reach workspaces, only the hub and the worker reach the container engine. Any of
them may be killed at any moment; each starts again from what is on disk.
"""

import shutil
import ssl
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from supervisor.xmlrpc import SupervisorTransport

from audit.client import Ledger
from audit.errors import LedgerError
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.installation.secret_files import secret
from hub_extensions.settings import Settings
from hub_extensions.workspaces.kept_memory import KEEPS_MEMORY
from project_spaces.errors import Unavailable
from project_spaces.text import Text

ROOT = Path(__file__).resolve().parents[2]
PORTAL_PREFIX = "/services/bureau/"


@dataclass(frozen=True)
class Process:
    """One supervised program."""

    name: str
    command: tuple[str, ...]
    priority: int
    environment: Mapping[str, str] = field(default_factory=dict)


def processes(settings: Settings) -> tuple[Process, ...]:
    """Return every process of an installation, in starting order."""
    python = sys.executable
    return (
        Process("ledger", (python, "-m", "audit.recorder", *_recorder_arguments(settings)), 10),
        Process("proxy", _proxy_command(settings), 20, {"CONFIGPROXY_AUTH_TOKEN": _secret(settings, "proxy_token")}),
        *(_gateway(python, number) for number in range(1, settings.gateways + 1)),
        Process("hub", (python, "-m", "jupyterhub", "-f", str(ROOT / "jupyterhub_config.py")), 40),
        Process("portal", (python, "-m", "hub_extensions.portal"), 50, portal_environment(settings)),
        Process("worker", (python, "-m", "hub_extensions.worker"), 60),
        Process("anchors", (python, "-m", "hub_extensions.oversight.anchors"), 70),
    )


def gateway_name(number: int) -> str:
    """Return what the gateway of this *number* (from 1) is called as a process."""
    return "gateway" if number == 1 else f"gateway-{number}"


def _gateway(python: str, number: int) -> Process:
    return Process(gateway_name(number), (python, "-m", "hub_extensions.gateway", str(number)), 30, KEEPS_MEMORY)


def portal_environment(settings: Settings) -> dict[str, str]:
    """Return what JupyterHub expects an external service to find in its environment."""
    return {
        "JUPYTERHUB_SERVICE_NAME": "bureau",
        "JUPYTERHUB_SERVICE_PREFIX": PORTAL_PREFIX,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{settings.portal_port}",
        "JUPYTERHUB_API_URL": hub_api_url(settings),
        "JUPYTERHUB_API_TOKEN": _secret(settings, "portal_token"),
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_HOST": settings.public_url,
        "JUPYTERHUB_CLIENT_ID": "service-bureau",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{settings.public_url}{PORTAL_PREFIX}oauth_callback",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services!service=bureau"]',
    }


def hub_api_url(settings: Settings) -> str:
    """Return the address at which services reach the Hub."""
    return f"http://127.0.0.1:{settings.hub_port}/hub/api"


def _secret(settings: Settings, name: str) -> str:
    return secret(settings.secrets_dir, name)


def _recorder_arguments(settings: Settings) -> tuple[str, ...]:
    return (
        "--dir",
        str(settings.ledger_dir),
        "--socket",
        str(settings.ledger_socket),
        "--heartbeat",
        str(settings.heartbeat_s),
    )


def _proxy_command(settings: Settings) -> tuple[str, ...]:
    program = shutil.which("configurable-http-proxy") or str(ROOT / "node_modules/.bin/configurable-http-proxy")
    return (
        program,
        "--ip",
        settings.bind_address,
        "--port",
        str(settings.public_port),
        "--api-ip",
        "127.0.0.1",
        "--api-port",
        str(settings.proxy_api_port),
        "--default-target",
        f"http://127.0.0.1:{settings.hub_port}",
        "--error-target",
        f"http://127.0.0.1:{settings.hub_port}/hub/error",
        "--host-routing",
        *(("--ssl-cert", str(settings.tls_certificate)) if settings.tls_certificate else ()),
        *(("--ssl-key", str(settings.tls_key)) if settings.tls_key else ()),
    )


def _quote(value: str) -> str:
    return '"' + value.replace("%", "%%").replace('"', '\\"') + '"'


def _variable(name: str, value: str) -> str:
    """Write one variable of a program: unlike in a command, supervisord knows no escapes here, only both quotes."""
    mark = "'" if '"' in value else '"'
    return f"{name}={mark}{value.replace('%', '%%')}{mark}"


SUPERVISOR = """\
[unix_http_server]
file={sockets}/supervisor.sock
chmod=0700

[supervisord]
logfile={logs}/supervisord.log
pidfile={sockets}/supervisor.pid
childlogdir={logs}
nodaemon=false
umask=077

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command={command}
directory={home}
priority={priority}
environment={environment}
autostart=true
autorestart=true
startsecs=1
startretries=1000
stopsignal=TERM
stopwaitsecs=10
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2
"""


def supervisor_configuration(settings: Settings) -> str:
    """Return supervisord's configuration file for this installation."""
    sections = [SUPERVISOR.format(sockets=settings.sockets, logs=settings.log_dir)]
    for process in processes(settings):
        environment = {
            "BUREAU_HOME": str(settings.home),
            "BUREAU_SPAWNER": settings.spawner,  # the demonstration may have fallen back to plain processes
            "PYTHONUNBUFFERED": "1",
            **process.environment,
        }
        sections.append(
            PROGRAM.format(
                name=process.name,
                command=" ".join(_quote(part) for part in process.command),
                home=settings.home,
                priority=process.priority,
                environment=",".join(_variable(name, value) for name, value in environment.items()),
                logs=settings.log_dir,
            )
        )
    return "".join(sections)


def start(settings: Settings) -> None:
    """Start the supervisor and, through it, every process. Does nothing when it runs already."""
    settings.prepare_folders()
    if supervisor_pid(settings) is not None:
        return
    file = settings.state_dir / "supervisord.conf"
    file.touch(mode=0o600)
    file.write_text(supervisor_configuration(settings), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "supervisor.supervisord", "-c", str(file)], check=True)


def stop(settings: Settings, timeout_s: float = 60) -> bool:
    """Stop every process and the supervisor; False when none ran."""
    pid = supervisor_pid(settings)
    if pid is None:
        return False
    supervisor(settings).supervisor.shutdown()
    deadline = time.monotonic() + timeout_s
    while supervisor_pid(settings) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    return True


def supervisor(settings: Settings) -> xmlrpc.client.ServerProxy:
    """Return supervisord's own interface (XML-RPC over its unix socket)."""
    transport = SupervisorTransport(None, None, f"unix://{settings.sockets / 'supervisor.sock'}")
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


def supervisor_pid(settings: Settings) -> int | None:
    """Return the supervisor's process id while it runs."""
    try:
        return int(supervisor(settings).supervisor.getPID())
    except (OSError, xmlrpc.client.Error, HTTPException):
        return None


def process_ids(settings: Settings) -> dict[str, int]:
    """Return the process id of each running process."""
    try:
        states = supervisor(settings).supervisor.getAllProcessInfo()
    except (OSError, xmlrpc.client.Error, HTTPException):
        return {}
    return {str(state["name"]): int(state["pid"]) for state in states if state["statename"] == "RUNNING"}


def health(settings: Settings) -> dict[str, bool]:
    """Ask each process whether it does its work."""
    return {
        "ledger": _ledger_answers(settings),
        "proxy": _answers_people(settings, "/hub/health"),
        **{
            gateway_name(number): _answers(f"http://127.0.0.1:{port}/health")
            for number, port in enumerate(settings.gateway_ports, 1)
        },
        "hub": _answers(f"http://127.0.0.1:{settings.hub_port}/hub/health"),
        # Through the proxy: the Hub opens this way only some time after it answers by itself.
        "portal": _answers_people(settings, f"{PORTAL_PREFIX}health"),
        **{name: name in process_ids(settings) for name in ("worker", "anchors")},
    }


def wait_until_well(settings: Settings, timeout_s: float = 90) -> Iterator[dict[str, bool]]:
    """Yield the health several times a second until all is well.

    Raises
    ------
    Unavailable
        a process is not well after *timeout_s*; the sentence names it and its log.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        now = health(settings)
        yield now
        if all(now.values()):
            return
        if time.monotonic() > deadline:
            names = ", ".join(name for name, well in now.items() if not well)
            raise Unavailable(
                Text(
                    f"Pas démarré après {timeout_s:.0f} s : {names}. Voir {settings.log_dir}.",
                    f"Not up after {timeout_s:.0f} s: {names}. See {settings.log_dir}.",
                )
            )
        time.sleep(0.25)


def _answers_people(settings: Settings, path: str) -> bool:
    """Ask as a browser does, by the public port and name, on this machine."""
    scheme, _, host = settings.public_url.partition("://")
    everywhere = settings.bind_address in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    address = "127.0.0.1" if everywhere else settings.bind_address
    bracketed = f"[{address}]" if ":" in address else address
    return _answers(f"{scheme}://{bracketed}:{settings.public_port}{path}", host)


def _answers(url: str, host: str | None = None) -> bool:
    request = Request(url, headers={} if host is None else {"Host": host})  # noqa: S310 - our own processes
    try:
        with urlopen(request, timeout=2, context=_our_own() if url.startswith("https") else None) as answer:  # noqa: S310 - our own processes
            return bool(answer.status == 200)
    except (URLError, OSError, HTTPException):
        return False


def _our_own() -> ssl.SSLContext:
    """Take any certificate: this machine asks itself by its address, the certificate names the public host."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _ledger_answers(settings: Settings) -> bool:
    if not settings.ledger_socket.exists():
        return False
    try:
        ledger = Ledger(settings.ledger_socket, ledger_keys(settings), timeout=2)
        ledger.ping()
    except (LedgerError, OSError):
        return False
    return True
