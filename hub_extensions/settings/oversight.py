"""Settings of what is watched beside the ledger itself. Part of ``Settings``."""

from pydantic import Field
from pydantic_settings import BaseSettings


class OversightSettings(BaseSettings):
    """Part of the installation's settings."""

    disk_free_percent: int = Field(
        10, ge=1, le=50, description="Share of a disk that is free, below which it is an alarm."
    )
    disk_free_gb: int = Field(2, ge=1, le=1000, description="GiB free on it, below which it is one, too.")
