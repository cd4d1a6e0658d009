"""A whole installation that exists for a moment: for the end-to-end tests and the benchmarks, never for people.

Own folder, own secrets, free ports, the same processes as ``bureau up``. Of what is set for the real installation
(``BUREAU_…``, ``bureau.toml``) only the machine's images and engine hold here too; everything it made is gone
afterwards, its containers first.
"""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.installation import processes
from hub_extensions.installation.preparing import prepare, prepare_workspaces
from hub_extensions.settings import Settings, load
from hub_extensions.workspaces.running import end_all
from project_spaces.errors import Unavailable
from project_spaces.text import Text

#: What describes the machine rather than an installation, and is therefore the same for this one.
MACHINE = ("engine", "base_image", "debian_mirror", "image", "linkage_image")
#: The last one may be followed by those of further gateways.
PORTS = ("public", "hub_port", "proxy_api_port", "portal_port", "gateway_port")


@contextlib.contextmanager
def prepared(home: Path | None = None, **overrides: Any) -> Iterator[Settings]:
    """Yield the settings of a fresh installation whose processes do not run yet; delete everything afterwards.

    Parameters
    ----------
    home
        its folder, made here and deleted when not given.
    overrides
        settings other than the defaults.
    """
    machine = load().model_dump(include=set(MACHINE))
    with contextlib.ExitStack() as after:
        run_dir = Path(after.enter_context(_folder(dir="/tmp", prefix="bv")))  # noqa: S108 - mode 0700, and short
        home = home or Path(after.enter_context(_folder(prefix="bureau-")))
        home.mkdir(parents=True, exist_ok=True)
        cache = load().cache_dir  # what can be fetched again is not fetched for every short life
        after.enter_context(_own_settings_aside(home))
        public, *internal = free_ports(len(PORTS), in_a_row=overrides.get("gateways", 1))
        chosen = {
            **machine,
            "home": home,
            "run_dir": run_dir,
            "cache": cache,
            "public_url": f"http://bureau.localhost:{public}",
            **dict(zip(PORTS[1:], internal, strict=True)),
            **overrides,
        }
        settings = load(chosen)
        _write_settings(settings)
        prepare(settings)
        yield settings


@contextlib.contextmanager
def installation(home: Path | None = None, *, timeout_s: float = 90, **overrides: Any) -> Iterator[Settings]:
    """Yield a fresh installation whose processes are all well; stop and delete everything afterwards.

    Raises
    ------
    Unavailable
        a process is not well after *timeout_s* seconds; the ends of all logs follow the sentence.
    """
    with prepared(home, **overrides) as settings:
        prepare_workspaces(settings)
        try:
            processes.start(settings)
            _wait(settings, timeout_s)
            yield settings
        finally:
            processes.stop(settings)
            if settings.engine != "none" or settings.spawner == "local":
                end_all(settings)


def _wait(settings: Settings, timeout_s: float) -> None:
    """Wait until all is well; the logs go away with the folder, so their ends are in the error."""
    try:
        for _ in processes.wait_until_well(settings, timeout_s):
            pass
    except Unavailable as error:
        ends = [f"{log.name}: {log.read_text(errors='replace')[-800:]}" for log in settings.log_dir.glob("*.log")]
        raise Unavailable(Text(*(f"{text}\n" + "\n".join(sorted(ends)) for text in error.text))) from None


def free_ports(count: int, *, in_a_row: int = 1) -> list[int]:
    """Return *count* different TCP ports of loopback that are free now; the last begins *in_a_row* free ones."""
    while True:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):  # the next one may be somebody's
            probes = [held.enter_context(socket.socket()) for _ in range(count)]
            for probe in probes:
                probe.bind(("127.0.0.1", 0))
            found = [int(probe.getsockname()[1]) for probe in probes]
            for further in range(1, in_a_row):
                held.enter_context(socket.socket()).bind(("127.0.0.1", found[-1] + further))
            return found


@contextlib.contextmanager
def _folder(**where: str) -> Iterator[str]:
    """Make a temporary folder; what other users of the machine own in it (workspaces do) goes too."""
    path = tempfile.mkdtemp(**where)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _own_settings_aside(home: Path) -> Iterator[None]:
    """Keep the ``BUREAU_…`` variables of whoever calls away from this installation and from its processes."""
    aside = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("BUREAU_")}
    os.environ["BUREAU_HOME"] = str(home)
    try:
        yield
    finally:
        os.environ.pop("BUREAU_HOME", None)
        os.environ.update(aside)


def _write_settings(settings: Settings) -> None:
    """Write ``bureau.toml`` for the processes; strings, numbers and booleans look the same in JSON and TOML."""
    chosen = settings.model_dump(mode="json", exclude={"home"}, exclude_defaults=True)
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in chosen.items()]
    (settings.home / "bureau.toml").write_text("".join(lines))
