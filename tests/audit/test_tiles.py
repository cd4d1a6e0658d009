"""Tiles at the sizes where their shape changes (C2SP tlog-tiles)."""

import pytest

from audit import merkle
from audit.errors import Malformed
from audit.tiles import TileReader, TileWriter, decode_bundle, tile_path, walk_bundles

from .conftest import Log

SIZES = [1, 2, 255, 256, 257, 511, 512, 70_000]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((0, 0), "tile/0/000"),
        ((1, 1_234_067), "tile/1/x001/x234/067"),
        (("entries", 273, 112), "tile/entries/273.p/112"),
        ((0, 1000), "tile/0/x001/000"),
    ],
)
def test_paths(arguments, path):
    assert tile_path(*arguments) == path


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    log = Log(tmp_path_factory.mktemp("big") / "log")
    for size in SIZES:
        log.grow_to(size)
    return log


def test_70000_entries_have_the_files_that_the_specification_lists(big):
    assert len(list((big.folder / "tile/0").glob("???"))) == 273
    assert (big.folder / "tile/0/273.p/112").stat().st_size == 112 * 32
    assert (big.folder / "tile/1/000").stat().st_size == 256 * 32
    assert (big.folder / "tile/1/001.p/17").exists()
    assert (big.folder / "tile/2/000.p/1").exists()
    assert not list(big.folder.rglob("*.part"))


@pytest.mark.parametrize("size", SIZES)
def test_roots_of_every_size_come_out_of_the_tiles(big, size):
    leaves = [merkle.hash_leaf(b'{"n":%d}' % n) for n in range(size)]
    assert merkle.root_at(size, TileReader(big.folder, size).node) == merkle.root_of(leaves)


def test_entries_come_back_in_order(big):
    reader = TileReader(big.folder, 70_000)
    assert reader.entry(69_999) == b'{"n":69999}'
    entries = [entry for _, bundle in walk_bundles(reader) for entry in bundle]
    assert entries == [b'{"n":%d}' % n for n in range(70_000)]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_536])
def test_a_writer_that_starts_again_continues_the_same_tree(tmp_path, size):
    once, twice = Log(tmp_path / "once"), Log(tmp_path / "twice")
    once.grow_to(size + 300)
    twice.grow_to(size)
    twice.writer = TileWriter(twice.folder, size)
    twice.grow_to(size + 300)
    names = {p.relative_to(once.folder): p.read_bytes() for p in once.folder.glob("tile/**/[0-9]*") if p.is_file()}
    for name, data in names.items():
        assert (twice.folder / name).read_bytes() == data


def test_missing_and_cut_tiles_are_told(log):
    log.grow_to(300)
    reader = TileReader(log.folder, 300)
    with pytest.raises(Malformed, match="no tile"):
        reader.hashes(0, 2)
    (log.folder / "tile/0/000").write_bytes(b"short")
    with pytest.raises(Malformed, match="5 bytes"):
        reader.node(0, 0)
    (log.folder / "tile/entries/001.p/44").unlink()
    with pytest.raises(Malformed, match="missing"):
        reader.entry(299)


@pytest.mark.parametrize("data", [b"\0", b"\0\2a", b"\xff\xff" + b"x" * 10])
def test_a_bundle_that_ends_inside_an_entry_is_refused(data):
    with pytest.raises(Malformed):
        decode_bundle(data)
