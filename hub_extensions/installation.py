"""What an installation needs before its processes start: folders, secrets, tables."""

from project_spaces.store import migrate

from hub_extensions.secret_files import NAMES, fernet_key, secret
from hub_extensions.settings import Settings


def prepare(settings: Settings) -> None:
    """Make folders, secrets and tables; what is there already stays."""
    settings.prepare_folders()
    for name in NAMES:
        secret(settings.secrets_dir, name)
    fernet_key(settings.secrets_dir)
    migrate(settings.store_url)
