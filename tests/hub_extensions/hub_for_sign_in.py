"""The product's own JupyterHub configuration, with a spawner that starts nothing and sessions checked each second."""

from jupyterhub.spawner import Spawner

from hub_extensions.installation.processes import ROOT


class NothingSpawner(Spawner):
    """Says that it started; sign-in is what is tested here."""

    async def start(self) -> str:
        """Start nothing."""
        return "http://127.0.0.1:9"

    async def stop(self, now: bool = False) -> None:
        """Stop nothing."""

    async def poll(self) -> int:
        """Say that nothing runs."""
        return 0


load_subconfig(str(ROOT / "jupyterhub_config.py"))  # noqa: F821 - given by traitlets
c = get_config()  # noqa: F821
c.JupyterHub.spawner_class = NothingSpawner
c.JupyterHub.default_url = "/hub/token"
c.DecidedAuthenticator.auth_refresh_age = 1
