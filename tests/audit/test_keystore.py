"""The key folder when it is read-only, gone, half written or wanted by two processes at once; and both blob formats."""

import base64
import errno
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit import epochs, hybrid, sealing, shares
from audit.auditors import Auditor, plan
from audit.errors import KeysUnusable, LedgerError, Malformed
from audit.keystore import KeyStore
from audit.trace_keys import Cause

NOV, DEC = datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ID, OTHER = "0" * 32, "1" * 32
FORMAT_1 = Path(__file__).parent / "formats" / "blob-1.json"


class Panel:
    """Three auditors and their private keys."""

    def __init__(self) -> None:
        pairs = {name: hybrid.generate() for name in ("alice", "bob", "chloe")}
        self.auditors = [Auditor(name, public) for name, (public, _) in pairs.items()]
        self.privates = {name: private for name, (_, private) in pairs.items()}

    def hold(self, keys: KeyStore) -> int:
        return keys.epochs.hold(plan(1, NOV, 2, self.auditors))

    def private(self, keys: KeyStore, key_id: bytes, *names: str) -> bytes:
        key = keys.epochs.find("stays", key_id)
        found = [share for share in keys.epochs.shares(key) if share.slot.auditor in names]
        return shares.combine([shares.open_share(share, self.privates[share.slot.auditor]) for share in found])


