"""The process that sets anchors, as `bureau up` starts it: it copies by itself, records that, and stops when told."""

import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from audit import Event, Kind, Ledger, verify_log
from audit.sealed_checks import SealedCheck
from audit.sealed_files import SealedFiles
from hub_extensions.installation import throwaway
from hub_extensions.installation.opening import ledger_keys
from tests.fixtures.recorder import recorder_of


def test_the_process_copies_records_and_stops(tmp_path: Path, monkeypatch) -> None:
    with throwaway.prepared() as settings, recorder_of(settings):
        with closing(Ledger(settings.ledger_socket, ledger_keys(settings))) as ledger:
            ledger.append(Event(Kind.KERNEL_MESSAGE, "ana", "stays", datetime.now(UTC), {}, b"print(1)"))
            ledger.settle()
        monkeypatch.setenv("BUREAU_COPY_DIR", str(tmp_path))
        process = subprocess.Popen([sys.executable, "-m", "hub_extensions.oversight.anchors"])
        try:
            until = time.monotonic() + 60
            while not (tmp_path / "checkpoint").exists() and time.monotonic() < until:
                assert process.poll() is None
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
        files = SealedFiles(tmp_path)
        report = verify_log(tmp_path, visit=lambda found: SealedCheck(files, found))
        assert report.good, report.problems
        assert report.messages == 1
        assert not list((tmp_path / "keys").rglob("private*"))
