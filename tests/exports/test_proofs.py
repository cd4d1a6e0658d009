"""The package carries, for every step, the entry and the proof that a log under a signed checkpoint holds it."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

from audit import merkle
from audit.checkpoint import Checkpoint, Signer
from audit.proof import verify_proof
from audit.testing import MemoryLedger
from audit.tiles import TileWriter
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import open_download
from hub_extensions.exports.proofs import ledger_prover
from hub_extensions.exports.releasing import resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, Bench


class Published:
    """Publishes what a ledger in memory holds, as the recorder does."""

    def __init__(self, ledger: MemoryLedger, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        folder.mkdir()
        self.signer = Signer.generate("bureau.test/ledger")
        self.writer, self.frontier = TileWriter(folder, 0), merkle.Frontier()
        (folder / "log.vkey").write_text(self.signer.vkey)

    def settle(self) -> None:
        """Publish what is new."""
        for entry in self.ledger.leaves[self.frontier.size :]:
            self.frontier.append(merkle.hash_leaf(entry))
            self.writer.append(entry, merkle.hash_leaf(entry))
        self.writer.publish()
        text = Checkpoint(self.signer.name, self.frontier.size, self.frontier.root()).text()
        (self.folder / "checkpoint").write_text(self.signer.sign(text))


def test_every_step_before_the_release_is_proved(bench: Bench, tmp_path: Path) -> None:
    log = Published(bench.ledger, tmp_path / "log")
    bench.desk = replace(bench.desk, prover=ledger_prover(bench.desk.store, log.folder, log.settle))
    request_id = bench.released()
    (link,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["links"]
    target = tmp_path / "package.zip"
    target.write_bytes(b"".join(open_download(bench.desk, link["id"], actor=AUTHOR, clock=bench.clock).chunks))
    with zipfile.ZipFile(target) as archive:
        names = [name for name in archive.namelist() if name.endswith(".tlog-proof")]
        kinds = []
        for name in names:
            entry = archive.read(name.replace(".tlog-proof", ".json"))
            verify_proof(archive.read(name).decode(), entry, log.signer.vkey)
            kinds.append(json.loads(entry)["kind"])
    assert sorted(kinds) == sorted(
        step["kind"]
        for step in detail(bench.desk, request_id, AUTHOR, now=bench.now)["timeline"]
        if step["kind"] not in {"export.released", "export.linked", "export.downloaded"}
    )
    assert kinds.count("export.voted") == 2


def test_the_release_waits_for_the_proofs(bench: Bench, tmp_path: Path) -> None:
    log = Published(bench.ledger, tmp_path / "log")
    good = ledger_prover(bench.desk.store, log.folder, log.settle)
    bench.desk = replace(bench.desk, prover=ledger_prover(bench.desk.store, tmp_path / "nowhere", lambda: None))
    request_id = bench.submitted()
    bench.vote(request_id, ADA)
    assert bench.vote(request_id, BEA) is State.APPROVED
    assert "not published yet" in detail(bench.desk, request_id, AUTHOR, now=bench.now)["hold"]["en"]
    bench.desk = replace(bench.desk, prover=good)
    assert resume(bench.desk, now=bench.now).released == (request_id,)
