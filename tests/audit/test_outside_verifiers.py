"""What a running recorder publishes, checked by programs that are not ours: accepted, and refused once tampered."""

import dataclasses
from pathlib import Path

import pytest

from audit import merkle
from audit.checkpoint import Signer
from audit.errors import Malformed
from audit.proof import prove
from audit.tiles import ENTRIES, TileReader, tile_path

from .grown_log import SIZES, Question, grow, question
from .outside import ENTRY_VERIFIERS, rekor_ask

#: Entries asked about in a log of 70,000, beside those at the edges of tiles.
SAMPLE = 40
READS_NO_SIGNATURE = {"rekor-verifier"}


@pytest.fixture(scope="module")
def grown(tmp_path_factory) -> tuple[dict[int, Path], str]:
    return grow(tmp_path_factory.mktemp("grown"))


@pytest.fixture(scope="module")
def copies(grown) -> dict[int, Path]:
    return grown[0]


def edges(size: int) -> list[int]:
    """Return indices that matter in a log of *size*, and some that don't."""
    wanted = {0, 1, 127, 128, 254, 255, 256, 257, 511, 512, 65_535, 65_536, size - 2, size - 1}
    wanted.update(range(0, size, max(1, size // SAMPLE)))
    return sorted(index for index in wanted if 0 <= index < size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ENTRY_VERIFIERS)
def test_a_program_of_others_accepts_our_entries(name, size, copies, tmp_path):
    asked = [question(copies[size], index) for index in edges(size)]
    assert ENTRY_VERIFIERS[name](asked, tmp_path) == [True] * len(asked)


def flip(data: bytes, at: int = 0) -> bytes:
    """Return *data* with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def resigned(one: Question, **changes: object) -> Question:
    """Sign a changed checkpoint with a key of the forger's own, of the same name."""
    forger = Signer.generate(one.vkey.partition("+")[0])
    return dataclasses.replace(one, note=forger.sign(dataclasses.replace(one.checkpoint, **changes).text()))


def edited(one: Question, **changes: object) -> Question:
    """Change the checkpoint's text and leave the signature as it is."""
    _, _, signatures = one.note.partition("\n\n")
    return dataclasses.replace(one, note=dataclasses.replace(one.checkpoint, **changes).text() + "\n" + signatures)


def forged_log(one: Question) -> Question:
    """Put another entry into the log, compute its root, and sign that with another key."""
    entry = flip(one.entry, 20)
    root = merkle.root_from_inclusion(one.index, one.checkpoint.size, merkle.hash_leaf(entry), one.path)
    return dataclasses.replace(resigned(one, root=root), entry=entry)


#: What is done to a good question. All verifiers see these; the second table needs one that reads signatures.
TAMPERINGS = {
    "a flipped byte in the entry": lambda one, _: dataclasses.replace(one, entry=flip(one.entry, 30)),
    "an entry cut short": lambda one, _: dataclasses.replace(one, entry=one.entry[:-1]),
    "an empty entry": lambda one, _: dataclasses.replace(one, entry=b""),
    "the entry of another place": lambda one, other: dataclasses.replace(one, entry=other.entry),
    "the proof of another place": lambda one, other: dataclasses.replace(one, path=other.path),
    "another index": lambda one, other: dataclasses.replace(one, index=other.index),
    "an index beyond the log": lambda one, _: dataclasses.replace(one, index=one.checkpoint.size),
    "a flipped byte in the path": lambda one, _: dataclasses.replace(one, path=(flip(one.path[0]), *one.path[1:])),
    "a path cut short": lambda one, _: dataclasses.replace(one, path=one.path[:-1]),
    "a path too long": lambda one, _: dataclasses.replace(one, path=(*one.path, bytes(32))),
    "a path in another order": lambda one, _: dataclasses.replace(one, path=one.path[::-1]),
    "a larger size": lambda one, _: edited(one, size=one.checkpoint.size * 2),
    "another root": lambda one, _: edited(one, root=flip(one.checkpoint.root)),
}
FORGERIES = {
    "one entry more": lambda one: edited(one, size=one.checkpoint.size + 1),
    "another origin": lambda one: edited(one, origin="another.example/log"),
    "the same checkpoint signed with another key": resigned,
    "a whole log forged and signed with another key": forged_log,
    "no signature": lambda one: dataclasses.replace(one, note=one.note.partition("\n\n")[0] + "\n\n"),
    "a signature cut short": lambda one: dataclasses.replace(one, note=one.note[:-9] + "\n"),
    "a note cut in its text": lambda one: dataclasses.replace(one, note=one.note[:-120]),
}


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("name", ENTRY_VERIFIERS)
def test_a_program_of_others_refuses_each_tampering(name, size, copies, tmp_path):
    one, other = question(copies[size], size // 3), question(copies[size], size // 3 + 1)
    asked = [one, *(tamper(one, other) for tamper in TAMPERINGS.values())]
    answers = dict(zip(["untouched", *TAMPERINGS], ENTRY_VERIFIERS[name](asked, tmp_path), strict=True))
    assert [what for what, accepted in answers.items() if accepted] == ["untouched"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", sorted(ENTRY_VERIFIERS.keys() - READS_NO_SIGNATURE))
def test_a_program_of_others_refuses_each_forged_checkpoint(name, size, copies, tmp_path):
    one = question(copies[size], size // 2)
    asked = [one, *(forge(one) for forge in FORGERIES.values())]
    answers = dict(zip(["untouched", *FORGERIES], ENTRY_VERIFIERS[name](asked, tmp_path), strict=True))
    assert [what for what, accepted in answers.items() if accepted] == ["untouched"]


@pytest.fixture
def copy(copies, tmp_path):
    """Return a copy of a published folder that a test may damage."""

    def make(size: int) -> Path:
        target = tmp_path / f"copy-{size}"
        target.mkdir()
        for source in sorted(path for path in copies[size].rglob("*") if path.is_file()):
            path = target / source.relative_to(copies[size])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read_bytes())
        return target

    return make


@pytest.mark.parametrize("name", ENTRY_VERIFIERS)
def test_no_proof_out_of_a_tile_with_a_flipped_byte_is_accepted(name, copy, tmp_path):
    folder = copy(257)
    tile = folder / tile_path(0, 0)
    tile.write_bytes(flip(tile.read_bytes(), 32 * 100 + 5))
    asked = [question(folder, index) for index in (0, 5, 99, 101, 255)]
    assert ENTRY_VERIFIERS[name](asked, tmp_path) == [False] * len(asked)


@pytest.mark.parametrize("name", ENTRY_VERIFIERS)
def test_no_proof_out_of_a_bundle_with_swapped_entries_is_accepted(name, copy, tmp_path):
    folder = copy(257)
    bundle = folder / tile_path(ENTRIES, 0)
    entries = TileReader(folder, 257).bundle(0)
    entries[7], entries[8] = entries[8], entries[7]
    bundle.write_bytes(b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))
    asked = [question(folder, index) for index in (6, 7, 8, 9)]
    assert ENTRY_VERIFIERS[name](asked, tmp_path) == [True, False, False, True]


@pytest.mark.parametrize("level", [0, 1, ENTRIES])
def test_no_proof_comes_out_of_a_log_with_a_missing_file(level, copy):
    folder = copy(70_000)
    (folder / tile_path(level, 0)).unlink()
    with pytest.raises(Malformed, match="missing"):
        question(folder, 3)


def test_no_entry_comes_out_of_a_bundle_that_was_cut_short(copy):
    folder = copy(257)
    bundle = folder / tile_path(ENTRIES, 0)
    bundle.write_bytes(bundle.read_bytes()[:-3])
    with pytest.raises(Malformed, match="middle"):
        question(folder, 255)
    assert prove(folder, 256)


def consistency(folder: Path, old: Path) -> dict[str, object]:
    """Return what rekor-verifier needs to compare two states of the log."""
    before, after = question(old, 0).checkpoint, question(folder, 0).checkpoint
    reader = TileReader(folder, after.size)
    path = merkle.prove_consistency(before.size, after.size, reader.node)
    return {
        "old_size": before.size,
        "old_root": before.root.hex(),
        "size": after.size,
        "root": after.root.hex(),
        "path": [node.hex() for node in path],
    }


PAIRS = [(old, new) for old in SIZES for new in SIZES if old < new]


def test_rekor_accepts_that_each_size_continues_each_smaller_one(copies):
    asked = [consistency(copies[new], copies[old]) for old, new in PAIRS]
    assert rekor_ask(asked) == [True] * len(PAIRS)


def test_rekor_refuses_tampered_consistency(copies):
    good = [consistency(copies[new], copies[old]) for old, new in PAIRS]
    bad = []
    for one in good:
        path = list(one["path"])
        bad += [
            {**one, "old_root": flip(bytes.fromhex(one["old_root"])).hex()},
            {**one, "root": flip(bytes.fromhex(one["root"])).hex()},
            {**one, "path": path[:-1]},
            {**one, "path": [flip(bytes.fromhex(path[0])).hex(), *path[1:]]},
            {**one, "path": [*path, "00" * 32]},
            {**one, "old_size": one["old_size"] + 1} if one["old_size"] + 1 < one["size"] else {**one, "path": []},
        ]
    assert rekor_ask(bad) == [False] * len(bad)