@pytest.fixture(autouse=True)
def cheap_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are not about the cost of a guess."""
    monkeypatch.setattr("audit.passphrase.MEMORY_KIB", 64)
    monkeypatch.setattr("audit.passphrase.PASSES", 1)


@pytest.fixture
def keys(tmp_path):
    return KeyStore(tmp_path / "keys")


@pytest.fixture
def panel():
    return Panel()


def seal_anew(keys: KeyStore, project: str = "stays", at: datetime = NOV, author: str | None = None):
    """Seal as a process does whose session of a minute has just begun."""
    keys._sessions.clear()
    return keys.seal(b"secret", project, at, ID, author)


def read_only(monkeypatch, folder: Path) -> None:
    real = epochs.write_durably

    def write(path: Path, data: bytes, mode: int = 0o600) -> None:
        if folder in path.parents:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        real(path, data, mode)

    monkeypatch.setattr(epochs, "write_durably", write)


def test_a_private_folder_that_cant_be_written_lets_no_key_be_made_before_the_ceremony(keys, panel, monkeypatch):
    seal_anew(keys)
    read_only(monkeypatch, keys.private_directory)
    seal_anew(keys)  # the key of this month is there
    with pytest.raises(KeysUnusable) as refused:
        seal_anew(keys, at=DEC)
    assert isinstance(refused.value, LedgerError)  # what every caller takes for: not recorded, not done
    assert not (keys.directory / "public" / "stays" / "2026-12.key").exists()


def test_after_the_ceremony_the_private_folder_is_not_needed_at_all(keys, panel, monkeypatch):
    seal_anew(keys)
    panel.hold(keys)
    read_only(monkeypatch, keys.private_directory)
    shutil.rmtree(keys.private_directory)
    sealed = seal_anew(keys, at=DEC)
    opened = sealing.unseal(sealed.blob, panel.private(keys, sealed.key_id, "bob", "chloe"), "stays", ID)
    assert opened == (b"secret", sealed.commitment)


def test_a_key_that_lay_on_the_server_opens_what_it_sealed_and_seals_nothing_more(keys, panel):
    before = seal_anew(keys)
    assert panel.hold(keys) == 1
    after = seal_anew(keys)
    assert before.key_id != after.key_id
    for sealed in (before, after):
        private = panel.private(keys, sealed.key_id, "alice", "chloe")
        assert sealing.unseal(sealed.blob, private, "stays", ID)[0] == b"secret"


@pytest.mark.parametrize("held", [False, True])
def test_a_folder_that_has_gone_stops_recording_and_is_not_made_again(keys, panel, held):
    seal_anew(keys)
    if held:
        panel.hold(keys)
    shutil.rmtree(keys.directory)
    for project in ("stays", "another"):
        with pytest.raises(KeysUnusable) as refused:
            seal_anew(keys, project)
        assert refused.value.fr.endswith(".")
        assert refused.value.en.count(".") == 2
    assert not keys.directory.exists()
    with pytest.raises(KeysUnusable):
        KeyStore(keys.directory, make=False)


def test_a_ceremony_that_was_lost_does_not_bring_back_keys_on_the_server(keys, panel):
    seal_anew(keys)
    panel.hold(keys)
    seal_anew(keys)
    shutil.rmtree(keys.directory / "ceremonies")
    with pytest.raises(KeysUnusable):
        seal_anew(keys, at=DEC)
    assert keys.private_parts() == 0


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format":"bureau ceremony 1"}'])
def test_a_damaged_ceremony_lets_no_key_be_made(keys, panel, damage):
    panel.hold(keys)
    next((keys.directory / "ceremonies").iterdir()).write_bytes(damage)
    with pytest.raises(KeysUnusable):
        seal_anew(keys)
    assert keys.private_parts() == 0


@pytest.mark.parametrize("held", [False, True])
def test_processes_that_want_the_same_new_key_at_once_get_the_same(keys, panel, held):
    if held:
        panel.hold(keys)
    program = (
        "import sys; from pathlib import Path; from audit.keystore import KeyStore;"
        "sys.stdin.read(1); print(KeyStore(Path(sys.argv[1])).public('stays', '2026-11').id.hex())"
    )
    command = [sys.executable, "-c", program, str(keys.directory)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for process in processes:
        process.stdin.write("x")
        process.stdin.flush()
    told = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert told == {keys.public("stays", "2026-11").id.hex()}
    (state,) = keys.epochs.states()
    assert (state.private, state.auditors) == ((False, ("alice", "bob", "chloe")) if held else (True, ()))


@pytest.mark.parametrize("step", ["share files", "public key"])
def test_a_crash_while_a_key_is_made_leaves_nothing_that_opens_and_the_next_call_makes_one(
    keys, panel, monkeypatch, step
):
    panel.hold(keys)
    real = epochs.write_durably

    def die(path: Path, data: bytes, mode: int = 0o600) -> None:
        if (path.name == "bob.share") if step == "share files" else (path.suffix == ".key"):
            raise OSError("killed")
        real(path, data, mode)

    monkeypatch.setattr(epochs, "write_durably", die)
    with pytest.raises(KeysUnusable):
        seal_anew(keys)
    monkeypatch.undo()
    sealed = seal_anew(keys)
    private = panel.private(keys, sealed.key_id, "alice", "bob")
    assert sealing.unseal(sealed.blob, private, "stays", ID)[0] == b"secret"
    assert keys.private_parts() == 0


def test_as_many_shares_may_be_lost_as_are_not_needed(keys, panel):
    panel.hold(keys)
    sealed = seal_anew(keys)
    lost, damaged = (next(keys.directory.glob(f"shares/*/*/{name}.share")) for name in ("alice", "bob"))
    lost.unlink()
    private = panel.private(keys, sealed.key_id, "bob", "chloe")
    assert sealing.unseal(sealed.blob, private, "stays", ID)[0] == b"secret"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    (state,) = keys.epochs.states()
    assert (state.auditors, state.threshold) == (("chloe",), 2)  # seen: too few are left


def test_fewer_shares_than_the_threshold_fit_every_key_equally(panel):
    """The lone share of alice goes with the shares of any other key just as well: she learns nothing from it."""
    _, private = hybrid.generate()
    held = plan(1, NOV, 2, panel.auditors)
    mine, _, _ = (
        shares.open_share(one, panel.privates[one.slot.auditor]) for one in shares.split(private, "a", "b", held)
    )
    for guess in (bytes(96), bytes(range(96)), hybrid.generate()[1]):
        forged = _share_that_completes(mine, guess)
        assert shares.combine([mine, forged]) == guess


def _share_that_completes(mine: shares.OpenedShare, guess: bytes) -> shares.OpenedShare:
    """Find the share with index 2 that makes *guess* out of *mine*: bit by bit, because combining is linear."""
    slot = shares.Slot(mine.slot.project, mine.slot.epoch, mine.slot.key, "bob", 2, 2)
    zero = shares.combine([mine, shares.OpenedShare(slot, bytes(96))])
    columns = []
    for bit in range(128):
        block = (1 << bit).to_bytes(16, "big") * 6
        columns.append(_xor(shares.combine([mine, shares.OpenedShare(slot, block)]), zero)[:16])
    wanted = _xor(guess, zero)
    return shares.OpenedShare(slot, b"".join(_solve(columns, wanted[at : at + 16]) for at in range(0, 96, 16)))


def _solve(columns: list[bytes], wanted: bytes) -> bytes:
    """Gauss over GF(2): which sum of columns is *wanted*."""
    basis: dict[int, tuple[int, int]] = {}
    for bit, column in enumerate(columns):
        value, made = int.from_bytes(column, "big"), 1 << bit
        while value and value.bit_length() in basis:
            other, how = basis[value.bit_length()]
            value, made = value ^ other, made ^ how
        if value:
            basis[value.bit_length()] = value, made
    rest, found = int.from_bytes(wanted, "big"), 0
    while rest:
        other, how = basis[rest.bit_length()]
        rest, found = rest ^ other, found ^ how
    return found.to_bytes(16, "big")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def test_a_share_is_bound_to_its_project_month_key_auditor_and_place(panel):
    _, private = hybrid.generate()
    (sealed, *_) = shares.split(private, "stays", "2026-11", plan(1, NOV, 2, panel.auditors))
    own = panel.privates["alice"]
    assert shares.open_share(sealed, own).slot == sealed.slot
    file = json.loads(sealed.dump())
    changes = {"project": "other", "epoch": "2026-12", "key": "0" * 16, "auditor": "bob", "index": 2, "threshold": 3}
    for name, value in changes.items():
        with pytest.raises(Malformed):
            shares.open_share(shares.read_sealed(json.dumps(file | {name: value}).encode()), own)


def test_everything_in_the_folder_is_for_its_owner_alone(keys, panel):
    keys.traces.make(keys.pseudonym("ana"), "a long password", Cause.FIRST, NOV)
    seal_anew(keys, author="ana")
    panel.hold(keys)
    seal_anew(keys, author="ana")
    everything = [keys.directory, *keys.directory.rglob("*")]
    assert {path.name for path in everything if path.stat().st_mode & 0o077} == set()


def test_a_blob_opens_for_its_author_and_nowhere_else_than_in_its_entry(keys):
    pseudonym = keys.pseudonym("ana")
    keys.traces.make(pseudonym, "a long password", Cause.FIRST, NOV)
    sealed = seal_anew(keys, author="ana")
    ((key_id, private),) = keys.traces.unlock(pseudonym, "a long password").items()
    assert sealing.author_key_id_of(sealed.blob) == key_id
    assert sealing.unseal(sealed.blob, private, "stays", ID) == (b"secret", sealed.commitment)
    for project, number in (("other", ID), ("stays", OTHER)):
        with pytest.raises(Malformed):
            sealing.unseal(sealed.blob, private, project, number)
    for byte in (60, 1190, 1200, 1300, len(sealed.blob) - 1):
        changed = bytearray(sealed.blob)
        changed[byte] ^= 1
        with pytest.raises(Malformed):
            sealing.unseal(bytes(changed), private, "stays", ID)


@pytest.mark.parametrize("author", [None, "system:worker", "nobody-with-a-key"])
def test_who_has_no_trace_key_is_recorded_all_the_same(keys, author):
    blob = seal_anew(keys, author=author).blob
    assert sealing.author_key_id_of(blob) is None
    assert keys.unseal(blob, "stays", ID)[0] == b"secret"


def test_a_session_serves_one_author_alone(keys):
    for name in ("ana", "ben"):
        keys.traces.make(keys.pseudonym(name), f"{name}'s password", Cause.FIRST, NOV)
    hers, his = (keys.seal(b"secret", "stays", NOV, ID, name).blob for name in ("ana", "ben"))
    mine = keys.traces.unlock(keys.pseudonym("ana"), "ana's password")
    (private,) = mine.values()
    assert sealing.unseal(hers, private, "stays", ID)[0] == b"secret"
    with pytest.raises(Malformed):
        sealing.unseal(his, private, "stays", ID)


def test_encapsulation_happens_once_a_minute_for_each_recipient_and_never_per_message(keys, monkeypatch):
    keys.traces.make(keys.pseudonym("ana"), "a long password", Cause.FIRST, NOV)
    done = []
    real = hybrid.seal_to
    monkeypatch.setattr(hybrid, "seal_to", lambda *given: done.append(1) or real(*given))
    for _ in range(500):
        keys.seal(b"pass", "stays", NOV, ID, "ana")
    assert len(done) == 2


def test_a_blob_of_the_first_format_still_opens():
    kept = json.loads(FORMAT_1.read_text())
    blob, private = base64.b64decode(kept["blob"]), bytes.fromhex(kept["private"])
    message, commitment = sealing.unseal(blob, private, kept["project"], kept["event"])
    assert (message, commitment.hex()) == (b"print('sealed by the first format')", kept["commitment"])
    assert sealing.author_key_id_of(blob) is None
    with pytest.raises(Malformed):
        sealing.unseal(blob, private, "other", kept["event"])
