"""The auditor's act: the log is verified from its tiles, and a forged copy is found out."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from audit.verify import published_folder, verify_log
from hub_extensions.demo.cast import ANALYST, AUDITOR
from hub_extensions.demo.play import Play, hold, refused


async def verify(play: Play) -> str:
    """The portal verifies; so does this program, from the published files; a flipped byte shows."""
    lucie, ana = await play.client(AUDITOR.username), await play.client(ANALYST.username)
    await refused(ana.api("GET", "/audit"), 403)
    report = await lucie.api("POST", "/audit/verify", {})
    hold(report["good"], f"{report['problems']}", f"{report['problems']}")
    forged = await asyncio.to_thread(_forge, play.settings.ledger_dir)
    hold(not forged, "la falsification n'a pas été vue", "the forgery went unseen")
    return (
        f"{report['checked_entries']} entries under root {report['root'][:16]}…, signed and whole; "
        "a copy with one flipped byte is refused; an analyst may not read the log"
    )


def _forge(ledger: Path) -> bool:
    """Return whether a copy with one flipped byte still passes for good."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "log"
        shutil.copytree(published_folder(ledger), copy)
        entries = max(
            (copy / "tile" / "entries").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0
        )
        data = bytearray(entries.read_bytes())
        data[len(data) // 2] ^= 1
        entries.chmod(0o600)
        entries.write_bytes(bytes(data))
        return verify_log(copy).good
