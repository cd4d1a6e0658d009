"""A copy that begins at a minimum index (C2SP tlog-tiles, pruning): what is left verifies, and nothing less passes."""

import shutil

import pytest

from audit import merkle
from audit.checkpoint import Checkpoint
from audit.errors import Malformed
from audit.export import export_log, prunable
from audit.proof import prove, verify_proof
from audit.tiles import ENTRIES, TileReader, tile_path
from audit.verify import verify_log

from .conftest import Log

SIZE = 70_000
MINIMA = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 69_888, 69_999, SIZE]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    log = Log(tmp_path_factory.mktemp("whole") / "log")
    remembered = {size: log.grow_to(size) for size in (100, 65_536, 66_000, SIZE)}
    return log, remembered


@pytest.fixture(scope="module")
def late(whole, tmp_path_factory):
    """A copy from 66,500 on, to be copied and tampered with."""
    folder = tmp_path_factory.mktemp("late") / "copy"
    export_log(whole[0].folder, folder, minimum=66_500)
    return folder


@pytest.mark.parametrize("minimum", MINIMA)
def test_a_copy_from_an_index_verifies_from_there_and_proves_what_it_holds(minimum, whole, tmp_path):
    log, _ = whole
    report = export_log(log.folder, tmp_path / "copy", minimum=minimum)
    assert report.good, report.problems
    assert report.checked_entries == SIZE - minimum + minimum % 256
    for index in {minimum, (minimum + SIZE) // 2, SIZE - 1} - {SIZE}:
        entry = TileReader(tmp_path / "copy", SIZE).entry(index)
        assert verify_proof(prove(tmp_path / "copy", index), entry, log.signer.vkey).size == SIZE


def test_what_lies_below_is_left_out_and_a_whole_log_is_not_claimed(whole, tmp_path):
    log, _ = whole
    export_log(log.folder, tmp_path / "copy", minimum=66_000)
    files = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert tile_path(1, 0) not in files
    assert tile_path(0, 256) not in files
    assert {tile_path(0, 257), tile_path(ENTRIES, 257), tile_path(1, 1, 17), tile_path(2, 0, 1)} <= files
    assert not verify_log(tmp_path / "copy").good
    assert not verify_log(tmp_path / "copy", minimum=65_000).good


def test_consistency_between_sizes_at_or_above_the_minimum_is_provable(whole, tmp_path):
    """The promise of the pruning section."""
    log, remembered = whole
    export_log(log.folder, tmp_path / "copy", minimum=65_536)
    node = TileReader(tmp_path / "copy", SIZE).node
    for size in (65_536, 66_000):
        old = Checkpoint.parse(remembered[size].partition("\n\n")[0] + "\n")
        assert merkle.root_at(size, node) == old.root
        proof = merkle.prove_consistency(size, SIZE, node)
        assert merkle.verify_consistency(size, SIZE, old.root, log.frontier.root(), proof)
        assert verify_log(tmp_path / "copy", None, remembered[size], minimum=65_536).continues == size
    report = verify_log(tmp_path / "copy", None, remembered[100], minimum=65_536)
    assert not report.good
    assert "missing" in report.problems[0].en


@pytest.mark.parametrize(
    "where",
    [
        tile_path(ENTRIES, 260),
        tile_path(0, 260),
        tile_path(1, 1, 17),
        tile_path(2, 0, 1),
        tile_path(ENTRIES, 273, 112),
    ],
)
@pytest.mark.parametrize("how", ["flipped", "missing"])
def test_a_tampered_copy_from_an_index_is_refused(where, how, late, tmp_path):
    shutil.copytree(late, tmp_path / "copy")
    place = tmp_path / "copy" / where
    data = bytearray(place.read_bytes())
    if how == "missing":
        place.unlink()
    else:
        data[9] ^= 1
        place.write_bytes(data)
    assert not verify_log(tmp_path / "copy", minimum=66_500).good


def test_hashes_of_what_is_left_out_must_lead_to_the_signed_root(late, tmp_path):
    shutil.copytree(late, tmp_path / "copy")
    place = tmp_path / "copy" / tile_path(1, 1, 17)
    data = bytearray(place.read_bytes())
    data[32] ^= 1  # the root of a tile below the minimum: only the signature can tell
    place.write_bytes(data)
    assert not verify_log(tmp_path / "copy", minimum=66_500).good


def test_a_copy_goes_on_from_where_it_is_and_a_minimum_beyond_the_log_is_refused(make_log, tmp_path):
    log = make_log("growing")
    log.grow_to(600)
    assert export_log(log.folder, tmp_path / "copy", minimum=300).good
    log.grow_to(1_000)
    assert export_log(log.folder, tmp_path / "copy", minimum=300).continues == 600
    log.grow_to(1_200)
    assert export_log(log.folder, tmp_path / "copy", minimum=1_100).continues is None
    with pytest.raises(Malformed, match="1200 entries"):
        verify_log(tmp_path / "copy", minimum=1_201)
    shutil.rmtree(tmp_path / "copy")
    with pytest.raises(Malformed, match="1200 entries"):
        export_log(log.folder, tmp_path / "copy", minimum=1_201)
    assert not (tmp_path / "copy").exists()


def test_the_rule_of_what_may_go():
    assert prunable(0, 0, 256)
    assert not prunable(0, 0, 255)
    assert prunable(1, 0, 65_536)
    assert not prunable(1, 0, 65_535)
