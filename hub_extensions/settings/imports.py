"""Settings of the import desk: how large, and which scanner with which signatures. Part of ``Settings``."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class ImportSettings(BaseSettings):
    """What may come in, and what looks at it first. Without a scanner that answers nothing comes in."""

    import_max_file_mb: int = Field(512, ge=1, le=1999, description="Largest file that may come in, in MiB.")
    import_max_files: int = Field(50, ge=1, le=1000, description="Most files of one import.")
    import_max_total_mb: int = Field(2048, ge=1, le=10**5, description="All files of one import together, in MiB.")
    import_scanner: Literal["clamscan", "clamdscan"] = Field(
        "clamscan", description="ClamAV's program; clamdscan asks the resident daemon, which is faster."
    )
    import_scanner_daemon: Path = Field(
        Path("/etc/clamav/clamd.conf"),
        description="Configuration of clamdscan's daemon; it must say AlertExceedsMax yes and AlertEncrypted yes.",
    )
    import_signatures: Path = Field(Path("/var/lib/clamav"), description="Folder of ClamAV's signatures.")
    import_signatures_days: int = Field(
        7, ge=1, le=60, description="Signatures older than this stop imports until they are renewed."
    )
