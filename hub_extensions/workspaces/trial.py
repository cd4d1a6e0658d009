"""Workspaces as plain processes: for trying the product where no container engine can run. Nothing is sealed.

The doors and the ledger are the same; what runs in a workspace is not kept from the machine. The domain therefore
refuses every data set that is not open or synthetic (``classification`` against the kind of workspace), and every page
says so in red. Never chosen silently: ``bureau demo`` says why no engine can run, or an administrator sets ``spawner``.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from hub_extensions.installation.processes import ROOT
from hub_extensions.settings import Settings
from hub_extensions.workspaces.book import Seating
from project_spaces.errors import Unavailable
from project_spaces.text import Text

LOCK = ROOT / "spawner_images" / "trial" / "requirements.lock"
CONFIGURATION = ROOT / "spawner_images" / "base" / "etc" / "jupyter"
#: What the datascience image carries of ours: ``import bureau`` and JupyterLab's panel.
NOTEBOOK = ROOT / "spawner_images" / "datascience" / "notebook"

NOT_PROTECTED = Text(
    "Mode d'essai sans moteur de conteneurs : les bureaux ne sont isolés ni du réseau, ni de la machine, "
    "ni entre eux. Données ouvertes ou de synthèse uniquement.",
    "Trial mode without a container engine: workspaces are isolated neither from the network, nor from the machine, "
    "nor from each other. Open or synthetic data only.",
)


def environment(settings: Settings) -> Path:
    """Return the Python of the trial's virtual environment, made from the lock on first use.

    Raises
    ------
    Unavailable
        the packages could not be installed; the sentence ends with pip's last words.
    """
    mark = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = settings.cache_dir / f"trial-{mark}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    whole = ("--no-deps", "--no-compile")  # the lock is whole: nothing to resolve, and Python compiles what it imports
    command = [str(python), "-m", "pip", "install", "--quiet", *whole, "--require-hashes", "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [""])[-1][:300]
        raise Unavailable(
            Text(f"Paquets du mode d'essai non installés : {said}", f"Trial mode's packages were not installed: {said}")
        )
    (folder / "complete").touch()
    return python


class TrialProcesses:
    """Workspaces of one installation as processes of this machine; the twin of ``Containers``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def workspaces(self) -> set[str]:
        """Return the ids of the workspaces whose process lives."""
        return {path.stem for path in self._place.glob("*.pid") if self._process(path.stem) is not None}

    def kill(self, workspace: str) -> None:
        """End one with everything it started; idempotent."""
        process = self._process(workspace)
        if process is not None:
            for each in [*process.children(recursive=True), process]:
                try:
                    each.kill()
                except psutil.NoSuchProcess:
                    continue
        (self._place / f"{workspace}.pid").unlink(missing_ok=True)
        for folder in (self._place / workspace, self._runtime(workspace)):
            shutil.rmtree(folder, ignore_errors=True)

    def launch(self, seating: Seating, base_url: str, socket_folder: Path) -> None:
        """Start one from its plan."""
        folder = self._lay_out(seating)
        python = environment(self._settings)
        command = [
            str(python),
            "-P",
            "-m",
            "jupyterlab",
            f"--ServerApp.sock={socket_folder / 'jupyter.sock'}",
            f"--ServerApp.root_dir={folder / 'workspace'}",
            "--ServerApp.allow_root=True",
            "--ContentsManager.allow_hidden=True",
            f"--LabApp.extra_labextensions_path={NOTEBOOK / 'labextensions'}",
            f"--LabApp.user_settings_dir={folder / 'home' / '.bureau' / 'settings'}",
            f"--LabApp.workspaces_dir={folder / 'home' / '.bureau' / 'workspaces'}",
        ]
        log = (self._settings.log_dir / f"trial-{seating.id}.log").open("wb")
        with log:
            process = subprocess.Popen(
                command,
                env=self._environment(seating, folder, base_url, python),
                cwd=folder / "workspace" / "projet",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                close_fds=True,
            )
        started = psutil.Process(process.pid).create_time()
        (self._place / f"{seating.id}.pid").write_text(f"{process.pid} {started!r}")

    @property
    def _place(self) -> Path:
        return self._settings.home / "trial"

    def _runtime(self, workspace: str) -> Path:
        """Where its kernels' sockets lie: short, because a socket's address has 108 bytes."""
        return self._settings.sockets / "t" / workspace[:8]

    def _lay_out(self, seating: Seating) -> Path:
        """Imitate the container's folders with links: ``/data``, ``/imports``, ``/project`` and ``/home/analyst``."""
        folder = self._place / seating.id
        inside = folder / "workspace"
        (inside / "data").mkdir(parents=True)
        names = {"/project": inside / "projet", "/home/analyst": inside / "prive", "/imports": inside / "imports"}
        for mount in seating.plan.mounts:
            link = names.get(mount.target) or inside / "data" / Path(mount.target).name
            link.symlink_to(mount.source)
        (folder / "home").symlink_to(inside / "prive")
        return folder

    def _environment(self, seating: Seating, folder: Path, base_url: str, python: Path) -> dict[str, str]:
        """Return what the process may know: nothing of ours."""
        return {
            "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder / "home"),
            "PYTHONPATH": str(NOTEBOOK),
            "BUREAU_BASE_URL": base_url,
            "BUREAU_DATA": str(folder / "workspace" / "data"),
            "BUREAU_PROJECT": str(folder / "workspace" / "projet"),
            "JUPYTER_TOKEN": seating.secrets.inner_token,
            "JUPYTER_CONFIG_PATH": str(CONFIGURATION),
            "JUPYTER_CONFIG_DIR": str(folder / "jupyter" / "config"),
            "JUPYTER_DATA_DIR": str(folder / "jupyter" / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._runtime(seating.id)),
        }

    def _process(self, workspace: str) -> psutil.Process | None:
        """Return the process, unless it ended or its number now belongs to another."""
        try:
            pid, started = (self._place / f"{workspace}.pid").read_text().split()
            process = psutil.Process(int(pid))
            alive = process.create_time() == float(started) and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        return process if alive else None
