"""What an installation needs before its processes start: folders, secrets, tables, images."""

from hub_extensions.engine.progress import Reporter
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.installation.secret_files import NAMES, fernet_key, secret
from hub_extensions.settings import Settings
from hub_extensions.workspaces import image_digests, trial
from project_spaces.store import migrate


def prepare(settings: Settings) -> None:
    """Make folders, secrets and tables; what is there already stays."""
    settings.prepare_folders()
    for name in NAMES:
        secret(settings.secrets_dir, name)
    fernet_key(settings.secrets_dir)
    ledger_keys(settings)
    migrate(settings.store_url)


def prepare_workspaces(settings: Settings, report: Reporter | None = None) -> None:
    """Install what workspaces run: images, or the packages of the trial mode. Quick when they are there.

    Raises
    ------
    Unavailable
        no engine, no base image, or a package that can't be had; the sentence says which and what to type.
    """
    if settings.spawner == "local":
        trial.environment(settings)
    else:
        image_digests.install(settings, report)
